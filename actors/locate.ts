/** R2 of a delegate (protocols/receiving/locate.ts): whom to ask for pieces, the best first. */
import {
  LOCATE_HEARS,
  LOCATE_SAYS,
  type LocateHears,
  type LocateSays,
} from '#protocols/receiving.messages.ts';
import { begin, step } from '#protocols/receiving/locate.ts';
import type { Locating } from '#protocols/receiving/locate.ts';
import type { Self } from '#protocols/self.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export function locate(self: Self): AnyActor {
  const actor: Actor<Locating, LocateHears, LocateSays> = {
    address: address(self.node, 'locate'),
    listens: LOCATE_HEARS,
    speaks: LOCATE_SAYS,
    start: () => begin(self),
    receive: step,
  };
  return anyActor(actor);
}

/** R3 of a delegate (protocols/receiving/gather.ts): asks holders, and checks what they show. */
import {
  GATHER_HEARS,
  GATHER_SAYS,
  type GatherHears,
  type GatherSays,
} from '#protocols/receiving.messages.ts';
import { begin, invariants, step } from '#protocols/receiving/gather.ts';
import type { Gathers } from '#protocols/receiving/gather.ts';
import type { Self } from '#protocols/self.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export function gather(self: Self): AnyActor {
  const actor: Actor<Gathers, GatherHears, GatherSays> = {
    address: address(self.node, 'gather'),
    listens: GATHER_HEARS,
    speaks: GATHER_SAYS,
    start: () => begin(self),
    receive: step,
    invariants,
  };
  return anyActor(actor);
}

/** R4 of a delegate (protocols/receiving/restore.ts): from pieces to the payload, and evidence of a lie. */
import {
  RESTORE_HEARS,
  RESTORE_SAYS,
  type RestoreHears,
  type RestoreSays,
} from '#protocols/receiving.messages.ts';
import { begin, invariants, step } from '#protocols/receiving/restore.ts';
import type { Restoring } from '#protocols/receiving/restore.ts';
import type { Self } from '#protocols/self.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export function restore(self: Self): AnyActor {
  const actor: Actor<Restoring, RestoreHears, RestoreSays> = {
    address: address(self.node, 'restore'),
    listens: RESTORE_HEARS,
    speaks: RESTORE_SAYS,
    start: () => begin(self),
    receive: step,
    invariants,
  };
  return anyActor(actor);
}

/** R5 of a delegate (protocols/receiving/approve.ts): what the city knows where the own ledger does not. */
import {
  APPROVE_HEARS,
  APPROVE_SAYS,
  type ApproveHears,
  type ApproveSays,
} from '#protocols/receiving.messages.ts';
import { begin, invariants, step } from '#protocols/receiving/approve.ts';
import type { Approvals } from '#protocols/receiving/approve.ts';
import type { Self } from '#protocols/self.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export function approve(self: Self): AnyActor {
  const actor: Actor<Approvals, ApproveHears, ApproveSays> = {
    address: address(self.node, 'approve'),
    listens: APPROVE_HEARS,
    speaks: APPROVE_SAYS,
    start: () => begin(self),
    receive: step,
    invariants,
  };
  return anyActor(actor);
}

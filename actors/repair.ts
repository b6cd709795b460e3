/**
 * The repair of a delegate (protocols/repair/): what its city lost of a transaction is made again. Follows the
 * presence of its own node for who is here, its own ledger for what was ordered; R2 to R4 bring it the rows.
 */
import {
  begin,
  HEARS,
  invariants,
  SAYS,
  step,
  type RepairHears,
} from '#protocols/repair/repair.ts';
import type { Repairing, RepairRules, RepairSays } from '#protocols/repair/state.ts';
import type { Self } from '#protocols/self.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export interface RepairOptions {
  /** What holds until the first word of the policy in force. */
  readonly rules: RepairRules;
}

export function repair(self: Self, { rules }: RepairOptions): AnyActor {
  const actor: Actor<Repairing, RepairHears, RepairSays> = {
    address: address(self.node, 'repair'),
    listens: HEARS,
    // What it says to others is among what they listen to.
    speaks: SAYS as never,
    keeps: true,
    mailboxMax: MAILBOX_MAX,
    start: (at, kept) => begin({ self, rules }, at, kept),
    receive: step,
    invariants,
  };
  return anyActor(actor);
}

/** Holders announce and acknowledge, all of them at once. */
const MAILBOX_MAX = 8_192;

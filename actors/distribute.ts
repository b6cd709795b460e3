/** S4 of a delegate (protocols/distribute/): every row to its holder, until each has been acknowledged. */
import {
  begin,
  HEARS,
  invariants,
  SAYS,
  step,
  type DistributeHears,
  type DistributeSays,
} from '#protocols/distribute/distribute.ts';
import type { Distributing } from '#protocols/distribute/state.ts';
import type { Self } from '#protocols/self.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export function distribute(self: Self): AnyActor {
  const actor: Actor<Distributing, DistributeHears, DistributeSays> = {
    address: address(self.node, 'distribute'),
    listens: HEARS,
    speaks: SAYS,
    mailboxMax: MAILBOX_MAX,
    start: () => begin(self),
    receive: step,
    invariants,
  };
  return anyActor(actor);
}

/** Acks come in from all holders at once: 42 for each of some hundred transactions. */
const MAILBOX_MAX = 8_192;

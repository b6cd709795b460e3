/** S5 of a delegate (protocols/commit/): counts acks, certifies, and gives certificates to every ledger. */
import {
  begin,
  invariants,
  step,
  type CommitHears,
  type CommitSays,
  type Committing,
} from '#protocols/commit/commit.ts';
import type { Self } from '#protocols/self.ts';
import { COMMIT_HEARS, COMMIT_SAYS } from '#protocols/sending.messages.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export function commit(self: Self): AnyActor {
  const actor: Actor<Committing, CommitHears, CommitSays> = {
    address: address(self.node, 'commit'),
    listens: COMMIT_HEARS,
    speaks: COMMIT_SAYS,
    mailboxMax: MAILBOX_MAX,
    start: () => begin(self),
    receive: step,
    invariants,
  };
  return anyActor(actor);
}

/** Acks come in from all holders at once: 42 for each of some hundred transactions. */
const MAILBOX_MAX = 8_192;

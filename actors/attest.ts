/** S3 of a delegate (protocols/attest.ts): seals rows for their holders, and signs the orders. */
import { begin, invariants, step, type Attesting } from '#protocols/attest.ts';
import type { Infer } from '#protocols/codec.ts';
import type { Self } from '#protocols/self.ts';
import { ATTEST_HEARS, ATTEST_SAYS } from '#protocols/sending.messages.ts';
import { address } from '#protocols/subjects.ts';
import { anyActor, type Actor, type AnyActor } from '#runtime/actor.ts';

export function attest(self: Self): AnyActor {
  const actor: Actor<Attesting, Infer<typeof ATTEST_HEARS>, Infer<typeof ATTEST_SAYS>> = {
    address: address(self.node, 'attest'),
    listens: ATTEST_HEARS,
    speaks: ATTEST_SAYS,
    start: () => begin(self),
    receive: step,
    invariants,
  };
  return anyActor(actor);
}

/**
 * Subject: what an entry of a batch stands for, with the signature of whoever said it. A batch names a transaction or an
 * act by a hash; here is what the hash is of.
 *
 *   transaction   header | key | signature       the id is that of the header, the key is the sender's
 *   act           act | key | signature          the id is that of act and key (act.ts)
 *
 * Text, capsules and manifest are not needed for it: whoever has a text shows by the header's hash that it is this one.
 */
import type { VerifyJob } from '#algorithms/signature.ts';
import { same } from '#lib/bytes.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import { actId, actVerifyJob, SignedAct } from '../act.ts';
import { isAct, type Entry } from '../city-batch.ts';
import { either, record, type Infer } from '../codec.ts';
import type { Place } from '../subjects.ts';
import { signature, VerifyingKey } from '../terms.ts';
import { fingerprintOf, Header, txIdOf, verifyJobOf } from '../transaction.ts';

export const Subject = either('is', {
  transaction: record({ header: Header, key: VerifyingKey, signature }),
  act: record({ signed: SignedAct }),
});
export type Subject = Infer<typeof Subject>;

export type SubjectFault = 'other-entry' | 'other-key' | 'other-city';

/** What is to be verified of it, where it stands as this entry in the order of a city. */
export function subjectJobs(
  network: Uint8Array,
  place: Place,
  entry: Entry,
  subject: Subject,
): Result<readonly VerifyJob[], SubjectFault> {
  if ((subject.is === 'act') !== isAct(entry)) return fail('other-entry');
  if (subject.is === 'act') {
    const { signed } = subject;
    if (!same(actId(signed), entry.cert)) return fail('other-entry');
    return signed.act.place === place ? ok([actVerifyJob(network, signed)]) : fail('other-city');
  }
  const { header, key } = subject;
  if (!same(txIdOf(header), entry.txId)) return fail('other-entry');
  if (!same(fingerprintOf(key), header.core.sender)) return fail('other-key');
  if (header.core.from !== place) return fail('other-city');
  return ok([verifyJobOf(network, subject)]);
}

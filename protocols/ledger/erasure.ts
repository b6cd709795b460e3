/**
 * Erasure: what a ledger forgets of a transaction that its sender had erased, and how another ledger believes that.
 *
 *   cert/<cert>      cover without capsules, manifest, certificate: as many as there were placements
 *   readers/<txId>   the capsules of the data key, once: all covers of a transaction have the same
 *      '--(erase, ordered)--> forgotten; erased/<txId> has the sender's own word instead
 *
 * A header says what its capsules hash to, so a cover without them is none: but for one that comes with its sender's
 * signed word to erase it. A ledger that was away when the city ordered the transaction, and asks for what a
 * batch names, gets that; nobody can withhold the capsules of another's transaction by it.
 */
import { same } from '#lib/bytes.ts';
import { actVerifyJob, SignedAct } from '../act.ts';
import { Malformed, toBytes, whole } from '../codec.ts';
import { forget, put, type Write } from '../effect.ts';
import type { VerifyJob } from '#algorithms/signature.ts';
import { Readers, fingerprintOf, txIdOf, type Cover } from '../transaction.ts';
import type { Certified } from '../sending.messages.ts';
import { key } from './records.ts';
import type { Infer } from '../codec.ts';

type AnyCertified = Infer<typeof Certified>;

export const readersKey = (txId: string): string => `readers/${txId}`;
export const erasedKey = (txId: string): string => `erased/${txId}`;

/** As it is kept with each certificate. */
export const bare = (certified: AnyCertified): AnyCertified => ({
  ...certified,
  cover: { ...certified.cover, readers: [], erased: undefined },
});

/** What stands beside: capsules, or the word that there are none any more. */
export function besideWrites({ header, readers, erased }: Cover): readonly Write[] {
  const txId = key(txIdOf(header));
  return erased === undefined
    ? [put(readersKey(txId), toBytes(Readers, readers))]
    : [put(erasedKey(txId), erased)];
}

/** Whole again, with whatever stands beside. */
export function covered<C extends Pick<AnyCertified, 'cover'>>(
  certified: C,
  readers: Uint8Array | undefined,
  erased: Uint8Array | undefined,
): C {
  const has = erased === undefined && readers !== undefined ? whole(Readers, readers) : [];
  return { ...certified, cover: { ...certified.cover, readers: has, erased } };
}

/** Its sender's word was ordered. */
export const erasureWrites = (txId: string, signed: SignedAct): readonly Write[] => [
  forget(readersKey(txId)),
  put(erasedKey(txId), toBytes(SignedAct, signed)),
];

/** The word that a cover brings instead of its capsules, where it is its sender's, for this transaction. */
export function erasureOf({ header, readers, erased }: Cover): SignedAct | undefined {
  const signed = erased === undefined || readers.length > 0 ? undefined : read(erased);
  if (signed === undefined) return undefined;
  const { about, what } = signed.act;
  const isIts =
    what.says === 'erase' &&
    about !== undefined &&
    same(about, txIdOf(header)) &&
    same(fingerprintOf(signed.key), header.core.sender);
  return isIts ? signed : undefined;
}

function read(bytes: Uint8Array): SignedAct | undefined {
  try {
    return whole(SignedAct, bytes);
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

/** What the pool has to find true of it. */
export function erasureJobs(network: Uint8Array, cover: Cover): readonly VerifyJob[] {
  const signed = erasureOf(cover);
  return signed === undefined ? [] : [actVerifyJob(network, signed)];
}

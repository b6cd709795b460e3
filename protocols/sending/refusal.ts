/** A layer's word that a transaction ends here: REJECTED, why, and a name for exactly this word. */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { concat, utf8 } from '#lib/bytes.ts';
import { send, type Effect } from '../effect.ts';
import { Moved, type IngressReason } from '../sending.messages.ts';
import type { Address } from '../subjects.ts';

const REFUSAL = domain('refusal');

export const refusalDigest = (txId: Uint8Array, reason: IngressReason): Uint8Array =>
  hash(REFUSAL, concat(txId, utf8(reason)));

export const rejected = (
  ingress: Address,
  txId: Uint8Array,
  reason: IngressReason,
): Effect<Moved> => {
  const cause = refusalDigest(txId, reason);
  const none = { acks: 0, needed: 0, rows: 0, height: undefined };
  return send(ingress, Moved.of({ txId, state: 'REJECTED', ...none, cause, reason }));
};

/** Words of a layer to the ingress that drives it: that it is at work, or that it ends here, and why. */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { concat, utf8 } from '#lib/bytes.ts';
import { send, type Effect } from '../effect.ts';
import { Moved, type IngressReason } from '../sending.messages.ts';
import type { Address } from '../subjects.ts';

const REFUSAL = domain('refusal');

export const refusalDigest = (txId: Uint8Array, reason: IngressReason): Uint8Array =>
  hash(REFUSAL, concat(txId, utf8(reason)));

const NONE = { acks: 0, needed: 0, rows: 0, height: undefined };

/** A sign of life: whoever hears it need not ask again so soon. */
export const atWork = (ingress: Address, txId: Uint8Array): Effect<Moved> =>
  send(ingress, Moved.of({ txId, state: 'FRESH', ...NONE, cause: undefined, reason: undefined }));

/** REJECTED, why, and a name for exactly this word. */
export const rejected = (
  ingress: Address,
  txId: Uint8Array,
  reason: IngressReason,
): Effect<Moved> => {
  const cause = refusalDigest(txId, reason);
  return send(ingress, Moved.of({ txId, state: 'REJECTED', ...NONE, cause, reason }));
};

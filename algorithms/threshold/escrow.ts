/**
 * Threshold encryption: TDH2 of Shoup and Gennaro ("Securing threshold cryptosystems against chosen
 * ciphertext attack", J. Cryptology 15, 2002, section 4.2) over ristretto255. A client seals a 32-byte
 * data key for a quorum of delegates under a label that says for what (transaction, policy); nobody
 * opens it alone, and nobody can make the quorum open it under another label.
 *
 *   key set: x shared, h = x g, h[i] = x[i] g; a second generator k, hashed, of unknown logarithm
 *   seal:    r;  box = key xor H(r h);  u = r g;  v = r k;  a proof that log_g u = log_k v, bound to
 *            box, label and h.                                     ciphertext: box | u | v | e | f
 *   share:   first the ciphertext's proof, then u[i] = x[i] u with a proof that log_u u[i] = log_g h[i].
 *                                                                  share: u[i] | e | f
 *   open:    sum of Lagrange weights times u[i] = r h, hence the key.
 *
 * Safety: chosen-ciphertext secure in the random oracle model (decisional Diffie-Hellman), because a
 * delegate answers only ciphertexts whose maker knows r. The type says so: a `Ciphertext` comes from
 * `readCiphertext` alone, and `openShare` takes nothing else. Liveness: `threshold` honest delegates
 * suffice; a bad share is named by its proof. Deviations from the paper: h is hashed too (a ciphertext
 * is of one key set), nonces are derived (proof.ts), and the message is a key, not a text.
 *
 * Not post-quantum: what must stay secret for decades goes to each delegate by ML-KEM with Shamir
 * shares instead (consensus.md 3j); this form has shares that anybody can check.
 */
import { assert } from '#lib/assert.ts';
import type { Brand } from '#lib/brand.ts';
import { concat } from '#lib/bytes.ts';
import type { HashingGroup, Ristretto, Scalar } from './group.ts';
import type { KeySet } from './keys.ts';
import { digest, scalarFrom } from './oracle.ts';
import { weightsAtZero } from './polynomial.ts';
import { isProven, prove, PROOF_BYTES, type Statement } from './proof.ts';
import type { Shares } from './signature.ts';

export const KEY_BYTES = 32;
export const ENTROPY_BYTES = 32;
const POINT_BYTES = 32;
export const CIPHERTEXT_BYTES = KEY_BYTES + 2 * POINT_BYTES + PROOF_BYTES;
export const OPENING_BYTES = POINT_BYTES + PROOF_BYTES;

/** A suite of its own would be the same but for the name: RFC 9380 section 3.1 asks for one. */
const TAG = 'CITY-CHAIN-V01-ESCROW-with-ristretto255_XMD:SHA-512_R255MAP_RO_';

/** The group with its second generator, and the public key of the quorum. */
export interface Escrow {
  readonly group: HashingGroup<Ristretto>;
  readonly second: Ristretto;
  readonly publicKey: Ristretto;
}

/** A ciphertext whose maker is known to know what is inside: safe to give a share of. */
export type Ciphertext = Brand<{ readonly box: Uint8Array; readonly u: Ristretto }, 'Ciphertext'>;

/**
 * What came of opening. `liars` are those whose shares were found bad, in ascending order: all who
 * had to be looked at, not all there are.
 */
export type Opened =
  | { readonly phase: 'opened'; readonly key: Uint8Array; readonly liars: readonly number[] }
  | { readonly phase: 'short'; readonly missing: number; readonly liars: readonly number[] };

export const escrowOf = (group: HashingGroup<Ristretto>, publicKey: Ristretto): Escrow => ({
  group,
  second: group.hash(new Uint8Array(0), TAG),
  publicKey,
});

/** Seals a data key under a label. `entropy`: 32 bytes never used before and known to nobody else. */
export function seal(
  escrow: Escrow,
  label: Uint8Array,
  key: Uint8Array,
  entropy: Uint8Array,
): Uint8Array {
  assert(key.length === KEY_BYTES, 'a data key has 32 bytes');
  assert(entropy.length === ENTROPY_BYTES, 'sealing takes 32 bytes of entropy');
  const { group, second, publicKey } = escrow;
  const secret = scalarFrom(group.order, 'escrow/seal', entropy, label, key);
  const box = masked(group, group.multiplySecret(publicKey, secret), key);
  const u = group.multiplySecret(group.generator, secret);
  const v = group.multiplySecret(second, secret);
  const proof = prove(wellMade(escrow, label, box, u, v), secret);
  return concat(box, group.write(u), group.write(v), proof);
}

/** The ciphertext, if whoever made it knew its content and meant this label. */
export function readCiphertext(
  escrow: Escrow,
  label: Uint8Array,
  bytes: Uint8Array,
): Ciphertext | undefined {
  if (bytes.length !== CIPHERTEXT_BYTES) return undefined;
  const { group } = escrow;
  const [uAt, vAt, proofAt] = [KEY_BYTES, KEY_BYTES + POINT_BYTES, KEY_BYTES + 2 * POINT_BYTES];
  const box = bytes.slice(0, uAt);
  const u = group.read(bytes.subarray(uAt, vAt));
  const v = group.read(bytes.subarray(vAt, proofAt));
  if (u === undefined || v === undefined) return undefined;
  if (!isProven(wellMade(escrow, label, box, u, v), bytes.subarray(proofAt))) return undefined;
  return { box, u } as Ciphertext;
}

/** A delegate's share of the opening, with the proof that it is right. */
export function openShare(
  keys: KeySet<Ristretto>,
  index: number,
  secretShare: Scalar,
  ciphertext: Ciphertext,
): Uint8Array {
  const { group } = keys;
  const share = group.multiplySecret(ciphertext.u, secretShare);
  const proof = prove(rightShare(keys, index, ciphertext, share), secretShare);
  return concat(group.write(share), proof);
}

/** Whether these bytes are the share of the party with this index. */
export const isOpening = (
  keys: KeySet<Ristretto>,
  index: number,
  ciphertext: Ciphertext,
  bytes: Uint8Array,
): boolean => readOpening(keys, index, ciphertext, bytes) !== undefined;

/** The data key, as soon as `threshold` of the shares are good. */
export function open(keys: KeySet<Ristretto>, ciphertext: Ciphertext, shares: Shares): Opened {
  const { group, threshold } = keys;
  const good: { readonly index: number; readonly point: Ristretto }[] = [];
  const liars: number[] = [];
  for (const [index, bytes] of [...shares].toSorted(([a], [b]) => a - b)) {
    if (good.length === threshold) break;
    const point = readOpening(keys, index, ciphertext, bytes);
    if (point === undefined) liars.push(index);
    else good.push({ index, point });
  }
  const missing = threshold - good.length;
  if (missing > 0) return { phase: 'short', missing, liars };
  const points = good.map(({ point }) => point);
  const weights = weightsAtZero(
    good.map(({ index }) => index),
    group.order,
  );
  const key = masked(group, group.combine(points, weights), ciphertext.box);
  return { phase: 'opened', key, liars };
}

function readOpening(
  keys: KeySet<Ristretto>,
  index: number,
  ciphertext: Ciphertext,
  bytes: Uint8Array,
): Ristretto | undefined {
  if (keys.publicShares[index] === undefined || bytes.length !== OPENING_BYTES) return undefined;
  const share = keys.group.read(bytes.subarray(0, POINT_BYTES));
  if (share === undefined) return undefined;
  const statement = rightShare(keys, index, ciphertext, share);
  return isProven(statement, bytes.subarray(POINT_BYTES)) ? share : undefined;
}

const wellMade = (
  { group, second, publicKey }: Escrow,
  label: Uint8Array,
  box: Uint8Array,
  u: Ristretto,
  v: Ristretto,
): Statement<Ristretto> => ({
  group,
  domain: 'escrow/ciphertext',
  context: [box, label, group.write(publicKey)],
  bases: [group.generator, second],
  images: [u, v],
});

const rightShare = (
  { group, publicShares }: KeySet<Ristretto>,
  index: number,
  { u }: Ciphertext,
  share: Ristretto,
): Statement<Ristretto> => ({
  group,
  domain: 'escrow/share',
  context: [],
  bases: [group.generator, u],
  images: [publicShares[index]!, share],
});

/** Exclusive or with the hash of a point: seals and opens. */
function masked(
  group: HashingGroup<Ristretto> | KeySet<Ristretto>['group'],
  point: Ristretto,
  key: Uint8Array,
): Uint8Array {
  const mask = digest('escrow/mask', group.write(point));
  return key.map((byte, i) => byte ^ mask[i]!);
}

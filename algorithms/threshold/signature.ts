/**
 * BLS threshold signatures (Boneh, Lynn, Shacham 2001; Boldyreva 2003): the share of party i on a
 * message m is x[i] H(m) in G1, any `threshold` of them combine by Lagrange to x H(m), which is the
 * ordinary BLS signature under the group's key: 48 bytes, unique, and nobody knows it before
 * `threshold` parties have signed. The suite is BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_
 * (draft-irtf-cfrg-bls-signature section 4.2.1, basic), so any BLS library verifies a result.
 *
 * Combining is optimistic: the lowest `threshold` shares are combined and the result verified (two
 * Miller loops, one exponentiation). Only when it fails are the shares themselves looked at, by
 * halving: a set of shares is good iff e(H(m), sum of w[i] Y[i]) = e(sum of w[i] S[i], G) with 128-bit
 * weights w, hashed from everything concerned so that shares which cancel one another do not pass
 * (Bellare, Garay, Rabin 1998, with Fiat-Shamir instead of drawn weights: same verdict everywhere).
 * b liars among n cost about 2 b log2(n / b) checks instead of n.
 *
 * Whatever signs with such a key states its purpose and instance in the message, as coin.ts does.
 */
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import type { G1, G2, Pairing, Scalar } from './group.ts';
import type { KeySet } from './keys.ts';
import { digest, uint32 } from './oracle.ts';
import { weightsAtZero } from './polynomial.ts';

const TAG = 'BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_';
const WEIGHT_BYTES = 16;

/**
 * What came of combining. `liars` are those whose shares were found bad, in ascending order: all who
 * had to be looked at, not all there are. At least `missing` more shares are wanted.
 */
export type Combined =
  | {
      readonly phase: 'combined';
      readonly signature: Uint8Array;
      readonly liars: readonly number[];
    }
  | { readonly phase: 'short'; readonly missing: number; readonly liars: readonly number[] };

/** Shares by the index of the party that (so the envelope says) sent them. */
export type Shares = ReadonlyMap<number, Uint8Array>;

interface Share {
  readonly index: number;
  readonly point: G1;
}

/** A share under a secret share, and a whole signature under a whole secret. */
export const sign = ({ g1 }: Pairing, secret: Scalar, message: Uint8Array): Uint8Array =>
  g1.write(g1.multiplySecret(g1.hash(message, TAG), secret));

/** Whether these bytes are the signature of the message, under a group's key or a party's share. */
export function verify(
  { g1, matches }: Pairing,
  publicKey: G2,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const point = g1.read(signature);
  return point !== undefined && matches(g1.hash(message, TAG), publicKey, point);
}

/** The signature, as soon as `threshold` of the shares are good. */
export function combine(
  pairing: Pairing,
  keys: KeySet<G2>,
  message: Uint8Array,
  shares: Shares,
): Combined {
  const { g1, matches } = pairing;
  assert(keys.group === pairing.g2, 'keys and pairing are of one backend');
  const { readable, liars } = read(pairing, keys, shares);
  const missing = keys.threshold - readable.length;
  if (missing > 0) return { phase: 'short', missing, liars };
  const hash = g1.hash(message, TAG);
  const hopeful = interpolate(pairing, readable.slice(0, keys.threshold));
  if (matches(hash, keys.publicKey, hopeful)) {
    return { phase: 'combined', signature: g1.write(hopeful), liars };
  }
  const found = new Set(halve(pairing, keys, hash, readable));
  const good = readable.filter(({ index }) => !found.has(index));
  const known = [...liars, ...found].toSorted((a, b) => a - b);
  if (good.length < keys.threshold) {
    return { phase: 'short', missing: keys.threshold - good.length, liars: known };
  }
  const signature = g1.write(interpolate(pairing, good.slice(0, keys.threshold)));
  return { phase: 'combined', signature, liars: known };
}

/** Everybody whose share of this message is bad, in ascending order. */
export function liarsAmong(
  pairing: Pairing,
  keys: KeySet<G2>,
  message: Uint8Array,
  shares: Shares,
): readonly number[] {
  assert(keys.group === pairing.g2, 'keys and pairing are of one backend');
  const { readable, liars } = read(pairing, keys, shares);
  const found = halve(pairing, keys, pairing.g1.hash(message, TAG), readable);
  return [...liars, ...found].toSorted((a, b) => a - b);
}

function read(
  { g1 }: Pairing,
  keys: KeySet<G2>,
  shares: Shares,
): { readonly readable: readonly Share[]; readonly liars: readonly number[] } {
  const readable: Share[] = [];
  const liars: number[] = [];
  for (const [index, bytes] of [...shares].toSorted(([a], [b]) => a - b)) {
    const point = keys.publicShares[index] === undefined ? undefined : g1.read(bytes);
    if (point === undefined) liars.push(index);
    else readable.push({ index, point });
  }
  return { readable, liars };
}

function interpolate({ g1 }: Pairing, shares: readonly Share[]): G1 {
  const weights = weightsAtZero(
    shares.map(({ index }) => index),
    g1.order,
  );
  return g1.combine(
    shares.map(({ point }) => point),
    weights,
  );
}

/** A share and the public share it must match, both times the share's weight. */
interface Weighed {
  readonly index: number;
  readonly key: G2;
  readonly signature: G1;
}

/** The indices of the bad shares, by checking a set at once and, when it fails, its halves. */
function halve(
  pairing: Pairing,
  keys: KeySet<G2>,
  hash: G1,
  shares: readonly Share[],
): readonly number[] {
  const { g1, g2, matches } = pairing;
  const weights = weightsOf(pairing, keys, hash, shares);
  const weighed = shares.map(({ index, point }, k) => ({
    index,
    key: g2.multiply(keys.publicShares[index]!, weights[k]!),
    signature: g1.multiply(point, weights[k]!),
  }));
  const areGood = (some: readonly Weighed[]) => {
    const key = some.reduce((sum, share) => g2.add(sum, share.key), g2.identity);
    const signature = some.reduce((sum, share) => g1.add(sum, share.signature), g1.identity);
    return matches(hash, key, signature);
  };
  const search = (some: readonly Weighed[], knownBad: boolean): readonly number[] => {
    if (some.length === 0 || (!knownBad && areGood(some))) return [];
    if (some.length === 1) return [some[0]!.index];
    const middle = some.length >> 1;
    const lower = search(some.slice(0, middle), false);
    // A bad set with a good lower half has a bad upper half: nothing to check.
    return [...lower, ...search(some.slice(middle), lower.length === 0)];
  };
  return search(weighed, false);
}

function weightsOf(
  { g1, g2 }: Pairing,
  keys: KeySet<G2>,
  hash: G1,
  shares: readonly Share[],
): readonly Scalar[] {
  const seed = digest(
    'batch/seed',
    g1.write(hash),
    ...keys.commitment.map(g2.write),
    ...shares.flatMap(({ index, point }) => [uint32(index), g1.write(point)]),
  );
  return shares.map(({ index }) => {
    const uniform = digest('batch/weight', seed, uint32(index)).subarray(0, WEIGHT_BYTES);
    return BigInt(`0x${hex(uniform)}`);
  });
}

/**
 * The public side of a shared key: Feldman's commitment (FOCS 1987) to the polynomial behind it, one
 * point per coefficient, from which anybody computes the public key, the public share of every party,
 * and whether a secret share is right. So a key set is written as its commitment: what follows from
 * it cannot contradict it. How many parties and which threshold, the reader knows beforehand: bytes of
 * a peer never decide how much is computed.
 */
import { assert } from '#lib/assert.ts';
import { concat } from '#lib/bytes.ts';
import type { Group, Scalar } from './group.ts';

/** The points of a polynomial's coefficients, the one of the secret first; never the identity. */
export type Commitment<P> = readonly P[];

export interface KeySet<P> {
  readonly group: Group<P>;
  readonly threshold: number;
  readonly commitment: Commitment<P>;
  readonly publicKey: P;
  /** By the party's index. */
  readonly publicShares: readonly P[];
}

/** How many parties hold shares, and how many of them together can do what the secret can. */
export interface Quorum {
  readonly parties: number;
  readonly threshold: number;
}

/** More than the largest committee of the design (250); a share's x must stay far below the order. */
export const PARTIES_MAX = 1_024;

export const commit = <P>(group: Group<P>, coefficients: readonly Scalar[]): Commitment<P> =>
  coefficients.map((coefficient) => group.multiplySecret(group.generator, coefficient));

/** The public share of the party with this index: the committed polynomial at index + 1. */
export function publicShareAt<P>(group: Group<P>, commitment: Commitment<P>, index: number): P {
  const x = BigInt(index + 1);
  return commitment.reduceRight(
    (sum, point) => group.add(group.multiply(sum, x), point),
    group.identity,
  );
}

/** Whether this is the share that the commitment promises to the party with this index. */
export const isShare = <P>(
  group: Group<P>,
  commitment: Commitment<P>,
  index: number,
  share: Scalar,
): boolean =>
  group.same(group.multiplySecret(group.generator, share), publicShareAt(group, commitment, index));

/** `undefined` when a key would be the identity, which no honest polynomial gives. */
export function keySetOf<P>(
  group: Group<P>,
  commitment: Commitment<P>,
  parties: number,
): KeySet<P> | undefined {
  const threshold = commitment.length;
  assert(1 <= threshold && threshold <= parties, '1 <= threshold <= parties');
  assert(parties <= PARTIES_MAX, 'parties <= PARTIES_MAX');
  const publicShares = Array.from({ length: parties }, (_, index) =>
    publicShareAt(group, commitment, index),
  );
  const publicKey = commitment[0]!;
  const known = [publicKey, ...publicShares];
  if (known.some((point) => group.same(point, group.identity))) return undefined;
  return { group, threshold, commitment, publicKey, publicShares };
}

export const writeKeySet = <P>({ group, commitment }: KeySet<P>): Uint8Array =>
  concat(...commitment.map(group.write));

/** `undefined` for anything but what `writeKeySet` writes of a key set with this quorum. */
export function readKeySet<P>(
  group: Group<P>,
  { parties, threshold }: Quorum,
  bytes: Uint8Array,
): KeySet<P> | undefined {
  const commitment = readPoints(group, threshold, bytes);
  return commitment && keySetOf(group, commitment, parties);
}

/** So many points written one after the other, or `undefined` for anything else. */
export function readPoints<P>(
  group: Group<P>,
  count: number,
  bytes: Uint8Array,
): readonly P[] | undefined {
  if (bytes.length !== count * group.pointBytes) return undefined;
  const points: P[] = [];
  for (let at = 0; at < bytes.length; at += group.pointBytes) {
    const point = group.read(bytes.subarray(at, at + group.pointBytes));
    if (point === undefined) return undefined;
    points.push(point);
  }
  return points;
}

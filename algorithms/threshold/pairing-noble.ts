/** BLS12-381 by noble: runs anywhere. */
import { pippenger } from '@noble/curves/abstract/curve.js';
import type { WeierstrassPoint, WeierstrassPointCons } from '@noble/curves/abstract/weierstrass.js';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { attempt } from '#lib/attempt.ts';
import { G1_BYTES, G2_BYTES, isCompressedPoint, ORDER } from './bls12381.ts';
import { bigEndian, fromBigEndian, type G1, type G2 } from './group.ts';
import type { Group, Pairing } from './group.ts';

/** From this many points on, Pippenger's buckets beat one multiplication after the other. */
const PIPPENGER_MIN = 5;

type Point<T> = WeierstrassPoint<T>;

export function noblePairing(): Pairing {
  const { Point: Point1 } = bls12_381.G1;
  const { Point: Point2 } = bls12_381.G2;
  const g1 = groupOf<bigint, G1>('BLS12-381 G1', Point1, G1_BYTES);
  const g2 = groupOf<(typeof Point2.BASE)['x'], G2>('BLS12-381 G2', Point2, G2_BYTES);
  const minusGenerator = Point2.BASE.negate();
  return {
    g1: {
      ...g1,
      hash: (message, tag) => bls12_381.G1.hashToCurve(message, { DST: tag }) as unknown as G1,
    },
    g2,
    matches: (hash, key, signature) => {
      const pairs = [
        { g1: hash as unknown as Point<bigint>, g2: key as unknown as typeof minusGenerator },
        { g1: signature as unknown as Point<bigint>, g2: minusGenerator },
      ].filter((pair) => !pair.g1.is0() && !pair.g2.is0()); // A pairing with the identity is 1.
      const { Fp12 } = bls12_381.fields;
      return pairs.length === 0 || Fp12.eql(bls12_381.pairingBatch(pairs), Fp12.ONE);
    },
  };
}

function groupOf<T, P>(name: string, Point: WeierstrassPointCons<T>, pointBytes: number): Group<P> {
  const own = (point: P) => point as unknown as Point<T>;
  const made = (point: Point<T>) => point as unknown as P;
  const multiply = (point: P, scalar: bigint) => made(own(point).multiplyUnsafe(scalar));
  return {
    name,
    order: ORDER,
    generator: made(Point.BASE),
    identity: made(Point.ZERO),
    pointBytes,
    read: (bytes) =>
      isCompressedPoint(bytes, pointBytes) ? attempt(() => made(checked(Point, bytes))) : undefined,
    write: (point) => own(point).toBytes(true),
    readScalar: (bytes) => fromBigEndian(bytes, ORDER),
    writeScalar: bigEndian,
    same: (a, b) => own(a).equals(own(b)),
    add: (a, b) => made(own(a).add(own(b))),
    multiply,
    multiplySecret: (point, scalar) =>
      scalar === 0n ? made(Point.ZERO) : made(own(point).multiply(scalar)),
    combine: (points, scalars) =>
      points.length < PIPPENGER_MIN
        ? points.reduce(
            (sum, point, i) => made(own(sum).add(own(multiply(point, scalars[i]!)))),
            made(Point.ZERO),
          )
        : made(pippenger(Point, points.map(own), [...scalars]) as Point<T>),
  };
}

function checked<T>(Point: WeierstrassPointCons<T>, bytes: Uint8Array): Point<T> {
  const point = Point.fromBytes(bytes);
  point.assertValidity(); // On the curve and in the subgroup.
  return point;
}

/** ristretto255 by noble: runs anywhere. */
import { ristretto255, ristretto255_hasher } from '@noble/curves/ed25519.js';
import { attempt } from '#lib/attempt.ts';
import { fromLittleEndian, littleEndian } from './group.ts';
import type { HashingGroup, Ristretto } from './group.ts';

const { Point } = ristretto255;
type NoblePoint = typeof Point.BASE;

const POINT_BYTES = 32;

const own = (point: Ristretto) => point as unknown as NoblePoint;
const made = (point: NoblePoint) => point as unknown as Ristretto;

export function nobleRistretto(): HashingGroup<Ristretto> {
  const order = Point.Fn.ORDER;
  const multiply = (point: Ristretto, scalar: bigint) => made(own(point).multiplyUnsafe(scalar));
  return {
    name: 'ristretto255',
    order,
    generator: made(Point.BASE),
    identity: made(Point.ZERO),
    pointBytes: POINT_BYTES,
    read: (bytes) => {
      if (bytes.length !== POINT_BYTES) return undefined;
      const point = attempt(() => Point.fromBytes(bytes));
      return point === undefined || point.is0() ? undefined : made(point);
    },
    write: (point) => own(point).toBytes(),
    readScalar: (bytes) => fromLittleEndian(bytes, order),
    writeScalar: littleEndian,
    same: (a, b) => own(a).equals(own(b)),
    add: (a, b) => made(own(a).add(own(b))),
    multiply,
    multiplySecret: (point, scalar) =>
      scalar === 0n ? made(Point.ZERO) : made(own(point).multiply(scalar)),
    combine: (points, scalars) =>
      points.reduce(
        (sum, point, i) => made(own(sum).add(own(multiply(point, scalars[i]!)))),
        made(Point.ZERO),
      ),
    hash: (message, tag) => made(ristretto255_hasher.hashToCurve(message, { DST: tag })),
  };
}

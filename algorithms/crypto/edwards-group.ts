/**
 * The group of edwards25519 over noble's points, for the portable VRF. BigInt arithmetic: a
 * multiplication takes half a millisecond, and its time depends on the scalar where it is public
 * (`multiplyUnsafe`); with a secret one noble's constant-schedule ladder is used.
 */
import { ed25519, ed25519_hasher } from '@noble/curves/ed25519.js';
import { bytesToNumberLE } from '@noble/curves/utils.js';
import { attempt } from '#lib/attempt.ts';
import type { Group } from './ecvrf.ts';

const { Point } = ed25519;
const { Fn } = Point;
type Point = ReturnType<typeof Point.fromBytes>;

const number = (bytes: Uint8Array): bigint => Fn.create(bytesToNumberLE(bytes));

export const NOBLE_GROUP: Group<Point> = {
  read: (bytes) => {
    const point = attempt(() => Point.fromBytes(bytes));
    return point === undefined || point.is0() || !point.isTorsionFree() ? undefined : point;
  },
  write: (point) => point.toBytes(),
  readTimesEight: (bytes) => {
    const point = attempt(() => Point.fromBytes(bytes))?.clearCofactor();
    return point === undefined || point.is0() ? undefined : point;
  },
  encode: (message, tag) => ed25519_hasher.encodeToCurve(message, { DST: tag }),
  multiply: (scalar, point) => point.multiply(number(scalar)),
  multiplyBase: (scalar) => Point.BASE.multiply(number(scalar)),
  subtract: (a, b) => a.subtract(b),
  reduce: (wide) => Fn.toBytes(number(wide)),
  multiplyAdd: (a, b, c) => Fn.toBytes(Fn.add(Fn.mul(number(a), number(b)), number(c))),
};

/**
 * A pairing for simulations: every point is its own logarithm. Signatures, shares and what is combined of them come out
 * as with the real one, bad shares are found, and the same arguments make the same bytes; but whoever sees a public key
 * has the secret. In a simulation nobody looks. Microseconds, where the real one takes tens of milliseconds.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { ORDER } from '#algorithms/threshold/bls12381.ts';
import {
  bigEndian,
  fromBigEndian,
  SCALAR_BYTES,
  type Group,
  type HashingGroup,
  type Pairing,
  type Scalar,
} from '#algorithms/threshold/group.ts';
import { modulo } from '#algorithms/threshold/polynomial.ts';
import { concat, hex, utf8 } from '#lib/bytes.ts';

interface Point {
  readonly log: Scalar;
}
const point = (log: Scalar): Point => ({ log: modulo(log, ORDER) });

function groupOf(name: string, pointBytes: number): HashingGroup<Point> {
  const lead = new Uint8Array(pointBytes - SCALAR_BYTES);
  const multiply = ({ log }: Point, scalar: Scalar): Point => point(log * scalar);
  return {
    name,
    order: ORDER,
    generator: point(1n),
    identity: point(0n),
    pointBytes,
    read: (bytes) => {
      if (bytes.length !== pointBytes || bytes.subarray(0, lead.length).some((each) => each !== 0))
        return undefined;
      const log = fromBigEndian(bytes.subarray(lead.length), ORDER);
      return log === undefined || log === 0n ? undefined : point(log);
    },
    write: ({ log }) => concat(lead, bigEndian(log)),
    readScalar: (bytes) => fromBigEndian(bytes, ORDER),
    writeScalar: bigEndian,
    same: (a, b) => a.log === b.log,
    add: (a, b) => point(a.log + b.log),
    multiply,
    multiplySecret: multiply,
    combine: (points, scalars) =>
      point(points.reduce((sum, { log }, i) => sum + log * scalars[i]!, 0n)),
    hash: (message, tag) => point(BigInt(`0x${hex(sha256(concat(utf8(tag), message)))}`)),
  };
}

export function scalarPairing(): Pairing {
  const g1 = groupOf('simulated G1', 48);
  const g2: Group<Point> = groupOf('simulated G2', 96);
  return {
    g1,
    g2,
    matches: (hash: Point, key: Point, signature: Point) =>
      modulo(hash.log * key.log, ORDER) === signature.log,
  } as unknown as Pairing;
}

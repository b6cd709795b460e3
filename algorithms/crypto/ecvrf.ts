/**
 * ECVRF-EDWARDS25519-SHA512: a verifiable random function. The owner of a key maps any input to 64
 * bytes that nobody can predict and a proof that anyone checks; for one key and input there is only one
 * output, whoever makes the proof, and however often.
 *
 *   H = encode_to_curve(Y | alpha)      Gamma = x H     beta = SHA-512(.. | 8 Gamma | 0)
 *   proof = Gamma | c | s:  a Schnorr proof that log_B Y = log_H Gamma
 *
 * Two ways to encode: try-and-increment (TAI, suite 3; hashes until a point comes out, so its time tells
 * about alpha, which is public here) and Elligator 2 (ELL2, suite 4).
 *
 * Stricter than the RFC, so that every backend gives one verdict: Y and Gamma must be encoded in their
 * only form and lie in the prime-order subgroup (the RFC asks for a key that is not of small
 * order, and for any point as Gamma); a proof with s = 0 or c = 0, which no prover meets, is refused.
 *
 * Reference: RFC 9381 sections 5.1 to 5.5; names of its steps are names of functions here.
 * Cost: prove 0.7 ms, verify 1.0 ms (libsodium); about 6 ms each (noble).
 */
import { sha512 } from '@noble/hashes/sha2.js';
import { assert } from '#lib/assert.ts';
import { concat, same, utf8 } from '#lib/bytes.ts';
import { isScalar } from './edwards.ts';

export type Encoding = 'tai' | 'ell2';

/**
 * The group, for one backend's points `P`. Scalars are 32 bytes, little-endian, below the order.
 * Points of type `P` are always in the prime-order subgroup, or a sum of such.
 */
export interface Group<P> {
  /** The point of these bytes; `undefined` unless strict, in the subgroup, and not the identity. */
  readonly read: (bytes: Uint8Array) => P | undefined;
  readonly write: (point: P) => Uint8Array;
  /** 8 times the point of these bytes; `undefined` if they are none, or eight times it vanishes. */
  readonly readTimesEight: (bytes: Uint8Array) => P | undefined;
  /** encode_to_curve of RFC 9380, edwards25519_XMD:SHA-512_ELL2_NU_, with `tag` to separate it. */
  readonly encode: (message: Uint8Array, tag: Uint8Array) => P;
  /** Neither the scalar nor the point is zero. */
  readonly multiply: (scalar: Uint8Array, point: P) => P;
  readonly multiplyBase: (scalar: Uint8Array) => P;
  readonly subtract: (a: P, b: P) => P;
  /** 64 bytes, little-endian, modulo the order. */
  readonly reduce: (wide: Uint8Array) => Uint8Array;
  /** a b + c modulo the order. */
  readonly multiplyAdd: (a: Uint8Array, b: Uint8Array, c: Uint8Array) => Uint8Array;
}

export interface Ecvrf {
  readonly publicKey: (seed: Uint8Array) => Uint8Array;
  readonly prove: (encoding: Encoding, seed: Uint8Array, alpha: Uint8Array) => Uint8Array;
  /** The output of a proof that its owner has just made: nothing is checked. */
  readonly output: (
    encoding: Encoding,
    seed: Uint8Array,
    alpha: Uint8Array,
    proof: Uint8Array,
  ) => Uint8Array;
  /** The output, or `undefined` if the proof proves nothing. */
  readonly verify: (
    encoding: Encoding,
    publicKey: Uint8Array,
    alpha: Uint8Array,
    proof: Uint8Array,
  ) => Uint8Array | undefined;
}

const SUITE = { tai: 3, ell2: 4 } as const;
const POINT_BYTES = 32;
const CHALLENGE_BYTES = 16;
export const PROOF_BYTES = POINT_BYTES + CHALLENGE_BYTES + 32;
/** The counter is one byte. Half of all strings are points, so 256 failures do not happen. */
const TRIES_MAX = 256;

/** RFC 9381 section 5.4.1.2: "ECVRF_" | h2c_suite_ID_string | suite_string. */
const ELL2_TAG = concat(utf8('ECVRF_edwards25519_XMD:SHA-512_ELL2_NU_'), Uint8Array.of(SUITE.ell2));

/** RFC 9381 over any implementation of the group. */
export function ecvrf<P>(group: Group<P>): Ecvrf {
  const key = (seed: Uint8Array) => {
    const wide = sha512(seed); // RFC 8032 section 5.1.5.
    const clamped = wide.subarray(0, 32);
    clamped[0] = clamped[0]! & 248;
    clamped[31] = (clamped[31]! & 127) | 64;
    // The point is the same for the number modulo the order.
    return {
      scalar: group.reduce(concat(clamped, new Uint8Array(32))),
      nonceKey: wide.subarray(32),
    };
  };

  const publicKey = (seed: Uint8Array) => group.write(group.multiplyBase(key(seed).scalar));

  const encodeToCurve = (encoding: Encoding, salt: Uint8Array, alpha: Uint8Array): P =>
    encoding === 'tai'
      ? tryAndIncrement(group, salt, alpha)
      : group.encode(concat(salt, alpha), ELL2_TAG);

  const output = (encoding: Encoding, gamma: Uint8Array): Uint8Array =>
    hash(encoding, 3, group.write(group.readTimesEight(gamma)!));

  return {
    publicKey,
    prove: (encoding, seed, alpha) => {
      const { scalar, nonceKey } = key(seed);
      const y = group.write(group.multiplyBase(scalar));
      const point = encodeToCurve(encoding, y, alpha);
      const h = group.write(point);
      const gamma = group.write(group.multiply(scalar, point));
      const nonce = group.reduce(sha512(concat(nonceKey, h))); // RFC 8032's, section 5.4.2.2.
      const u = group.write(group.multiplyBase(nonce));
      const v = group.write(group.multiply(nonce, point));
      const c = challenge(encoding, y, h, gamma, u, v);
      return concat(gamma, c, group.multiplyAdd(widen(c), scalar, nonce));
    },
    output: (encoding, _seed, _alpha, proof) => output(encoding, proof.subarray(0, POINT_BYTES)),
    verify: (encoding, y, alpha, proof) => {
      const gamma = proof.subarray(0, POINT_BYTES);
      const c = proof.subarray(POINT_BYTES, POINT_BYTES + CHALLENGE_BYTES);
      const s = proof.subarray(POINT_BYTES + CHALLENGE_BYTES);
      if (!isScalar(s) || isZero(s) || isZero(c)) return undefined;
      const keyPoint = group.read(y);
      const gammaPoint = group.read(gamma);
      if (keyPoint === undefined || gammaPoint === undefined) return undefined;
      const point = encodeToCurve(encoding, y, alpha);
      const wide = widen(c);
      const u = group.subtract(group.multiplyBase(s), group.multiply(wide, keyPoint));
      const v = group.subtract(group.multiply(s, point), group.multiply(wide, gammaPoint));
      const h = group.write(point);
      const expected = challenge(encoding, y, h, gamma, group.write(u), group.write(v));
      return same(c, expected) ? output(encoding, gamma) : undefined;
    },
  };
}

/** RFC 9381 section 5.4.1.1. */
function tryAndIncrement<P>(group: Group<P>, salt: Uint8Array, alpha: Uint8Array): P {
  for (let counter = 0; ; counter++) {
    assert(counter < TRIES_MAX, 'half of all strings are points');
    const candidate = hash('tai', 1, salt, alpha, Uint8Array.of(counter)).subarray(0, POINT_BYTES);
    const point = group.readTimesEight(candidate);
    if (point !== undefined) return point;
  }
}

/** suite_string | front | ... | 0x00, as every hash of section 5 is separated from the others. */
const hash = (encoding: Encoding, front: number, ...parts: readonly Uint8Array[]): Uint8Array =>
  sha512(concat(Uint8Array.of(SUITE[encoding], front), ...parts, BACK));

const BACK = Uint8Array.of(0);

const challenge = (encoding: Encoding, ...points: readonly Uint8Array[]): Uint8Array =>
  hash(encoding, 2, ...points).subarray(0, CHALLENGE_BYTES);

const widen = (challenge: Uint8Array): Uint8Array =>
  concat(challenge, new Uint8Array(32 - CHALLENGE_BYTES));

const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0);

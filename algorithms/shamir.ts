/**
 * Shamir's secret sharing over GF(2^8): any `threshold` of up to 255 shares give the secret back,
 * fewer say nothing about it, whoever computes for however long.
 *
 *   byte b of share i  =  p_b(i),   p_b(0) = byte b of the secret,   deg p_b = threshold - 1
 *
 * The other coefficients are the entropy, an argument. The field is that of AES (x^8 + x^4 + x^3 + x + 1),
 * multiplied without tables, because their indices would be secrets; the erasure code's field is
 * another, and its tables are for public data. Loops and branches depend on counts and indices only,
 * which are public: hardened, as far as JavaScript lets one.
 *
 * Reference: Shamir, "How to share a secret" (1979); FIPS 197 section 4.2 for the field.
 */
import { assert } from '#lib/assert.ts';

export const SHARES_MAX = 255;

export interface Share {
  /** 1 to 255: where the polynomial was evaluated. */
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** The product in GF(2^8): shift and add, the reduction masked instead of branched. */
export function multiply(a: number, b: number): number {
  let [product, shifted] = [0, a];
  for (let bit = 0; bit < 8; bit++) {
    product ^= shifted & -((b >> bit) & 1);
    shifted = (shifted << 1) ^ (0x11b & -(shifted >> 7));
  }
  return product;
}

/** a^254, which is 1 / a for all but zero. */
function invert(a: number): number {
  let [power, square] = [1, multiply(a, a)];
  for (let exponent = 2; exponent < 256; exponent *= 2) {
    power = multiply(power, square);
    square = multiply(square, square);
  }
  return power;
}

/** `entropy`: (threshold - 1) times as long as the secret, never used twice. */
export function split(
  secret: Uint8Array,
  threshold: number,
  count: number,
  entropy: Uint8Array,
): readonly Share[] {
  assert(threshold >= 1 && threshold <= count, 'the shares can reach the threshold');
  assert(count <= SHARES_MAX, 'GF(2^8) has 255 places for shares');
  assert(entropy.length === (threshold - 1) * secret.length, 'one coefficient a byte and power');
  return Array.from({ length: count }, (_, i) => {
    const index = i + 1;
    const bytes = new Uint8Array(secret.length);
    for (let power = threshold - 2; power >= 0; power--) {
      const from = power * secret.length;
      for (let b = 0; b < bytes.length; b++) {
        bytes[b] = multiply(bytes[b]! ^ entropy[from + b]!, index);
      }
    }
    for (let b = 0; b < bytes.length; b++) bytes[b] = bytes[b]! ^ secret[b]!;
    return { index, bytes };
  });
}

/** The value at zero of the polynomials through these shares: the secret, if they are right and enough. */
export function combine(shares: readonly Share[]): Uint8Array {
  assert(shares.length >= 1, 'something to combine');
  const indices = shares.map(({ index }) => index);
  assert(new Set(indices).size === indices.length, 'each share once');
  assert(
    indices.every((index) => index >= 1 && index <= SHARES_MAX),
    'shares have places',
  );
  const { length } = shares[0]!.bytes;
  assert(
    shares.every(({ bytes }) => bytes.length === length),
    'shares of one secret',
  );
  const secret = new Uint8Array(length);
  for (const { index, bytes } of shares) {
    const weight = weightAtZero(index, indices);
    for (let b = 0; b < length; b++) secret[b] = secret[b]! ^ multiply(weight, bytes[b]!);
  }
  return secret;
}

/** Lagrange: the product of j / (j - i) over the other indices; subtraction is XOR. */
function weightAtZero(index: number, indices: readonly number[]): number {
  return indices
    .filter((other) => other !== index)
    .reduce((weight, other) => multiply(weight, multiply(other, invert(other ^ index))), 1);
}

assert(multiply(0x57, 0x83) === 0xc1, 'FIPS 197 section 4.2: {57} {83} = {c1}');

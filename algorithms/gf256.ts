/**
 * Arithmetic in GF(2^8), the field of one byte.
 *
 * Elements are polynomials over GF(2) of degree < 8, one bit a coefficient; addition is XOR.
 * Multiplication is modulo x^8 + x^4 + x^3 + x^2 + 1 (0x11d), for which x (= 2) generates all 255
 * non-zero elements, so that a product is a sum of logarithms. See Plank, "A Tutorial on
 * Reed-Solomon Coding" (1997), section 5. The same field as the Rust crate, Backblaze and ISA-L.
 *
 * Not constant-time: for public data only.
 */
import { assert } from '#lib/assert.ts';

const POLYNOMIAL = 0x11d;
/** Of the multiplicative group. */
const ORDER = 255;

/** Powers of x, four times over, so that a sum of four logarithms needs no modulo. */
const EXP = new Uint8Array(4 * ORDER);
const LOG = new Uint8Array(256);

for (let power = 0, element = 1; power < ORDER; power++) {
  for (let again = power; again < EXP.length; again += ORDER) EXP[again] = element;
  LOG[element] = power;
  element <<= 1;
  if (element > 0xff) element ^= POLYNOMIAL;
}
assert(LOG[1] === 0 && EXP[ORDER] === 1, 'x generates the whole group');

export function mul(a: number, b: number): number {
  if (a === 0 || b === 0) return 0;
  return EXP[LOG[a]! + LOG[b]!]!;
}

/** The power of x that a is. */
export function log(a: number): number {
  assert(a !== 0, 'zero has no logarithm');
  return LOG[a]!;
}

/** x to a power, which is at most a sum of four logarithms. */
export function exp(power: number): number {
  assert(power >= 0 && power < EXP.length, 'a sum of at most four logarithms');
  return EXP[power]!;
}

export function inv(a: number): number {
  assert(a !== 0, 'zero has no inverse');
  return EXP[ORDER - LOG[a]!]!;
}

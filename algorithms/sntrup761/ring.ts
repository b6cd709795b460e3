/**
 * The two rings of Streamlined NTRU Prime 761: polynomials of degree < 761 modulo x^761 - x - 1,
 * with coefficients modulo 3 or modulo 4591, always kept in the balanced range (-1..1, -2295..2295).
 *
 * Cost: a product is 761 x 761 multiply-adds (about 0.4 ms), a reciprocal 1521 "division steps" over
 * four arrays (about 10 ms, made once a key). x^761 - x - 1 is irreducible modulo 4591, so that
 * every non-zero element has a reciprocal there; modulo 3 some have none.
 *
 * Reference: NTRU Prime, round 3 (2020), sections 3.1 and 6; the reciprocals are the division steps
 * of Bernstein and Yang, "Fast constant-time gcd computation" (2019), section 5.
 *
 * Time: loop bounds, branches and indices never depend on coefficients, and reductions multiply and
 * shift instead of dividing. That is all JavaScript can promise: an engine may still choose
 * machine code by the numbers it sees, so this is hardened, not constant-time.
 */
import { assert } from '#lib/assert.ts';

export const P = 761;
export const Q = 4591;
export const HALF_Q = 2295;

/** `x` modulo 4591, balanced; exact for |x| <= 2 * 2295^2, a step of `divide`: more than any product. */
export function freezeQ(x: number): number {
  const near = x - Math.imul(Q, Math.imul(57, x) >> 18); // 57 / 2^18 is a little under 1 / 4591.
  return near - Math.imul(Q, (Math.imul(29_235, near) + (1 << 26)) >> 27);
}

/** `x` modulo 3, balanced; exact for |x| below 2^14. */
export const freeze3 = (x: number): number => x - 3 * ((Math.imul(10_923, x) + (1 << 14)) >> 15);

/** The product of any polynomial and one with coefficients -1, 0, 1, not yet reduced by `freeze`. */
function product(any: Int16Array, small: Int16Array): Int32Array {
  const sums = new Int32Array(2 * P - 1);
  for (let i = 0; i < P; i++) {
    const factor = small[i]!;
    for (let j = 0; j < P; j++) sums[i + j] = sums[i + j]! + Math.imul(factor, any[j]!);
  }
  for (let i = 2 * P - 2; i >= P; i--) {
    sums[i - P] = sums[i - P]! + sums[i]!; // x^761 = x + 1.
    sums[i - P + 1] = sums[i - P + 1]! + sums[i]!;
  }
  return sums;
}

/** Modulo 4591. */
export function multiplyQ(any: Int16Array, small: Int16Array): Int16Array {
  const sums = product(any, small);
  return Int16Array.from({ length: P }, (_, i) => freezeQ(sums[i]!));
}

/** Modulo 3. */
export function multiply3(a: Int16Array, b: Int16Array): Int16Array {
  const sums = product(a, b);
  return Int16Array.from({ length: P }, (_, i) => freeze3(sums[i]!));
}

/** 1 / 3a modulo 4591, which always exists: the key needs the reciprocal of three times `a`. */
export function reciprocalOfTriple(a: Int16Array): Int16Array {
  const { top, quotient } = divide(a, powerQ(3, Q - 2), crossQ);
  const scale = powerQ(top, Q - 2);
  return quotient.map((coefficient) => freezeQ(Math.imul(scale, coefficient)));
}

/** 1 / a modulo 3, if there is one. Which of the two it was, tells its running time. */
export function reciprocal3(a: Int16Array): Int16Array | undefined {
  const { top, quotient, delta } = divide(a, 1, cross3);
  if (delta !== 0) return undefined;
  return quotient.map((coefficient) => top * coefficient);
}

interface Division {
  /** What is left of the modulus: a constant. Its sign and scale are those of the quotient. */
  readonly top: number;
  readonly quotient: Int16Array;
  /** Zero when the element and the modulus have no common factor. */
  readonly delta: number;
}

/**
 * 2 * 761 - 1 division steps on the reversed modulus f and element g. Each brings in one more zero
 * coefficient of g, exchanging f and g when that keeps both short; v and r follow along and hold
 * what was multiplied into g to get there.
 */
function divide(a: Int16Array, start: number, cross: Cross): Division {
  const f = new Int16Array(P + 1);
  const g = new Int16Array(P + 1);
  const v = new Int16Array(P + 1);
  const r = new Int16Array(P + 1);
  f[0] = 1;
  f[P - 1] = -1;
  f[P] = -1;
  for (let i = 0; i < P; i++) g[P - 1 - i] = a[i]!;
  r[0] = start;

  let delta = 1;
  for (let round = 0; round < 2 * P - 1; round++) {
    v.copyWithin(1, 0, P);
    v[0] = 0;
    const swap = negativeMask(-delta) & nonZeroMask(g[0]!);
    delta = (delta ^ (swap & (delta ^ -delta))) + 1;
    exchange(swap, f, g);
    exchange(swap, v, r);
    const [f0, g0] = [f[0]!, g[0]!];
    cross(g, f0, f, g0);
    cross(r, f0, v, g0);
    g.copyWithin(0, 1);
    g[P] = 0;
  }
  return { top: f[0]!, delta, quotient: Int16Array.from({ length: P }, (_, i) => v[P - 1 - i]!) };
}

/** target = scale * target - otherScale * other. Twice, so that each is compiled for its modulus. */
type Cross = (target: Int16Array, scale: number, other: Int16Array, otherScale: number) => void;

const crossQ: Cross = (target, scale, other, otherScale) => {
  for (let i = 0; i <= P; i++) {
    target[i] = freezeQ(Math.imul(scale, target[i]!) - Math.imul(otherScale, other[i]!));
  }
};

const cross3: Cross = (target, scale, other, otherScale) => {
  for (let i = 0; i <= P; i++) {
    target[i] = freeze3(Math.imul(scale, target[i]!) - Math.imul(otherScale, other[i]!));
  }
};

const negativeMask = (x: number): number => x >> 31;
const nonZeroMask = (x: number): number => (x | -x) >> 31;

/** Exchanges two arrays, or touches them alike and leaves them. */
function exchange(mask: number, a: Int16Array, b: Int16Array): void {
  for (let i = 0; i < a.length; i++) {
    const difference = mask & (a[i]! ^ b[i]!);
    a[i] = a[i]! ^ difference;
    b[i] = b[i]! ^ difference;
  }
}

/** base^exponent modulo 4591; the exponent is public. */
function powerQ(base: number, exponent: number): number {
  let power = 1;
  for (let i = 0; i < exponent; i++) power = freezeQ(Math.imul(power, base));
  return power;
}

assert(freezeQ(3 * powerQ(3, Q - 2)) === 1, 'a^(q-2) is the reciprocal of a modulo q');

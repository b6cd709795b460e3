/**
 * Shamir's polynomials over the scalars of a group: a secret is the value at 0 of a polynomial of
 * degree threshold - 1, and the share of the party with index i (from 0) its value at i + 1. Any
 * `threshold` shares fix the polynomial (Lagrange), fewer say nothing about its value at 0.
 */
import { assert } from '#lib/assert.ts';
import type { Scalar } from './group.ts';

/** The remainder, never negative. */
export function modulo(value: bigint, order: bigint): Scalar {
  const rest = value % order;
  return rest < 0n ? rest + order : rest;
}

/** The share of the party with this index. `coefficients` begin with the secret. */
export function shareAt(coefficients: readonly Scalar[], index: number, order: bigint): Scalar {
  const x = BigInt(index + 1);
  return coefficients.reduceRight((sum, coefficient) => modulo(sum * x + coefficient, order), 0n);
}

/**
 * The weights w with f(0) = sum of w[k] f(indices[k] + 1), for every f of degree below the count:
 * w[k] = product over m != k of x[m] / (x[m] - x[k]). The indices are public and distinct.
 */
export function weightsAtZero(indices: readonly number[], order: bigint): Scalar[] {
  assert(new Set(indices).size === indices.length, 'shares of distinct parties');
  return indices.map((own) => {
    let numerator = 1n;
    let denominator = 1n;
    for (const other of indices) {
      if (other === own) continue;
      numerator = modulo(numerator * BigInt(other + 1), order);
      denominator = modulo(denominator * BigInt(other - own), order);
    }
    return modulo(numerator * inverse(denominator, order), order);
  });
}

/** By Euclid's algorithm: for public numbers. */
function inverse(value: Scalar, order: bigint): Scalar {
  let [a, b, x, y] = [order, value, 0n, 1n];
  while (b !== 0n) [a, b, x, y] = [b, a % b, y, x - (a / b) * y];
  assert(a === 1n, 'only zero has no inverse in a prime field');
  return modulo(x, order);
}

/**
 * Lagrange coefficients in GF(2^8): the value at `target` of the polynomial of degree < k that takes
 * given values at k points is a sum of those values with the factors
 *
 *     l_j(target) = product over m != j of (target - x_m) / (x_j - x_m).
 *
 * That closed form is the whole of decoding: no matrix is inverted and none can be singular, since
 * distinct points suffice. Products are sums of logarithms; cost k^2 for the points, 2k a target.
 */
import { assert } from '#lib/assert.ts';
import { exp, log } from '../gf256.ts';

/** Of the multiplicative group: logarithms count modulo this. */
const ORDER = 255;

/** Factors, one row of `points.length` for each target. The points must be distinct. */
export function lagrange(points: readonly number[], targets: readonly number[]): Uint8Array {
  const k = points.length;
  const logWeights = points.map((point) => ORDER - logDifferences(points, point));
  const rows = new Uint8Array(targets.length * k);
  for (let t = 0; t < targets.length; t++) {
    const target = targets[t]!;
    const at = points.indexOf(target);
    if (at >= 0) {
      rows[t * k + at] = 1;
      continue;
    }
    const all = logDifferences(points, target) + ORDER;
    for (let j = 0; j < k; j++) {
      rows[t * k + j] = exp(all - log(target ^ points[j]!) + logWeights[j]!);
    }
  }
  return rows;
}

/** Logarithm of the product of (at - point) over all points but `at` itself. */
function logDifferences(points: readonly number[], at: number): number {
  let sum = 0;
  let itself = 0;
  for (const point of points) {
    if (point === at) itself++;
    else sum += log(at ^ point);
  }
  assert(itself <= 1, 'the points are distinct');
  return sum % ORDER;
}

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
  const logs = new Uint8Array(k);
  const logWeights = points.map((point) => ORDER - logDifferences(points, point, logs));
  const rows = new Uint8Array(targets.length * k);
  for (let t = 0; t < targets.length; t++) {
    const at = points.indexOf(targets[t]!);
    if (at >= 0) {
      rows[t * k + at] = 1;
      continue;
    }
    const all = ORDER + logDifferences(points, targets[t]!, logs);
    for (let j = 0; j < k; j++) rows[t * k + j] = exp(all - logs[j]! + logWeights[j]!);
  }
  return rows;
}

/** The logarithm of each (at - point), left in `logs`, and of their product, but for `at` itself. */
function logDifferences(points: readonly number[], at: number, logs: Uint8Array): number {
  let sum = 0;
  let itself = 0;
  for (let j = 0; j < points.length; j++) {
    if (points[j] === at) itself++;
    else sum += logs[j] = log(at ^ points[j]!);
  }
  assert(itself <= 1, 'the points are distinct');
  return sum % ORDER;
}

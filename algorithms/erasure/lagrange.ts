/**
 * Lagrange coefficients in GF(2^8): the value at `target` of the polynomial of degree < k that takes
 * given values at k points is a sum of those values with the factors
 *
 *     l_j(target) = product over m != j of (target - x_m) / (x_j - x_m).
 *
 * That closed form is the whole of decoding: no matrix is inverted and none can be singular, since
 * distinct points suffice. Cost k^2 for the points and k a target.
 */
import { assert } from '#lib/assert.ts';
import { inv, mul } from '../gf256.ts';

/** Factors, one row of `points.length` for each target. The points must be distinct. */
export function lagrange(points: readonly number[], targets: readonly number[]): Uint8Array {
  const weights = points.map((point) => inv(productOfDifferences(points, point)));
  const rows = new Uint8Array(targets.length * points.length);
  for (const [t, target] of targets.entries()) {
    const row = rows.subarray(t * points.length, (t + 1) * points.length);
    const at = points.indexOf(target);
    if (at >= 0) row[at] = 1;
    else fill(row, points, weights, target);
  }
  return rows;
}

function fill(row: Uint8Array, points: readonly number[], weights: number[], target: number): void {
  let all = 1;
  for (const point of points) all = mul(all, target ^ point);
  assert(all !== 0, 'the target is none of the points');
  for (const [j, point] of points.entries())
    row[j] = mul(mul(all, inv(target ^ point)), weights[j]!);
}

function productOfDifferences(points: readonly number[], point: number): number {
  let product = 1;
  let itself = 0;
  for (const other of points) {
    if (other === point) itself++;
    else product = mul(product, point ^ other);
  }
  assert(itself === 1, 'the points are distinct');
  return product;
}

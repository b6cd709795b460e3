/**
 * Weighted rendezvous by the logarithmic method: a node of weight w holds a share of the keys in
 * proportion to w, and raising a weight moves keys only to that node.
 *
 * Node i draws u_i, uniform in (0, 1], from the leading 64 bits of its score; the smallest
 * -log2(u_i) / w_i is first. In integers only: a / w_a < b / w_b is asked as a * w_b < b * w_a, with
 * the logarithms of fixed-log.ts, so every node finds the same order to the last bit. What these
 * leave equal goes by the rule of core.ts; hence equal weights rank exactly as no weights do.
 *
 * The bounds that spare most of these logarithms: a penalty is the quotient of a bound of the
 * logarithm and the weight. Rounding a quotient to the nearest double keeps order (if x <= y then
 * fl(x) <= fl(y)), so bounds of reals remain bounds of doubles, and `<` between them is sure.
 *
 * References: Schindelhauer and Schomaker, "Weighted distributed hash tables" (SPAA 2005), section 4;
 * Resch, "New hashing algorithms for data storage" (SNIA 2015).
 */
import { assert } from '#lib/assert.ts';
import { LOG2_SLACK, negLog2, negLog2Upper } from '../fixed-log.ts';
import { precedesByScore } from './core.ts';
import { best, type Order } from './order.ts';
import { SCORE_BYTES, scoresOf, type NodeTable } from './scoring.ts';

/** Whole numbers up to 2^53, one for each node of a table; a node of weight 0 is never chosen. */
export type Weights = Float64Array;

/** Checks weights once, so that ranking need not. */
export function weightsOf(table: NodeTable, weights: readonly number[]): Weights {
  assert(weights.length === table.ids.length, 'each node has a weight');
  assert(
    weights.every((weight) => Number.isSafeInteger(weight) && weight >= 0),
    'a weight is a whole number',
  );
  return Float64Array.from(weights);
}

/** Ranks the nodes of positive weight for a key: indices, best first, at most `count` of them. */
export function rankWeighted(
  table: NodeTable,
  weights: Weights,
  key: Uint8Array,
  count: number = table.ids.length,
): Uint32Array {
  return best(weightedOrderOf(table, weights, key), count);
}

/** The order of the nodes of positive weight for a key. */
export const weightedOrderOf = (table: NodeTable, weights: Weights, key: Uint8Array): Order =>
  orderByWeight(table, weights, scoresOf(table, key));

/** The order of nodes of positive weight that have these scores. */
export function orderByWeight(table: NodeTable, weights: Weights, scores: Uint8Array): Order {
  const exact = new Map<number, bigint>();
  const penalty = (node: number): bigint => {
    const known = exact.get(node) ?? negLog2(drawOf(scores, node));
    exact.set(node, known);
    return known;
  };
  return {
    ...bounds(scores, weights),
    precedes: (a, b) => {
      const left = penalty(a) * BigInt(weights[b]!);
      const right = penalty(b) * BigInt(weights[a]!);
      return left === right ? precedesByScore(table, scores, a, b) : left < right;
    },
  };
}

/** The leading 64 bits of a node's score. */
export function drawOf(scores: Uint8Array, node: number): bigint {
  return new DataView(scores.buffer, scores.byteOffset).getBigUint64(node * SCORE_BYTES);
}

function bounds(scores: Uint8Array, weights: Weights): Pick<Order, 'lower' | 'upper'> {
  const words = new DataView(scores.buffer, scores.byteOffset);
  const lower = new Float64Array(weights.length);
  const upper = new Float64Array(weights.length);
  for (let i = 0; i < weights.length; i++) {
    const high = words.getUint32(i * SCORE_BYTES);
    const above = high === 0 ? 64 : negLog2Upper(high, words.getUint32(i * SCORE_BYTES + 4));
    const below = high === 0 ? 32 : above - LOG2_SLACK;
    // Nothing by 0 is infinite, and so out of the race.
    lower[i] = weights[i] === 0 ? Infinity : below / weights[i]!;
    upper[i] = above / weights[i]!;
  }
  return { lower, upper };
}

/**
 * Rendezvous hashing, or highest random weight: everybody who knows the same nodes ranks them for a
 * key in the same way, without talking. Score = BLAKE2b-128(node || key) as a big-endian integer;
 * the highest score is first, equal scores by node id, descending.
 *
 * What follows from scoring each node by itself: taking a node away moves only what it held, adding
 * one moves things only to it, and each key spreads over all nodes evenly.
 * Reference: Thaler and Ravishankar, "Using name-based mappings to increase hit rates" (1998).
 */
import { assert } from '#lib/assert.ts';
import { compare } from '#lib/bytes.ts';
import { best, type Order } from './order.ts';
import { SCORE_BYTES, scoresOf, type NodeTable } from './scoring.ts';

/** Ranks the nodes for a key: indices into the table, best first, at most `count` of them. */
export function rank(
  table: NodeTable,
  key: Uint8Array,
  count: number = table.ids.length,
): Uint32Array {
  return best(orderOf(table, key), count);
}

/** The order of the nodes for a key. */
export const orderOf = (table: NodeTable, key: Uint8Array): Order =>
  orderByScore(table, scoresOf(table, key));

/** The order of nodes that have these scores. */
export function orderByScore(table: NodeTable, scores: Uint8Array): Order {
  const penalties = new Float64Array(table.ids.length);
  const words = new DataView(scores.buffer, scores.byteOffset);
  for (let i = 0; i < penalties.length; i++) {
    const at = i * SCORE_BYTES;
    // The leading 53 bits of the score, exactly; what they leave equal is compared in full.
    penalties[i] = -(words.getUint32(at) * 2 ** 21 + (words.getUint32(at + 4) >>> 11));
  }
  return {
    lower: penalties,
    upper: penalties,
    precedes: (a, b) => precedesByScore(table, scores, a, b),
  };
}

/** The rule itself: the higher score first, and of equal scores the greater id. */
export function precedesByScore(
  { ids }: NodeTable,
  scores: Uint8Array,
  a: number,
  b: number,
): boolean {
  for (let byte = 0; byte < SCORE_BYTES; byte++) {
    const difference = scores[a * SCORE_BYTES + byte]! - scores[b * SCORE_BYTES + byte]!;
    if (difference !== 0) return difference > 0;
  }
  const difference = compare(ids[a]!, ids[b]!);
  assert(difference !== 0, 'the ids of nodes are distinct');
  return difference > 0;
}

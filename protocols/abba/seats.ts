/**
 * Seats at the coin. A threshold scheme counts shares and knows no stake, so each member holds shares in
 * proportion to its stake: its seats.
 *
 * With all stakes alike everybody has one seat, and f + 1 shares toss the coin. Otherwise member i of n has
 * ceil(3 n * stake_i / stake) seats and 2 n shares toss it. Whoever has less than a third of the stake has less than
 * n + n of them, rounding included, and cannot; whoever has more than two thirds has at least 2 n, and can.
 */
import { assert } from '#lib/assert.ts';
import { isSomebodyHonest, type Weights } from './tally.ts';

export interface Seats {
  /** The seats of each member; seats are numbered through. */
  readonly of: readonly (readonly number[])[];
  readonly count: number;
  /** So many shares toss the coin. */
  readonly threshold: number;
}

export function seatsOf(weights: Weights): Seats {
  const { of, whole } = weights;
  assert(of.length > 0 && of.every((weight) => weight > 0n), 'everybody has stake');
  const isEqual = of.every((weight) => weight === of[0]);
  const n = BigInt(of.length);
  let count = 0;
  const seats = of.map((weight) => {
    const own = isEqual ? 1 : Number((3n * n * weight + whole - 1n) / whole);
    const first = count;
    count += own;
    return Array.from({ length: own }, (_, i) => first + i);
  });
  return { of: seats, count, threshold: isEqual ? fewest(weights) : 2 * of.length };
}

/** So many of equal stake are more than a third. */
function fewest(weights: Weights): number {
  let members = 1;
  while (!isSomebodyHonest(weights, BigInt(members) * weights.of[0]!)) members++;
  return members;
}

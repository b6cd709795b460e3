/**
 * How likely each whole number is: the number of pieces that are online, of anchors that are up.
 *
 * A distribution is an array: entry i is the chance of i. Independent numbers are added by convolving
 * their arrays, alternatives are mixed, and a binomial is one device convolved n times. Everything is
 * sums and products of numbers >= 0, so nothing cancels: a chance of 1e-30 has as many good digits as
 * one of a half (the error grows by about n units in the last place; measured against exact quotients
 * of integers in test/algorithms/distribution.property.test.ts). That is also why chances of failure
 * are summed as such and never found as 1 - success. Cost: n^2 for a binomial, n m for a sum.
 */
import { assert } from '#lib/assert.ts';

/** Entry i is the chance of i; the entries sum to 1. */
export type Distribution = Float64Array;

export const isChance = (value: number): boolean => value >= 0 && value <= 1;

/** Surely `value`. */
export function certain(value: number): Distribution {
  const all = new Float64Array(value + 1);
  all[value] = 1;
  return all;
}

/** How many of `count` devices are online, each by itself with chance `online`. */
export function binomial(count: number, online: number): Distribution {
  assert(Number.isInteger(count) && count >= 0, 'a number of devices is whole');
  assert(isChance(online), 'a chance is 0 to 1');
  const all = new Float64Array(count + 1);
  all[0] = 1;
  for (let devices = 1; devices <= count; devices++) {
    for (let i = devices; i > 0; i--) all[i] = all[i]! * (1 - online) + all[i - 1]! * online;
    all[0]! *= 1 - online;
  }
  return all;
}

/** The sum of two independent numbers. */
export function sum(a: Distribution, b: Distribution): Distribution {
  const all = new Float64Array(a.length + b.length - 1);
  for (let i = 0; i < a.length; i++) {
    if (a[i] === 0) continue;
    for (let j = 0; j < b.length; j++) all[i + j]! += a[i]! * b[j]!;
  }
  return all;
}

/** The number, times `by`: each anchor that is up brings `by` pieces. */
export function times(a: Distribution, by: number): Distribution {
  assert(Number.isInteger(by) && by >= 0, 'a factor is whole');
  const all = new Float64Array((a.length - 1) * by + 1);
  for (let i = 0; i < a.length; i++) all[i * by]! += a[i]!;
  return all;
}

/** The chance of fewer than `bound`. Summed from the smallest on, which loses least. */
export function chanceBelow(a: Distribution, bound: number): number {
  let chance = 0;
  for (const each of a.slice(0, Math.max(0, bound)).toSorted()) chance += each;
  return Math.min(1, chance);
}

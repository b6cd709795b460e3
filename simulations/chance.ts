/** Drawing faults and delays: whole numbers only, so that every machine draws the same. */
import { assert } from '#lib/assert.ts';
import type { Entropy } from '#protocols/effect.ts';

/** How often: `[1, 100]` is one time in a hundred. */
export type Ratio = readonly [times: number, of: number];

export const NEVER: Ratio = [0, 1];
export const ALWAYS: Ratio = [1, 1];

/** A span from which one number is drawn, both ends included. */
export type Span = readonly [least: number, most: number];

export const happens = (entropy: Entropy, [times, of]: Ratio): boolean =>
  // Nothing is drawn for what cannot happen: a fault that is off must not shift the others.
  times > 0 && (times >= of || entropy.below(of) < times);

export function between(entropy: Entropy, [least, most]: Span): number {
  assert(least <= most, 'a span has its smaller end first');
  return least === most ? least : least + entropy.below(most - least + 1);
}

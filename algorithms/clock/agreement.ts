/**
 * One interval from many, of which some may lie: the smallest that holds every point which at least
 * n - f of the n intervals hold.
 *
 *   a    |-----------|
 *   b        |-----------|          n = 4, f = 1: three or more hold  |---|
 *   c          |-----|
 *   d                        |--|   (a liar, or a broken clock)
 *
 * While at most f of the intervals miss the truth, the truth is inside. With n > 3f no liar widens
 * it beyond an honest interval: both of its ends are held by n - f, hence together by an honest one.
 *
 * Reference: Marzullo, "Maintaining the time in a distributed system" (1984); NTP's selection
 * (RFC 5905, section 11.2.1) is a relative that also asks for midpoints, which we do not need.
 * Cost: sorting 2n ends. In whole numbers.
 */
import { assert } from '#lib/assert.ts';

/** Both ends belong to it. */
export interface Interval {
  readonly lowUs: number;
  readonly highUs: number;
}

/** `undefined` where no point is held by n - f: more than f are wrong, or n is too small. */
export function agreement(intervals: readonly Interval[], faulty: number): Interval | undefined {
  assert(
    intervals.every(({ lowUs, highUs }) => lowUs <= highUs),
    'an interval has an inside',
  );
  const needed = intervals.length - faulty;
  // Otherwise f liars could agree on anything without a single honest voice.
  if (needed <= faulty) return undefined;
  // Sorted apart, the i-th low end is where the number of begun intervals reaches i + 1.
  const lows = intervals.map(({ lowUs }) => lowUs).toSorted((a, b) => a - b);
  const highs = intervals.map(({ highUs }) => highUs).toSorted((a, b) => a - b);
  const lowUs = firstHeld(lows, highs, needed);
  if (lowUs === undefined) return undefined;
  // The last point is the first one seen from the other side.
  const mirroredHighUs = firstHeld(
    highs.map(negated).toReversed(),
    lows.map(negated).toReversed(),
    needed,
  );
  return { lowUs, highUs: -mirroredHighUs! };
}

const negated = (value: number): number => -value;

/** The first point that `needed` intervals hold: some low end, with few enough ended before it. */
function firstHeld(
  lows: readonly number[],
  highs: readonly number[],
  needed: number,
): number | undefined {
  let ended = 0;
  for (const [i, low] of lows.entries()) {
    while (highs[ended]! < low) ended++;
    if (i + 1 - ended >= needed) return low;
  }
  return undefined;
}

/**
 * The budget of errors: how fast it burns, over four windows.
 *
 *   burn = share of bad ones / share that may be bad            1: it just lasts; 14.4: a month's is gone in two days
 *
 *   window       so long           is asked
 *   fast, long   w                 is it bad enough to count?       both, or nothing: the long one says that it
 *   fast, short  w / 12            is it still going on?            matters, the short one that it is not over
 *   slow, long   6 w
 *   slow, short  w / 2
 *
 * Counts are kept in slices of w / 60, a ring of them for each kind, so a window costs a sum and never a list of
 * events. Time is the monotonic clock. What lies in the future or before the ring is nothing.
 */
import type { Objective } from '#config/policy.ts';
import { MILLION } from '#config/policy.ts';

const SLICES_OF_WINDOW = 60;
/** Slices of each window; the longest is the ring. */
export const WINDOWS = {
  'fast-long': SLICES_OF_WINDOW,
  'fast-short': SLICES_OF_WINDOW / 12,
  'slow-long': 6 * SLICES_OF_WINDOW,
  'slow-short': SLICES_OF_WINDOW / 2,
} as const;
export type Window = keyof typeof WINDOWS;
const RING = WINDOWS['slow-long'];

/** Of one kind: reads, or writes. */
export interface Counts {
  readonly good: Uint32Array;
  readonly bad: Uint32Array;
  /** The newest slice that was written. */
  newest: number;
}

export const noCounts = (): Counts => ({
  good: new Uint32Array(RING),
  bad: new Uint32Array(RING),
  newest: -Infinity,
});

export const sliceMs = ({ windowMs }: Pick<Objective, 'windowMs'>): number =>
  windowMs / SLICES_OF_WINDOW;

const sliceAt = (objective: Objective, now: number): number => Math.floor(now / sliceMs(objective));

export function countOne(
  counts: Counts,
  objective: Objective,
  is: 'good' | 'bad',
  now: number,
): void {
  const slice = sliceAt(objective, now);
  turnTo(counts, slice);
  counts[is][slice % RING]!++;
}

/** Slices that nobody wrote to since the ring was there last are empty. */
function turnTo(counts: Counts, slice: number): void {
  const { good, bad, newest } = counts;
  for (let each = Math.max(newest + 1, slice - RING + 1); each <= slice; each++) {
    good[each % RING] = 0;
    bad[each % RING] = 0;
  }
  counts.newest = Math.max(newest, slice);
}

export interface Seen {
  readonly good: number;
  readonly bad: number;
}

/** What was counted in a window that ends now. */
export function seenIn(counts: Counts, objective: Objective, window: Window, now: number): Seen {
  const last = sliceAt(objective, now);
  let [good, bad] = [0, 0];
  for (let each = last - WINDOWS[window] + 1; each <= Math.min(last, counts.newest); each++) {
    if (each <= counts.newest - RING || each < 0) continue;
    good += counts.good[each % RING]!;
    bad += counts.bad[each % RING]!;
  }
  return { good, bad };
}

/** Of nothing nothing burns. */
export function burnOf({ good, bad }: Seen, { goodMillionths }: Objective): number {
  const all = good + bad;
  return all === 0 ? 0 : ((bad / all) * MILLION) / (MILLION - goodMillionths);
}

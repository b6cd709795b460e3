/**
 * A clock that is led towards the others' time without ever going back: its offset moves by at most so much of the time
 * that passes. 500 millionths as a rule: it goes a little faster or slower. One that is far ahead stands still.
 *
 *   time = monotonic clock + offset, where the offset is on its way to a target
 *
 * In whole microseconds: one for each `everyUs` that pass. Reference: RFC 5905, section 11.3; the rate is that of
 * adjtime(3).
 */
import { assert } from '#lib/assert.ts';
import type { Interval } from './agreement.ts';

export interface Discipline {
  /** The offset as it was `sinceUs`, on the monotonic clock, and what it moves to since then. */
  readonly offsetUs: number;
  readonly targetUs: number;
  readonly sinceUs: number;
  /** How many microseconds pass while it moves by one. */
  readonly everyUs: number;
}

/** 500 ppm. */
export const SLEWING_US = 2_000;
/** On its way back it shows the same all the time. */
export const STANDING_US = 1;

export const setTo = (offsetUs: number, nowUs: number): Discipline => ({
  offsetUs,
  targetUs: offsetUs,
  sinceUs: nowUs,
  everyUs: SLEWING_US,
});

/** The offset in force at a moment of the monotonic clock. */
export function offsetAt(
  { offsetUs, targetUs, sinceUs, everyUs }: Discipline,
  nowUs: number,
): number {
  assert(nowUs >= sinceUs, 'a monotonic clock goes forward');
  const allowedUs = Math.floor((nowUs - sinceUs) / everyUs);
  return offsetUs + Math.max(-allowedUs, Math.min(allowedUs, targetUs - offsetUs));
}

/** What the clock shows. Never less than before. */
export const timeAt = (clock: Discipline, nowUs: number): number => nowUs + offsetAt(clock, nowUs);

/** The clock led to another target from now on; what it shows does not change at this moment. */
export function ledTo(
  clock: Discipline,
  targetUs: number,
  nowUs: number,
  everyUs = SLEWING_US,
): Discipline {
  // The begun share of a move counts on: a clock that is led every millisecond still moves.
  const begunUs = everyUs === clock.everyUs ? (nowUs - clock.sinceUs) % everyUs : 0;
  return { offsetUs: offsetAt(clock, nowUs), targetUs, sinceUs: nowUs - begunUs, everyUs };
}

/** The middle of an interval: where to lead the clock. */
export const middleUs = ({ lowUs, highUs }: Interval): number => Math.floor((lowUs + highUs) / 2);

/** How far an offset may be from the truth, if the truth lies in the interval. */
export const errorUs = ({ lowUs, highUs }: Interval, offsetUs: number): number =>
  Math.max(highUs - offsetUs, offsetUs - lowUs);

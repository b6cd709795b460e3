/**
 * What to write into the policy: a time to keep, and when to begin repairing before it ends.
 *
 * Lights: as long as the policy wishes (180 days), or in whole days what is left after a reserve.
 * Anchors that hold decades need none. Small anchors: the largest multiple of six hours that they
 * keep, and two thirds of it as the careful end: the owner's 12-18 h alone and 24-36 h split follow.
 * Watermarks: the owner's 6 h of 36 h, a sixth of the time, for hours; the same reserve for capacity.
 */
import { assert } from '#lib/assert.ts';

export const LIGHT_DAYS_MOST = 180;
/** Arrivals are never even; a tenth more than expected is still kept. */
export const RESERVE = 0.1;
const STEP_HOURS = 6;
const CAREFUL = 2 / 3;
const WATERMARK = 1 / 6;
const HOURS_PER_DAY = 24;
/** Beyond this anchors keep "practically for ever": nothing is gained by a time to live. */
const FOR_EVER_DAYS = 3_650;

export interface Recommended {
  /** From the careful to the full; `undefined` for ever. */
  readonly hours: { readonly least: number; readonly most: number } | undefined;
  /** Repair starts when so many hours are left of the longer of the two. */
  readonly watermarkHours: number | undefined;
  /** Repair starts when so much of the capacity is left. */
  readonly watermarkShare: number;
}

export function forLights(days: number): Recommended {
  assert(days >= 0, 'days are not negative');
  const kept = Math.min(LIGHT_DAYS_MOST, Math.floor(days * (1 - RESERVE)));
  return of(kept * HOURS_PER_DAY, kept * HOURS_PER_DAY);
}

export function forAnchors(days: number): Recommended {
  assert(days >= 0, 'days are not negative');
  if (days > FOR_EVER_DAYS) {
    return { hours: undefined, watermarkHours: undefined, watermarkShare: RESERVE };
  }
  const most = stepsOf(days * HOURS_PER_DAY);
  return of(stepsOf(most * CAREFUL), most);
}

const of = (least: number, most: number): Recommended => ({
  hours: { least, most },
  watermarkHours: most * WATERMARK,
  watermarkShare: RESERVE,
});

/** Down to whole steps; what is shorter than a step stays as it is. */
const stepsOf = (hours: number): number =>
  hours < STEP_HOURS ? hours : Math.floor(hours / STEP_HOURS) * STEP_HOURS;

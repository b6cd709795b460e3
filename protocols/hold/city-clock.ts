/**
 * What time it is for a holder: the city's, not its own. The clock of a device may be set to anything, and what is
 * promised until then would be gone in one moment.
 *
 *   words of delegates --(the latest that an honest one says)--> mark, and what has passed since by the clock
 *                                                                that never jumps
 *
 * Safety: it is never ahead of the city, and never goes back in a life. A life begins without it: until the first
 * words nothing has expired. It may be behind by what the words took, which lets nothing go.
 */
import type { Moment } from '../effect.ts';

/** Older marks are still right, but for the drift of an oscillator. */
const FRESH_MS = 600_000;

export interface CityClock {
  mark: { readonly at: number; readonly heardAt: number } | undefined;
}

export const noClock = (): CityClock => ({ mark: undefined });

export const cityNow = ({ mark }: CityClock, { now }: Pick<Moment, 'now'>): number | undefined =>
  mark === undefined ? undefined : mark.at + (now - mark.heardAt);

/** It is at least so late. */
export function learn(clock: CityClock, at: number, { now }: Pick<Moment, 'now'>): void {
  const known = cityNow(clock, { now } as Moment);
  clock.mark = { at: known === undefined ? at : Math.max(known, at), heardAt: now };
}

export const isFresh = ({ mark }: CityClock, { now }: Pick<Moment, 'now'>): boolean =>
  mark !== undefined && now - mark.heardAt < FRESH_MS;

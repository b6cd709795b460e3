/**
 * Patience: how long an answer may take before it is silence. Learned from the answers themselves, as a
 * sender of packets does (Jacobson, "Congestion Avoidance and Control", 1988): the mean and four times the
 * mean deviation. Where everybody is slow, sending again at once would make them slower.
 *
 * Answers to what was sent more than once are taken in as well, from its first time on: they make for more
 * patience than is due, which is the better mistake. One that was away for long says nothing about the
 * others, so an answer counts as `SAMPLE_MS_MAX` at most.
 */
export interface Patience {
  /** Absent before the first answer. */
  meanMs: number | undefined;
  deviationMs: number;
}

const PAUSE_MS_MIN = 250;
const PAUSE_MS_MAX = 15_000;
const FIRST_MS_MAX = 4_000;
const SAMPLE_MS_MAX = 4_000;
/** The last so many answers count: a transaction has some forty. */
const SMOOTHING = 64;

export const patience = (): Patience => ({ meanMs: undefined, deviationMs: 0 });

export function learn(of: Patience, tookMs: number): void {
  const sample = Math.min(tookMs, SAMPLE_MS_MAX);
  if (of.meanMs === undefined) {
    of.meanMs = sample;
    of.deviationMs = sample / 2;
    return;
  }
  of.deviationMs += (Math.abs(sample - of.meanMs) - of.deviationMs) / SMOOTHING;
  of.meanMs += (sample - of.meanMs) / SMOOTHING;
}

/** What an answer may take; `undefined` before the first one. */
export const expectedMs = ({ meanMs, deviationMs }: Patience): number | undefined =>
  meanMs === undefined ? undefined : meanMs + 4 * deviationMs;

/** Before it is sent again for the `attempt + 1`st time: doubled each time. */
export function pauseMs(of: Patience, attempt: number): number {
  const first = Math.min(FIRST_MS_MAX, Math.max(PAUSE_MS_MIN, expectedMs(of) ?? 0));
  return Math.min(PAUSE_MS_MAX, first * 2 ** attempt);
}

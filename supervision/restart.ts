/**
 * Restart decisions, as a pure table, a window and a delay. After OTP's supervisor: whether a child
 * comes back depends on its kind and on how it ended; a supervisor that restarts too often gives up
 * and lets its own supervisor decide.
 *
 *                normal    shutdown   killed    crashed
 *   permanent    restart   restart    restart   restart
 *   transient    finish    finish     restart   restart
 *   temporary    drop      drop       drop      drop
 *
 * `finish` keeps the specification without an incarnation, `drop` forgets it too.
 *
 * The window slides: an earlier restart at time r counts at time t iff r >= t - within. We compare
 * milliseconds where OTP compares whole seconds. The delay before restart n (0, 1, 2, ...), which OTP
 * lacks, is min(maxMs, minMs * factor^n), and up to `jitter` times that on top, so that children of
 * many nodes that fail together do not come back together.
 */
import type { Entropy, Reason } from '#protocols/effect.ts';
import type { Millis } from '#protocols/ids.ts';

export type Restart = 'permanent' | 'transient' | 'temporary';
export type Verdict = 'restart' | 'finish' | 'drop';

const VERDICT: Readonly<Record<Restart, Readonly<Record<Reason['how'], Verdict>>>> = {
  permanent: { normal: 'restart', shutdown: 'restart', killed: 'restart', crashed: 'restart' },
  transient: { normal: 'finish', shutdown: 'finish', killed: 'restart', crashed: 'restart' },
  temporary: { normal: 'drop', shutdown: 'drop', killed: 'drop', crashed: 'drop' },
};

/** What becomes of a child that ended by itself. */
export const judge = (restart: Restart, reason: Reason): Verdict => VERDICT[restart][reason.how];

/** More than `restartsMax` restarts within `withinMs`, and a supervisor gives up. */
export interface Limit {
  /** `Infinity`: never gives up. */
  readonly restartsMax: number;
  readonly withinMs: number;
}

/** When the last restarts happened, oldest first. Only `admit` changes it. */
export type Window = Millis[];

/**
 * Takes note of one more restart at `now`; false when it is one too many. Time does not go back, so
 * the restart `restartsMax` before this one decides: if that still counts, so do all between.
 */
export function admit(window: Window, { restartsMax, withinMs }: Limit, now: Millis): boolean {
  if (restartsMax === Infinity) return true;
  const decisive = window.at(-restartsMax);
  window.push(now);
  // Those before the next decisive one never count again; dropped in heaps, so that it costs nothing.
  if (window.length > 2 * restartsMax + SPARE) window.splice(0, window.length - restartsMax);
  if (restartsMax === 0) return false;
  return decisive === undefined || decisive < now - withinMs;
}

const SPARE = 16;

/** How long a child that keeps failing is kept waiting. */
export interface Backoff {
  readonly minMs: number;
  readonly maxMs: number;
  /** Each failure multiplies the delay by this. */
  readonly factor: number;
  /** The share of the delay that chance may add: 0.2 is up to 20 %, also beyond `maxMs`. */
  readonly jitter: number;
  /** A child that ran this long starts over with `minMs`. */
  readonly resetAfterMs: number;
}

/** The delay before the next start of a child that has failed `failures` times before, in a row. */
export function delayMs(backoff: Backoff, failures: number, entropy: Entropy): number {
  let ms = backoff.minMs;
  // Multiplied step by step: unlike a power, the same number on every machine.
  for (let n = 0; n < failures && ms < backoff.maxMs; n++) ms *= backoff.factor;
  ms = Math.floor(Math.min(ms, backoff.maxMs));
  return ms + entropy.below(Math.floor(ms * backoff.jitter) + 1);
}

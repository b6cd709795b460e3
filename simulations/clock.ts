/**
 * The clocks of a simulated machine. Its oscillator runs a little fast or slow, its idea of the time of
 * day is off, jumps and stands still; only its monotonic clock can be relied on, and that one begins
 * anew with each life of the process.
 */
import { assert } from '#lib/assert.ts';
import { millis } from '#protocols/ids.ts';
import type { Clock } from '#runtime/ports.ts';
import type { Owner, Timeline } from './timeline.ts';

/** When every world begins: a moment like any other, 2023-11-14T22:13:20Z. */
export const EPOCH_MS = 1_700_000_000_000;
/** Ten times what cheap oscillators do. */
export const DRIFT_PPM_MAX = 500;

export class Hardware {
  readonly #timeline: Timeline;
  readonly #driftPpm: number;
  readonly #offBeforeMs: number;
  #offsetMs: number;
  #frozenAt: number | undefined;

  constructor(timeline: Timeline, driftPpm: number, offsetMs: number) {
    assert(Math.abs(driftPpm) <= DRIFT_PPM_MAX, 'an oscillator is off by 500 ppm at most');
    this.#timeline = timeline;
    this.#driftPpm = driftPpm;
    this.#offBeforeMs = offsetMs;
    this.#offsetMs = offsetMs;
  }

  /** As a time server sets it: off by no more than at the beginning. */
  setRight(): void {
    this.#frozenAt = undefined;
    this.#offsetMs = this.#offBeforeMs;
  }

  /** The time of day, back or forth. */
  jump(byMs: number): void {
    this.#offsetMs += byMs;
  }

  freeze(): void {
    this.#frozenAt ??= this.#wallMs();
  }

  /** It goes on from where it stood, as a clock does whose machine was suspended. */
  thaw(): void {
    const frozenAt = this.#frozenAt;
    if (frozenAt === undefined) return;
    this.#frozenAt = undefined;
    this.#offsetMs += frozenAt - this.#wallMs();
  }

  /** The clock of whoever begins to live now. Its timers are the `owner`'s. */
  clock(owner: Owner, kind = 'timer'): Clock {
    const timeline = this.#timeline;
    const born = timeline.now;
    return {
      now: () => millis(Math.floor(this.#passed(timeline.now - born) / 1_000)),
      wall: () => millis(this.#frozenAt ?? this.#wallMs()),
      after: (inMs, then) => {
        const due = timeline.after(this.#worldUs(inMs), kind, then, owner);
        return () => due.cancel();
      },
    };
  }

  #wallMs(): number {
    return EPOCH_MS + this.#offsetMs + Math.floor(this.#passed(this.#timeline.now) / 1_000);
  }

  /** What this oscillator counts while `us` pass. */
  #passed(us: number): number {
    return us + Math.trunc((us * this.#driftPpm) / 1_000_000);
  }

  /** How long the world takes until this oscillator has counted `ms`: never too short. */
  #worldUs(ms: number): number {
    const us = Math.max(0, Math.ceil(ms * 1_000));
    return us + Math.ceil((us * -this.#driftPpm) / (1_000_000 + this.#driftPpm)) + 1;
  }
}

/**
 * A small world for tests of the engine: a clock that stands until it is moved, turns that are taken
 * when asked for, and a seeded generator. Nothing here waits.
 */
import type { Entropy } from '#protocols/effect.ts';
import { millis, type Millis } from '#protocols/ids.ts';
import type { Clock, Scheduler } from '#runtime/ports.ts';

interface Due {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class Manual {
  #now = 0;
  #order = 0;
  #due: Due[] = [];
  readonly #turns: (() => void)[] = [];

  readonly clock: Clock = {
    now: (): Millis => millis(this.#now),
    wall: (): Millis => millis(1_700_000_000_000 + this.#now),
    after: (inMs, then) => {
      const due = { at: this.#now + Math.max(0, inMs), order: this.#order++, run: then };
      this.#due.push(due);
      return () => {
        this.#due = this.#due.filter((each) => each !== due);
      };
    },
  };

  readonly scheduler: Scheduler = {
    soon: (turn) => {
      this.#turns.push(turn);
    },
  };

  /** Takes turns until nobody has anything to do at this moment. */
  settle(): void {
    for (let turns = 0; this.#turns.length > 0; turns++) {
      if (turns > 100_000) throw new Error('the system does not come to rest');
      this.#turns.shift()!();
    }
  }

  /** Lets time pass, with every timer at its own moment. */
  pass(ms: number): void {
    const until = this.#now + ms;
    this.settle();
    for (;;) {
      const next = this.#due.toSorted((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined || next.at > until) break;
      this.#due = this.#due.filter((each) => each !== next);
      this.#now = next.at;
      next.run();
      this.settle();
    }
    this.#now = until;
  }
}

/** A generator good enough to draw test data from: xorshift32. */
export function seeded(seed: number): Entropy {
  let x = seed | 0 || 1;
  const next = (): number => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
  return {
    below: (bound) => next() % bound,
    bytes: (count) => Uint8Array.from({ length: count }, () => next() & 0xff),
  };
}

/**
 * Time that stands until it is moved, and turns that are taken when asked for: the clock and the
 * scheduler of an engine whose every step is in somebody's hand.
 */
import { assert } from '#lib/assert.ts';
import { millis, type Millis } from '#protocols/ids.ts';
import type { Clock, Scheduler } from '#runtime/ports.ts';

interface Due {
  readonly at: number;
  readonly run: () => void;
}

/** Far more turns than any scenario of ours takes at one moment: somebody goes round in circles. */
const TURNS_MAX = 100_000;
const EPOCH_MS = 1_700_000_000_000;

export class VirtualTime {
  #now = 0;
  #due: Due[] = [];
  #turns: (() => void)[] = [];

  readonly clock: Clock = {
    now: (): Millis => millis(this.#now),
    wall: (): Millis => millis(EPOCH_MS + this.#now),
    after: (inMs, run) => {
      const due = { at: this.#now + Math.max(0, inMs), run };
      this.#due.push(due);
      return () => {
        this.#due = this.#due.filter((each) => each !== due);
      };
    },
  };

  readonly scheduler: Scheduler = { soon: (turn) => void this.#turns.push(turn) };

  get now(): number {
    return this.#now;
  }

  /** Lets time pass, with everything at its own moment; 0 does what is due now. */
  pass(ms: number): void {
    const until = this.#now + ms;
    this.#rest();
    for (let next = this.#next(); next !== undefined && next.at <= until; next = this.#next())
      this.#fire(next);
    this.#now = until;
  }

  /** Goes to the next moment at which something happens; false when that is not within `ms`. */
  leap(ms: number): boolean {
    const next = this.#next();
    if (next === undefined || next.at > this.#now + ms) return false;
    this.#fire(next);
    return true;
  }

  #fire(due: Due): void {
    this.#due.splice(this.#due.indexOf(due), 1);
    this.#now = due.at;
    due.run();
    this.#rest();
  }

  /** The earliest; of several, the one that was set first. */
  #next(): Due | undefined {
    let first: Due | undefined;
    for (const each of this.#due) if (first === undefined || each.at < first.at) first = each;
    return first;
  }

  #rest(): void {
    for (let taken = 0; this.#turns.length > 0; taken++) {
      assert(taken < TURNS_MAX, 'everybody comes to rest');
      this.#turns.shift()!();
    }
  }
}

/**
 * Asks that wait for their answer: a table by number, with one deadline each on the wheel. Exactly
 * one outcome reaches the asker; what comes later finds no entry.
 */
import { assert } from '#lib/assert.ts';
import type { Entropy, Signal, Spoken, Unanswered } from '#protocols/effect.ts';
import type { Millis } from '#protocols/ids.ts';
import type { Cell } from './cell.ts';
import type { Clock, Observer } from './ports.ts';
import type { Timer, Timers } from './timers.ts';

export type Outcome = Extract<Signal, { kind: 'answered' | 'unanswered' }>;

/** Leaves a billion that are small integers to the machine, and five bytes on the wire. */
const FIRST_MAX = 2 ** 30;

interface Waiting {
  readonly id: string;
  readonly cell: Cell | undefined;
  readonly hear: (outcome: Outcome) => void;
  readonly timer: Timer;
  readonly openedAt: Millis;
}

export class Asks {
  readonly #waiting = new Map<number, Waiting>();
  readonly #timers: Timers;
  readonly #clock: Clock;
  readonly #observer: Observer;
  // Never reused in a process, so that an answer cannot reach a later incarnation's ask; and drawn at
  // first, so that it hardly ever reaches that of a later life of the process.
  #last: number;

  constructor(timers: Timers, clock: Clock, observer: Observer, entropy: Entropy) {
    this.#timers = timers;
    this.#clock = clock;
    this.#observer = observer;
    this.#last = entropy.below(FIRST_MAX);
  }

  open(
    id: string,
    withinMs: number,
    cell: Cell | undefined,
    hear: (outcome: Outcome) => void,
  ): number {
    assert(!Number.isNaN(withinMs), 'an ask has a deadline');
    const number = this.number();
    const timer = this.#timers.after(withinMs, () => this.refuse(number, 'deadline'));
    this.#waiting.set(number, { id, cell, hear, timer, openedAt: this.#clock.now() });
    if (cell !== undefined) (cell.own().asks ??= new Set()).add(number);
    return number;
  }

  /** One that nothing else has, or had, in this process: for whatever expects word from elsewhere. */
  number(): number {
    return ++this.#last;
  }

  /** Whoever waits under this number, so that its catalogue can read the answer. */
  asker(number: number): Cell | undefined {
    return this.#waiting.get(number)?.cell;
  }

  isOpen(number: number): boolean {
    return this.#waiting.has(number);
  }

  answer(number: number, message: Spoken): boolean {
    const waiting = this.#close(number);
    if (waiting !== undefined) this.#observe(waiting, 'answered');
    waiting?.hear({ kind: 'answered', id: waiting.id, message });
    return waiting !== undefined;
  }

  refuse(number: number, why: Unanswered): boolean {
    const waiting = this.#close(number);
    if (waiting !== undefined) this.#observe(waiting, why);
    waiting?.hear({ kind: 'unanswered', id: waiting.id, why });
    return waiting !== undefined;
  }

  /** The asker is no more. */
  forget(number: number): void {
    this.#close(number);
  }

  get size(): number {
    return this.#waiting.size;
  }

  #observe({ cell, openedAt }: Waiting, outcome: 'answered' | Unanswered): void {
    this.#observer.asked?.(cell?.address, outcome, this.#clock.now() - openedAt);
  }

  #close(number: number): Waiting | undefined {
    const waiting = this.#waiting.get(number);
    if (waiting === undefined) return undefined;
    this.#waiting.delete(number);
    waiting.timer.cancel();
    waiting.cell?.belongings?.asks?.delete(number);
    return waiting;
  }
}

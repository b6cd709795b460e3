/**
 * What waits to leave for one peer, in the order in which it was said: both lanes in one line, so that
 * an actor's last word never overtakes what it said before. Bounded; changes in place.
 */
import type { Envelope } from '../envelope.ts';
import { isAboutAnEnd } from './reliable.ts';

/** An envelope on its way out. */
export interface Leaving {
  envelope: Envelope;
  readonly isReliable: boolean;
  /** Since when it has been kept back; `undefined` until it could not leave at once. */
  since: number | undefined;
}

/** Envelopes of one peer that wait or are unconfirmed: past that, senders are refused. */
export const HELD_MAX = 8_192;

export class Outbox {
  #line: Leaving[] = [];
  // Places before this one are empty: an array is shifted rarely, not at every envelope.
  #first = 0;

  get size(): number {
    return this.#line.length - this.#first;
  }

  push(envelope: Envelope, isReliable: boolean): void {
    this.#line.push({ envelope, isReliable, since: undefined });
  }

  /** The first in the line, past asks that nobody waits for any more. */
  peek(now: number): Leaving | undefined {
    for (;;) {
      const leaving = this.#line[this.#first];
      if (leaving === undefined || !isExpired(leaving, now)) return leaving;
      this.shift();
    }
  }

  shift(): void {
    this.#first++;
    if (this.#first === this.#line.length) this.#empty();
    else if (this.#first === HELD_MAX) {
      this.#line.splice(0, this.#first);
      this.#first = 0;
    }
  }

  /** What is here now could not leave at `now`. */
  keepBack(now: number): void {
    // Those that were kept back before stand in front of those that were not.
    for (let i = this.#line.length - 1; i >= this.#first; i--) {
      const leaving = this.#line[i]!;
      if (leaving.since !== undefined) return;
      leaving.since = now;
    }
  }

  /** Takes out everything. How many that were. */
  clear(): number {
    const { size } = this;
    this.#empty();
    return size;
  }

  /** Takes out what need not arrive. How many that were. */
  dropPlain(): number {
    const before = this.size;
    this.#line = this.#line.slice(this.#first).filter(({ isReliable }) => isReliable);
    this.#first = 0;
    return before - this.#line.length;
  }

  *[Symbol.iterator](): Generator<Leaving> {
    for (let i = this.#first; i < this.#line.length; i++) yield this.#line[i]!;
  }

  /** A line of one, the common case, keeps its array: to cut one to nothing gives its memory back. */
  #empty(): void {
    if (this.#line.length === 1) this.#line.pop();
    else this.#line = [];
    this.#first = 0;
  }
}

/** Never refused, however full the line: there are as many as there are watches. */
export const isNeverRefused = (form: Envelope['form']): boolean => isAboutAnEnd(form);

function isExpired({ envelope, since }: Leaving, now: number): boolean {
  return envelope.form === 'ask' && since !== undefined && now - since >= envelope.withinMs;
}

/** The envelope as it leaves: what an ask has waited here is taken off its time. */
export function leavingNow({ envelope, since }: Leaving, now: number): Envelope {
  if (envelope.form !== 'ask' || since === undefined) return envelope;
  return { ...envelope, withinMs: envelope.withinMs - (now - since) };
}

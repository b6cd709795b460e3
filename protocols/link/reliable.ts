/**
 * The reliable lane: numbered from 1 in each life of the sender, kept by it until the receiver has
 * confirmed it, taken by the receiver only in order. Exactly once in each life of the receiver; what
 * a life that ended had not confirmed is for the next one.
 *
 *   outlet   base = 4     [4 5 6 7]  8...      confirmed below 4; 8 is the next to be numbered
 *   inlet    next = 6                          6 is taken, 4 and 5 are repetitions, 7 is early
 *
 * Each frame says the sender's base: where a receiver begins that has not heard of it before.
 *
 * Nothing is sent again on a guess. The sender asks (a probe); the answer says what had arrived of
 * all that was sent before; only that is repeated. So an outage of a broker costs one question, and a
 * slow receiver none. Both classes change in place.
 */
import type { Envelope } from '../envelope.ts';
import { FRAME_ENVELOPES_MAX } from './frame.ts';

export class Outlet {
  /** The number of the oldest unconfirmed envelope. */
  base = 1;
  readonly unconfirmed: Envelope[] = [];
  /** What is to be sent again: places in `unconfirmed`. */
  #from = 0;
  #end = 0;

  /** The number that the next new envelope gets. */
  get next(): number {
    return this.base + this.unconfirmed.length;
  }

  get mustRepeat(): boolean {
    return this.#from < this.#end;
  }

  /** The next envelopes to be sent again, without moving on. */
  get repeating(): { readonly seq: number; readonly envelopes: readonly Envelope[] } {
    const end = Math.min(this.#end, this.#from + FRAME_ENVELOPES_MAX);
    const envelopes = this.unconfirmed.slice(this.#from, end);
    return { seq: this.base + this.#from, envelopes };
  }

  /** So many of them are on their way. */
  repeated(count: number): void {
    this.#from += count;
  }

  /** Everything unconfirmed with a number below `before` is sent again. */
  repeat(before: number): void {
    this.#from = 0;
    this.#end = Math.max(0, Math.min(before - this.base, this.unconfirmed.length));
  }

  /** Everything unconfirmed is done with. How many that were. */
  giveUp(): number {
    const count = this.unconfirmed.length;
    this.confirm(this.next);
    return count;
  }

  /** The receiver expects `next`. True when it had not yet said so. */
  confirm(next: number): boolean {
    const count = next - this.base;
    // More than was sent is the word of another life, or a lie.
    if (count <= 0 || count > this.unconfirmed.length) return false;
    this.unconfirmed.splice(0, count);
    this.base = next;
    this.#from = Math.max(0, this.#from - count);
    this.#end = Math.max(0, this.#end - count);
    return true;
  }
}

export type Taken =
  | { readonly is: 'new'; /** So many at the beginning came before. */ readonly skip: number }
  | { readonly is: 'repeated' }
  | { readonly is: 'early' };

const REPEATED: Taken = { is: 'repeated' };
const EARLY: Taken = { is: 'early' };
const ALL: Taken = { is: 'new', skip: 0 };

export class Inlet {
  /** The number expected next; 0 before anything was heard in this life of the sender. */
  next = 0;
  #born = 0;
  #former = { born: 0, next: 0 };

  /** Judges envelopes `first`..`first + count - 1` of a sender for whom all below `base` is done. */
  take(base: number, first: number, count: number): Taken {
    this.next = Math.max(this.next, base);
    if (first > this.next) return EARLY;
    const skip = this.next - first;
    if (skip >= count) return REPEATED;
    this.next = first + count;
    return skip === 0 ? ALL : { is: 'new', skip };
  }

  /** A new life of the sender, or the one before, after it was mistaken for dead. */
  begin(born: number): void {
    const former = { born: this.#born, next: this.next };
    this.next = born === this.#former.born ? this.#former.next : 0;
    this.#born = born;
    this.#former = former;
  }
}

/** Watches and ends of actors: always repeated, since nobody else would. */
export const isAboutAnEnd = (form: Envelope['form']): boolean =>
  form === 'watch' || form === 'unwatch' || form === 'ended';

/**
 * A bag of what is on its way, and a scheduler that chooses what arrives next. Nothing is lost: whatever is in the bag
 * arrives in the end, which is all that asynchronous agreement may count on.
 *
 *   fair      of `choices` things drawn the one that is liked best: often soon, seldom much later
 *   starving  the one that is liked best of all: what is not liked waits until nothing else is left
 *
 * What is liked is drawn for each class of things (say, AUX for 1 to member 2) and for a while, then drawn anew. So
 * one value is early here and late there, which single draws for each message hardly ever bring about.
 */
import type { Random } from '../random.ts';

export interface Item<T> {
  readonly what: T;
  /** What is liked, is liked by class. */
  readonly kind: number;
}

export type Manner = 'fair' | 'starving';
const CHOICES = 3;
const LIKES = 4;

export class Bag<T> {
  readonly #items: Item<T>[] = [];
  readonly #random: Random;
  readonly #manner: Manner;
  readonly #whileFor: number;
  #salt = 0;
  #taken = 0;

  constructor(random: Random, manner: Manner, whileFor: number) {
    this.#random = random;
    this.#manner = manner;
    this.#whileFor = whileFor;
  }

  get size(): number {
    return this.#items.length;
  }

  put(what: T, kind: number): void {
    this.#items.push({ what, kind });
  }

  take(): T {
    if (this.#taken++ % this.#whileFor === 0) this.#salt = this.#random.next();
    const at = this.#manner === 'fair' ? this.#oneOfSome() : this.#best();
    const { what } = this.#items[at]!;
    const last = this.#items.pop()!;
    if (at < this.#items.length) this.#items[at] = last;
    return what;
  }

  /** Throws away what nobody will ever hear. */
  drop(isGone: (what: T) => boolean): void {
    const kept = this.#items.filter(({ what }) => !isGone(what));
    this.#items.splice(0, this.#items.length, ...kept);
  }

  #oneOfSome(): number {
    let best = this.#random.below(this.#items.length);
    for (let i = 1; i < CHOICES; i++) {
      const other = this.#random.below(this.#items.length);
      if (this.#like(other) > this.#like(best)) best = other;
    }
    return best;
  }

  #best(): number {
    const start = this.#random.below(this.#items.length);
    let best = start;
    for (let i = 1; i < this.#items.length; i++) {
      const at = (start + i) % this.#items.length;
      if (this.#like(at) > this.#like(best)) best = at;
    }
    return best;
  }

  #like(at: number): number {
    const mixed = Math.imul(this.#items[at]!.kind ^ this.#salt, 0x9e37_79b1);
    return ((mixed ^ (mixed >>> 15)) >>> 0) & (LIKES - 1);
  }
}

/**
 * What happens to a transaction by the clock alone: the lights' time ends, the anchors' time is nearly over
 * or ends, its own time ends. Each hour has those that are to be looked at then; what is over is taken from
 * the holders, and whoever was looked at is judged anew.
 */
import type { Book, Entry } from './book.ts';
import { HOUR_MS, HOURS_A_DAY, type Settings } from './settings.ts';

export class Clock {
  readonly #of: Settings;
  readonly #book: Book;
  readonly #hours = new Map<number, number[]>();

  constructor(of: Settings, book: Book) {
    this.#of = of;
    this.#book = book;
  }

  /** A transaction is new. */
  follow(number: number): void {
    const { lightUntil, expiresAt } = this.#book.entries[number]!;
    this.#look(number, lightUntil);
    this.#look(number, expiresAt);
    this.#followAnchors(number);
  }

  /** Its anchors have taken it anew. */
  holdOn(number: number, at: number): void {
    const entry = this.#book.entries[number]!;
    entry.anchorUntil = Math.min(at + entry.terms.anchorTtlMs, entry.expiresAt);
    this.#followAnchors(number);
  }

  step(hour: number): void {
    const at = this.#of.startsAt + hour * HOUR_MS;
    for (const number of this.#hours.get(hour) ?? []) {
      const entry = this.#book.entries[number]!;
      if (at >= entry.lightUntil) this.#release(entry, 0, entry.terms.lights);
      if (at >= entry.anchorUntil) this.#release(entry, entry.terms.lights, entry.rows);
      if (at >= entry.expiresAt) this.#end(entry);
      this.#book.touch(number);
    }
    this.#hours.delete(hour);
  }

  #followAnchors(number: number): void {
    const { terms, anchorUntil } = this.#book.entries[number]!;
    if (terms.anchorTtlMs === 0) return;
    this.#look(number, anchorUntil - this.#of.policy.repair.watermarkMs);
    this.#look(number, anchorUntil);
  }

  #look(number: number, at: number): void {
    const hour = Math.ceil((at - this.#of.startsAt) / HOUR_MS);
    if (hour > this.#of.days * HOURS_A_DAY) return;
    const others = this.#hours.get(hour);
    if (others === undefined) this.#hours.set(hour, [number]);
    else others.push(number);
  }

  #release({ firstSlot }: Entry, from: number, until: number): void {
    for (let row = from; row < until; row++) this.#book.take(firstSlot + row);
  }

  #end(entry: Entry): void {
    this.#release(entry, 0, entry.rows);
    entry.isOver = true;
  }
}

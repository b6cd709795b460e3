/**
 * Reads: of transactions drawn from all that live, how many of their pieces are with somebody who is
 * online. Any k different rows bring one back (`city-chain slo --reads` shows that with the real code), so
 * here they are counted.
 */
import type { Random } from '../random.ts';
import { NOBODY, type Book } from './book.ts';
import type { Devices } from './devices.ts';

/** What reads found. */
export interface Read {
  reads: number;
  failed: number;
  /** Those that found fewer pieces online than the floor. */
  alarms: number;
  /** Light pieces that were looked at, and those of them that were online. */
  lightPieces: number;
  lightsOnline: number;
  /** Pieces that somebody holds, whether online or not. */
  held: number;
}

export const nothingRead = (): Read => ({
  reads: 0,
  failed: 0,
  alarms: 0,
  lightPieces: 0,
  lightsOnline: 0,
  held: 0,
});

export class Reads {
  read = nothingRead();
  /** Who is over is left out of it once a day. */
  #living: number[] = [];
  readonly #book: Book;
  readonly #devices: Devices;
  readonly #movesAtFloor: boolean;
  readonly #chance: Random;

  /** `movesAtFloor`: whoever reads and finds few has it judged. */
  constructor(book: Book, devices: Devices, movesAtFloor: boolean, chance: Random) {
    this.#movesAtFloor = movesAtFloor;
    this.#book = book;
    this.#devices = devices;
    this.#chance = chance;
  }

  get living(): number {
    return this.#living.length;
  }

  opened(number: number): void {
    this.#living.push(number);
  }

  dropOver(): void {
    this.#living = this.#living.filter((number) => !this.#book.entries[number]!.isOver);
  }

  step(count: number): void {
    if (this.#living.length === 0) return;
    for (let i = 0; i < count; i++) {
      this.#readOne(this.#living[this.#chance.below(this.#living.length)]!);
    }
  }

  #readOne(number: number): void {
    const { firstSlot, terms, rows, isOver } = this.#book.entries[number]!;
    if (isOver) return;
    const { holder } = this.#book;
    const { online } = this.#devices;
    const firstAnchor = firstSlot + terms.lights;
    let [lights, lightsOnline, all] = [0, 0, 0];
    for (let slot = firstSlot; slot < firstSlot + rows; slot++) {
      const device = holder[slot]!;
      if (device === NOBODY) continue;
      if (slot < firstAnchor) {
        lights++;
        lightsOnline += online[device]!;
      } else all += online[device]!;
      this.read.held++;
    }
    all += lightsOnline;
    this.read.reads++;
    this.read.lightPieces += lights;
    this.read.lightsOnline += lightsOnline;
    if (all < terms.k) this.read.failed++;
    if (all >= terms.onlineFloor) return;
    this.read.alarms++;
    if (this.#movesAtFloor) this.#book.touch(number);
  }
}

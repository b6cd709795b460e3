/**
 * The book: which transactions there are, and who holds which row of each, as columns.
 *
 *   transaction   town, terms, times, first slot
 *   slot          one row: its holder, how many bytes that had taken then; and, so that one finds all rows
 *                 of a device, the slots before and behind it on its holder's chain
 *
 * A row has one holder or none. Whoever loses what a device held says so (`forget`, `dropOverfull`), and
 * its transactions are `touched`: to be judged anew.
 */
import { assert } from '#lib/assert.ts';
import type { Resolved } from '#protocols/policy.ts';
import type { Devices } from './devices.ts';

export const NOBODY = -1;

export interface Entry {
  readonly town: number;
  readonly terms: Resolved;
  /** Of the VRF that placed it. */
  readonly output: Uint8Array;
  readonly createdAt: number;
  readonly lightUntil: number;
  readonly expiresAt: number;
  /** Pushed on whenever anchors take it anew. */
  anchorUntil: number;
  readonly firstSlot: number;
  readonly rows: number;
  isUnderway: boolean;
  isTouched: boolean;
  isQueued: boolean;
  isOver: boolean;
  isLost: boolean;
  /** How often it was placed anew. */
  round: number;
}

export type Opening = Pick<
  Entry,
  'town' | 'terms' | 'output' | 'createdAt' | 'lightUntil' | 'anchorUntil' | 'expiresAt'
>;

export class Book {
  readonly entries: Entry[] = [];
  /** Those that are to be judged. */
  touched: number[] = [];
  holder = new Int32Array(1 << 16).fill(NOBODY);
  readonly #devices: Devices;
  readonly #first: Int32Array;
  #mark = new Float64Array(1 << 16);
  #transaction = new Int32Array(1 << 16);
  #before = new Int32Array(1 << 16);
  #behind = new Int32Array(1 << 16);
  #slots = 0;

  constructor(devices: Devices) {
    this.#devices = devices;
    this.#first = new Int32Array(devices.count).fill(NOBODY);
  }

  open(opening: Opening, rows: number): number {
    const number = this.entries.length;
    const entry = { ...opening, firstSlot: this.#slots, rows };
    const fresh = { isUnderway: false, isTouched: false, isQueued: false };
    this.entries.push({ ...entry, ...fresh, isOver: false, isLost: false, round: 0 });
    this.#slots += rows;
    if (this.#slots > this.holder.length) this.#grow();
    this.#transaction.fill(number, this.#slots - rows, this.#slots);
    return number;
  }

  /** A device takes a row, from whoever had it. */
  give(slot: number, device: number): void {
    this.take(slot);
    this.holder[slot] = device;
    this.#mark[slot] = this.#devices.arrived[device]!;
    const first = this.#first[device]!;
    this.#before[slot] = NOBODY;
    this.#behind[slot] = first;
    if (first !== NOBODY) this.#before[first] = slot;
    this.#first[device] = slot;
  }

  /** Nobody has it any more. */
  take(slot: number): void {
    const device = this.holder[slot]!;
    if (device === NOBODY) return;
    const [before, behind] = [this.#before[slot]!, this.#behind[slot]!];
    if (before === NOBODY) this.#first[device] = behind;
    else this.#behind[before] = behind;
    if (behind !== NOBODY) this.#before[behind] = before;
    this.holder[slot] = NOBODY;
  }

  /** What a device holds counts otherwise from now on. */
  touchAllOf(device: number): void {
    for (let slot = this.#first[device]!; slot !== NOBODY; slot = this.#behind[slot]!) {
      this.touch(this.#transaction[slot]!);
    }
  }

  /** A device has nothing any more. */
  forget(device: number): void {
    this.touchAllOf(device);
    while (this.#first[device] !== NOBODY) this.take(this.#first[device]!);
  }

  /** Gives up what came in before the last bytes that a device has room for. */
  dropOverfull(device: number, room: number): number {
    const arrived = this.#devices.arrived[device]!;
    if (arrived <= room) return 0;
    let dropped = 0;
    for (let slot = this.#first[device]!; slot !== NOBODY;) {
      const behind = this.#behind[slot]!;
      if (arrived - this.#mark[slot]! > room) {
        this.touch(this.#transaction[slot]!);
        this.take(slot);
        dropped++;
      }
      slot = behind;
    }
    return dropped;
  }

  touch(transaction: number): void {
    const entry = this.entries[transaction]!;
    if (entry.isTouched || entry.isOver) return;
    entry.isTouched = true;
    this.touched.push(transaction);
  }

  /** The transactions that were touched, each once, and none of them is any more. */
  takeTouched(): number[] {
    const all = this.touched;
    this.touched = [];
    for (const transaction of all) this.entries[transaction]!.isTouched = false;
    return all;
  }

  #grow(): void {
    const larger = 2 * this.holder.length;
    assert(this.#slots <= larger, 'a transaction has fewer rows than there is room');
    const holder = new Int32Array(larger).fill(NOBODY);
    holder.set(this.holder);
    this.holder = holder;
    this.#mark = grown(new Float64Array(larger), this.#mark);
    this.#transaction = grown(new Int32Array(larger), this.#transaction);
    this.#before = grown(new Int32Array(larger), this.#before);
    this.#behind = grown(new Int32Array(larger), this.#behind);
  }
}

function grown<T extends Float64Array | Int32Array>(larger: T, all: T): T {
  larger.set(all);
  return larger;
}

/**
 * Where each piece is: a hash table in typed arrays, 24 bytes a slot, so that 300 000 pieces (a light's
 * 500 MB) take about 12 MB and open in a fraction of a second.
 *
 * It holds hashes of keys, not keys: 64 bits under a secret key, so that two keys of a million pieces
 * share a hash once in 40 million stores, and nobody can make them. The key itself is in the record
 * and is compared on every read.
 *
 * Open addressing, linear probing, at most three quarters full; a removal moves its followers up, so
 * that there are no graves to sweep.
 */
import { assert } from '#lib/assert.ts';
import { TOMBSTONE } from './record.ts';

/** Read since it was written or last spared: kept here only. The other flags are those of records. */
export const HOT = 8;

const LENGTH_MASK = 0xff_ffff;
const SLOTS_MIN = 256;

/** The length of a record (24 bits) and its flags (8 bits), in one word. */
export const packed = (flags: number, length: number): number => ((flags << 24) | length) >>> 0;
export const flagsIn = (word: number): number => word >>> 24;
export const lengthIn = (word: number): number => word & LENGTH_MASK;
const graveIn = (word: number): number => ((flagsIn(word) & TOMBSTONE) === 0 ? 0 : 1);

export class PieceIndex {
  #mask = SLOTS_MIN - 1;
  #count = 0;
  #graves = 0;
  #lo = new Uint32Array(SLOTS_MIN);
  #hi = new Uint32Array(SLOTS_MIN);
  /** The number of the segment's row, plus one; zero where the slot is empty. */
  #row = new Uint32Array(SLOTS_MIN);
  #at = new Uint32Array(SLOTS_MIN);
  #word = new Uint32Array(SLOTS_MIN);
  #expirySec = new Uint32Array(SLOTS_MIN);

  get count(): number {
    return this.#count;
  }

  /** Of those in it, the ones that are not tombstones. */
  get pieces(): number {
    return this.#count - this.#graves;
  }

  /** The slot of a key, or -1. Valid until the next `set` or `remove`. */
  find(lo: number, hi: number): number {
    for (let slot = lo & this.#mask; this.#row[slot] !== 0; slot = (slot + 1) & this.#mask) {
      if (this.#lo[slot] === lo >>> 0 && this.#hi[slot] === hi >>> 0) return slot;
    }
    return -1;
  }

  set(lo: number, hi: number, row: number, at: number, word: number, expirySec: number): void {
    assert(lengthIn(word) > 0, 'a record has a length');
    let slot = this.find(lo, hi);
    if (slot < 0) {
      if (4 * (this.#count + 1) > 3 * (this.#mask + 1)) this.#grow();
      this.#count++;
      slot = lo & this.#mask;
      while (this.#row[slot] !== 0) slot = (slot + 1) & this.#mask;
    } else this.#graves -= graveIn(this.#word[slot]!);
    this.#graves += graveIn(word);
    this.#lo[slot] = lo;
    this.#hi[slot] = hi;
    this.#row[slot] = row + 1;
    this.#at[slot] = at;
    this.#word[slot] = word;
    this.#expirySec[slot] = expirySec;
  }

  remove(slot: number): void {
    this.#graves -= graveIn(this.#word[slot]!);
    let hole = slot;
    for (
      let next = (hole + 1) & this.#mask;
      this.#row[next] !== 0;
      next = (next + 1) & this.#mask
    ) {
      // Whoever may not stand before its own place stays.
      const home = this.#lo[next]! & this.#mask;
      if (((next - home) & this.#mask) < ((next - hole) & this.#mask)) continue;
      this.#copy(next, hole);
      hole = next;
    }
    this.#row[hole] = 0;
    this.#count--;
  }

  /** Removes everything that is in the segment of a row. */
  removeRow(row: number): void {
    for (let slot = 0; slot <= this.#mask; slot++) {
      while (this.#row[slot] === row + 1) this.remove(slot);
    }
  }

  /** Calls `see` with each slot in use. */
  each(see: (slot: number) => void): void {
    for (let slot = 0; slot <= this.#mask; slot++) if (this.#row[slot] !== 0) see(slot);
  }

  lo(slot: number): number {
    return this.#lo[slot]!;
  }

  hi(slot: number): number {
    return this.#hi[slot]!;
  }

  row(slot: number): number {
    return this.#row[slot]! - 1;
  }

  at(slot: number): number {
    return this.#at[slot]!;
  }

  length(slot: number): number {
    return lengthIn(this.#word[slot]!);
  }

  flags(slot: number): number {
    return flagsIn(this.#word[slot]!);
  }

  expirySec(slot: number): number {
    return this.#expirySec[slot]!;
  }

  heat(slot: number): void {
    this.#word[slot] = this.#word[slot]! | (HOT << 24);
  }

  cool(slot: number): void {
    this.#word[slot] = this.#word[slot]! & ~(HOT << 24);
  }

  #copy(from: number, to: number): void {
    this.#lo[to] = this.#lo[from]!;
    this.#hi[to] = this.#hi[from]!;
    this.#row[to] = this.#row[from]!;
    this.#at[to] = this.#at[from]!;
    this.#word[to] = this.#word[from]!;
    this.#expirySec[to] = this.#expirySec[from]!;
  }

  #grow(): void {
    const old = { lo: this.#lo, hi: this.#hi, row: this.#row, at: this.#at, word: this.#word };
    const expirySec = this.#expirySec;
    const slots = 2 * (this.#mask + 1);
    this.#mask = slots - 1;
    this.#lo = new Uint32Array(slots);
    this.#hi = new Uint32Array(slots);
    this.#row = new Uint32Array(slots);
    this.#at = new Uint32Array(slots);
    this.#word = new Uint32Array(slots);
    this.#expirySec = new Uint32Array(slots);
    for (let from = 0; from < old.row.length; from++) {
      if (old.row[from] === 0) continue;
      let to = old.lo[from]! & this.#mask;
      while (this.#row[to] !== 0) to = (to + 1) & this.#mask;
      this.#lo[to] = old.lo[from]!;
      this.#hi[to] = old.hi[from]!;
      this.#row[to] = old.row[from]!;
      this.#at[to] = old.at[from]!;
      this.#word[to] = old.word[from]!;
      this.#expirySec[to] = expirySec[from]!;
    }
  }
}

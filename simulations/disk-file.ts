/**
 * One file of a simulated disk, twice: as its process sees it, and as the platter has it. Blocks that
 * differ are dirty. What a sync or a power cut makes of them is described in disk.ts.
 */
import { same } from '#lib/bytes.ts';
import type { Entropy } from '#protocols/effect.ts';
import { happens, type Ratio } from './chance.ts';

export const BLOCK_BYTES = 4_096;
/** What a disk writes whole or not at all. */
const SECTOR_BYTES = 512;
const HALF: Ratio = [1, 2];

/** What a sync is to make durable: the dirty blocks and the length as they were when it was called. */
export interface Dirt {
  readonly blocks: readonly (readonly [block: number, bytes: Uint8Array])[];
  readonly length: number;
}

export class SimulatedFile {
  #cache = new Content();
  #platter = new Content();
  #dirty = new Set<number>();
  /** The least length it was cut down to since the last sync. */
  #cutTo: number | undefined;

  /** As the process sees it. */
  get length(): number {
    return this.#cache.length;
  }

  /** As the platter has it. */
  get durable(): Uint8Array {
    return this.#platter.slice(0, this.#platter.length);
  }

  get durableLength(): number {
    return this.#platter.length;
  }

  read(at: number, length: number): Uint8Array {
    return this.#cache.slice(at, length);
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const from = this.#cache.length;
    this.#cache.write(from, bytes);
    const last = Math.floor((this.#cache.length - 1) / BLOCK_BYTES);
    for (let i = Math.floor(from / BLOCK_BYTES); i <= last; i++) this.#dirty.add(i);
  }

  truncate(length: number): void {
    if (length >= this.#cache.length) return;
    this.#cache.cut(length);
    this.#cutTo = Math.min(this.#cutTo ?? length, length);
    for (const block of this.#dirty) if (block * BLOCK_BYTES >= length) this.#dirty.delete(block);
    if (length % BLOCK_BYTES !== 0) this.#dirty.add(Math.floor(length / BLOCK_BYTES));
  }

  dirt(): Dirt {
    const numbers = [...this.#dirty].toSorted((a, b) => a - b);
    return {
      blocks: numbers.map((block) => [block, this.#block(block)]),
      length: this.#cache.length,
    };
  }

  /** The dirt is on the platter, each block where `place` says: not always where it belongs. */
  synced({ blocks, length }: Dirt, place: (block: number) => number): void {
    this.#platter.cut(Math.min(this.#cutTo ?? length, length));
    this.#platter.grow(length);
    this.#cutTo = undefined;
    for (const [block, bytes] of blocks) {
      if (same(this.#block(block), bytes)) this.#dirty.delete(block);
      const landed = place(block);
      this.#platter.write(landed * BLOCK_BYTES, bytes);
      if (landed === block) continue;
      this.#readAgain(block);
      this.#readAgain(landed);
    }
    this.#platter.cut(length);
  }

  /** The sync failed: the blocks count as clean, and are not on the platter. */
  lost({ blocks }: Dirt): void {
    for (const [block] of blocks) this.#dirty.delete(block);
    this.#cutTo = undefined;
  }

  powerCut(entropy: Entropy, kept: Ratio, torn: Ratio): void {
    if (this.#cutTo !== undefined && happens(entropy, HALF)) this.#platter.cut(this.#cutTo);
    for (const [block, bytes] of this.dirt().blocks) {
      if (!happens(entropy, kept)) continue;
      const whole = !happens(entropy, torn);
      const sectors = whole
        ? BLOCK_BYTES / SECTOR_BYTES
        : entropy.below(BLOCK_BYTES / SECTOR_BYTES);
      this.#platter.write(block * BLOCK_BYTES, bytes.subarray(0, sectors * SECTOR_BYTES));
    }
    // The length may be known to the journal before the blocks are there: they read as zeros.
    if (happens(entropy, HALF)) this.#platter.grow(this.#cache.length);
    this.#cache = this.#platter.copy();
    this.#dirty.clear();
    this.#cutTo = undefined;
  }

  /** A bit of the platter turns over at rest. */
  flip(at: number, bit: number): void {
    this.#platter.flip(at, bit);
    this.#readAgain(Math.floor(at / BLOCK_BYTES));
  }

  copy(): SimulatedFile {
    const copy = new SimulatedFile();
    copy.#platter = this.#platter.copy();
    copy.#cache = this.#platter.copy();
    return copy;
  }

  #block(block: number): Uint8Array {
    return this.#cache.slice(block * BLOCK_BYTES, BLOCK_BYTES);
  }

  /** A clean block had been dropped from the cache: it is seen as the platter has it. */
  #readAgain(block: number): void {
    if (this.#dirty.has(block)) return;
    const at = block * BLOCK_BYTES;
    const bytes = this.#platter.slice(at, Math.min(BLOCK_BYTES, this.#cache.length - at));
    if (bytes.length > 0) this.#cache.write(at, bytes);
  }
}

/** Bytes that grow; what was cut off is zeros when it comes back. */
class Content {
  #bytes = new Uint8Array(BLOCK_BYTES);
  length = 0;

  slice(at: number, length: number): Uint8Array {
    return this.#bytes.slice(at, Math.max(at, Math.min(at + length, this.length)));
  }

  write(at: number, bytes: Uint8Array): void {
    this.grow(at + bytes.length);
    this.#bytes.set(bytes, at);
  }

  grow(length: number): void {
    if (length <= this.length) return;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.length = length;
  }

  cut(length: number): void {
    if (length >= this.length) return;
    this.#bytes.fill(0, length, this.length);
    this.length = length;
  }

  flip(at: number, bit: number): void {
    this.#bytes[at]! ^= 1 << bit;
  }

  copy(): Content {
    const copy = new Content();
    copy.write(0, this.#bytes.subarray(0, this.length));
    return copy;
  }
}

/**
 * Chance from a seed: sfc32 (Doty-Humphrey, PractRand), 128 bits of state, 32-bit integers only, so
 * that every machine draws the same.
 *
 * Each part of a world draws from a fork of its own, named by a label: one more draw in one part then
 * does not shift what another part draws. A fork depends on the seed and the labels on the way to it,
 * never on what was drawn before.
 */
import { assert } from '#lib/assert.ts';
import type { Entropy } from '#protocols/effect.ts';

/** Drawn and thrown away first: a seed of few bits takes so long to reach all of the state. */
const WARM_UP = 15;

export class Random implements Entropy {
  readonly #name: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  private constructor(name: string) {
    this.#name = name;
    this.#a = hashText(name, 0x9e37_79b9);
    this.#b = hashText(name, 0x243f_6a88);
    this.#c = hashText(name, 0xb7e1_5162);
    for (let i = 0; i < WARM_UP; i++) this.next();
  }

  static of(seed: number): Random {
    assert(Number.isSafeInteger(seed) && seed >= 0, 'a seed is an integer from 0 to 2^53 - 1');
    return new Random(String(seed));
  }

  fork(label: string | number): Random {
    return new Random(`${this.#name}/${label}`);
  }

  /** 32 bits. */
  next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  below(bound: number): number {
    assert(bound >= 1 && bound <= 0x1_0000_0000, 'a bound is from 1 to 2^32');
    // What is above the largest multiple of the bound would favour small numbers: drawn again.
    const fair = 0x1_0000_0000 - (0x1_0000_0000 % bound);
    for (;;) {
      const drawn = this.next();
      if (drawn < fair) return drawn % bound;
    }
  }

  bytes(count: number): Uint8Array {
    const drawn = new Uint8Array(count);
    for (let i = 0; i < count; i++) drawn[i] = this.next();
    return drawn;
  }

  pick<T>(from: readonly T[]): T {
    assert(from.length > 0, 'there is something to pick from');
    return from[this.below(from.length)]!;
  }

  /** A copy in drawn order (Fisher and Yates). */
  shuffled<T>(from: readonly T[]): T[] {
    const all = [...from];
    for (let i = all.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [all[i], all[j]] = [all[j]!, all[i]!];
    }
    return all;
  }
}

/** FNV-1a over UTF-16 units, then the finaliser of MurmurHash3: 32 bits, all of them mixed. */
export function hashText(text: string, basis = 0x811c_9dc5): number {
  let hash = basis;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x0100_0193);
  }
  return finish(hash);
}

export function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c_9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x0100_0193);
  return finish(hash);
}

function finish(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85eb_ca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2_ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

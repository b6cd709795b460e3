/**
 * A map that can be walked in the order of its keys' UTF-8 bytes, from any prefix: what a store in
 * memory needs. A new key costs a binary search and a move of the keys behind it, which for a hundred
 * thousand keys is some microseconds; a known key costs what a `Map` costs.
 */
import type { StoreEntry } from './ports.ts';

export class SortedMap {
  readonly #values = new Map<string, Uint8Array>();
  #keys: string[] = [];

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Uint8Array): void {
    if (!this.#values.has(key)) this.#keys.splice(this.#firstFrom(key), 0, key);
    this.#values.set(key, value);
  }

  delete(key: string): void {
    if (this.#values.delete(key)) this.#keys.splice(this.#firstFrom(key), 1);
  }

  /** Everything whose key begins with `prefix`, in order. */
  under(prefix: string): StoreEntry[] {
    const found: StoreEntry[] = [];
    for (let i = this.#firstFrom(prefix); i < this.#keys.length; i++) {
      const key = this.#keys[i]!;
      if (!key.startsWith(prefix)) break;
      found.push([key, this.#values.get(key)!]);
    }
    return found;
  }

  copy(): SortedMap {
    const copy = new SortedMap();
    for (const [key, value] of this.#values) copy.#values.set(key, value);
    copy.#keys = this.#keys.slice();
    return copy;
  }

  #firstFrom(key: string): number {
    let least = 0;
    let most = this.#keys.length;
    while (least < most) {
      const middle = (least + most) >>> 1;
      if (compareText(this.#keys[middle]!, key) < 0) least = middle + 1;
      else most = middle;
    }
    return least;
  }
}

/**
 * The order of UTF-8 bytes, which is the order of code points. JavaScript compares halves of surrogate
 * pairs, and so puts them before U+E000 to U+FFFF, behind which they belong.
 */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

const rank = (unit: number): number => ((unit & 0xf800) === 0xd800 ? unit + 0x1_0000 : unit);

/**
 * A map that can be walked in the order of its keys' UTF-8 bytes, from any prefix: what a store in memory needs. It is
 * written far more often than it is walked: a write costs what that of a `Map` costs, and new keys find their places when
 * somebody walks. There a few cost a binary search and a move of the keys behind them each, and many one merge.
 */
import type { StoreEntry } from './ports.ts';

/** So many new keys are moved into their places one by one. */
const FEW = 16;

export class SortedMap {
  readonly #values = new Map<string, Uint8Array>();
  /** In order. Those of `#stale` have been deleted since. */
  #keys: string[] = [];
  readonly #stale = new Set<string>();
  /** Written since, and not in its place yet. */
  readonly #fresh = new Set<string>();

  get size(): number {
    return this.#values.size;
  }

  get(key: string): Uint8Array | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Uint8Array): void {
    if (!this.#values.has(key)) this.#fresh.add(key);
    this.#values.set(key, value);
  }

  delete(key: string): void {
    if (this.#values.delete(key) && !this.#fresh.delete(key)) this.#stale.add(key);
  }

  /** Everything whose key begins with `prefix`, in order. */
  under(prefix: string): StoreEntry[] {
    this.#settle();
    const found: StoreEntry[] = [];
    for (let i = this.#firstFrom(prefix); i < this.#keys.length; i++) {
      const key = this.#keys[i]!;
      if (!key.startsWith(prefix)) break;
      found.push([key, this.#values.get(key)!]);
    }
    return found;
  }

  copy(): SortedMap {
    this.#settle();
    const copy = new SortedMap();
    for (const [key, value] of this.#values) copy.#values.set(key, value);
    copy.#keys = this.#keys.slice();
    return copy;
  }

  /** From here on `#keys` are those of the map, in order. */
  #settle(): void {
    if (this.#fresh.size + this.#stale.size <= FEW) {
      for (const key of this.#stale) this.#keys.splice(this.#firstFrom(key), 1);
      for (const key of this.#fresh) this.#keys.splice(this.#firstFrom(key), 0, key);
    } else this.#keys = this.#merged();
    this.#stale.clear();
    this.#fresh.clear();
  }

  #merged(): string[] {
    const fresh = [...this.#fresh].toSorted(compareText);
    const merged: string[] = [];
    let next = 0;
    for (const key of this.#keys) {
      if (this.#stale.has(key)) continue;
      while (next < fresh.length && compareText(fresh[next]!, key) < 0) merged.push(fresh[next++]!);
      merged.push(key);
    }
    return merged.concat(fresh.slice(next));
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

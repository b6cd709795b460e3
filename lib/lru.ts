/**
 * A memo with a bound: when it is full, whoever was used least recently leaves. Get and put are
 * O(1): a `Map` remembers the order of insertion, and whatever is used is inserted again.
 */
import { assert } from './assert.ts';

export interface Lru<K, V> {
  /** Also makes `key` the most recently used. */
  readonly get: (key: K) => V | undefined;
  readonly put: (key: K, value: V) => void;
  readonly remove: (key: K) => void;
  readonly clear: () => void;
  readonly size: () => number;
}

/** `dropped` sees each value once, when it leaves: replaced, pushed out, or cleared. */
export function lru<K, V>(entriesMax: number, dropped: (value: V) => void = () => {}): Lru<K, V> {
  assert(entriesMax >= 1, 'a memo holds at least one entry');
  const entries = new Map<K, V>();
  const drop = (key: K): void => {
    const value = entries.get(key);
    if (value === undefined) return;
    entries.delete(key);
    dropped(value);
  };
  return {
    get: (key) => {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    put: (key, value) => {
      drop(key);
      if (entries.size >= entriesMax) drop(entries.keys().next().value!);
      entries.set(key, value);
    },
    remove: drop,
    clear: () => {
      for (const key of entries.keys()) drop(key);
    },
    size: () => entries.size,
  };
}

/**
 * Rankings remembered for one snapshot of nodes. A new snapshot is a new cache: nothing in it can
 * be stale. Bounded: of more than `entriesMax` keys, the least recently asked for is forgotten.
 *
 * A ranking of few nodes begins the ranking of more, so a longer one answers for all shorter ones.
 * Cost of an answer from memory: the key as a string and one look-up, below 1 us.
 */
import { assert } from '#lib/assert.ts';

export interface RankCache {
  /** As the ranking that it remembers. The answer is shared: read it only. */
  readonly rank: (key: Uint8Array, count: number) => Uint32Array;
  readonly counts: () => RankCacheCounts;
}

export interface RankCacheCounts {
  readonly found: number;
  readonly missed: number;
  readonly forgotten: number;
  readonly entries: number;
}

interface Entry {
  /** How many were asked for; the ranking is shorter where there are fewer nodes. */
  readonly count: number;
  readonly ranking: Uint32Array;
}

export function rankCache(options: {
  readonly entriesMax: number;
  readonly rank: (key: Uint8Array, count: number) => Uint32Array;
}): RankCache {
  const { entriesMax, rank } = options;
  assert(Number.isInteger(entriesMax) && entriesMax > 0, 'a cache has room');
  const entries = new Map<string, Entry>(); // Least recently asked for first.
  let found = 0;
  let missed = 0;
  let forgotten = 0;

  const remember = (name: string, entry: Entry): Entry => {
    entries.delete(name);
    entries.set(name, entry);
    if (entries.size <= entriesMax) return entry;
    forgotten++;
    const [oldest] = entries.keys();
    entries.delete(oldest!);
    return entry;
  };
  return {
    rank: (key, count) => {
      const name = nameOf(key);
      const known = entries.get(name);
      if (known !== undefined && known.count >= count) {
        found++;
        remember(name, known);
        return known.ranking.length > count ? known.ranking.subarray(0, count) : known.ranking;
      }
      missed++;
      return remember(name, { count, ranking: rank(key, count) }).ranking;
    },
    counts: () => ({ found, missed, forgotten, entries: entries.size }),
  };
}

/** A byte a character; keys are short enough to be arguments. A spread takes six times as long. */
const nameOf = (key: Uint8Array): string => Reflect.apply(String.fromCharCode, undefined, key);

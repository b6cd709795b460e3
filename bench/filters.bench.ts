/**
 * How many items a second do the filters take and find, and how often are they wrong?
 *
 * A quarter of a million ids of 32 bytes, a cuckoo filter 90 % full at the end, and a Bloom filter of
 * 16 bits an item; both measured with hashing, beside a `Set` of hexadecimal ids, which is exact and
 * takes some twenty times the memory. Rates are of 400 000 strangers.
 */
import { bloomFilter, bloomSize } from '#algorithms/filter/bloom.ts';
import { cuckooFilter, type FingerprintBits } from '#algorithms/filter/cuckoo.ts';
import { filterKey } from '#algorithms/filter/filter-key.ts';
import { hex } from '#lib/bytes.ts';
import { compare, type Bench, type Candidate, type Row } from './bench.ts';

const ITEMS = 235_000; // Of 262 144 slots.
const PROBES = 400_000;
const KEY = filterKey(Uint8Array.of(3, 1, 4, 1, 5, 9, 2, 6));

/** Ids that look random, the same in each run. */
function ids(count: number, seed: number): Uint8Array[] {
  let state = seed;
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 16) & 0xff;
  };
  return Array.from({ length: count }, () => Uint8Array.from({ length: 32 }, next));
}

/** Into filters that fill up and begin anew, as in a node's life. */
function insertions(
  name: string,
  items: readonly Uint8Array[],
  begin: () => (item: Uint8Array) => unknown,
): Candidate {
  let [at, insert] = [0, begin()];
  const run = (count: number): void => {
    for (let i = 0; i < count; i++, at++) {
      if (at === items.length) [at, insert] = [0, begin()];
      insert(items[at]!);
    }
  };
  return { name, run };
}

function lookUps(
  name: string,
  items: readonly Uint8Array[],
  has: (item: Uint8Array) => boolean,
): Candidate {
  let at = 0;
  const run = (count: number): void => {
    for (let i = 0; i < count; i++, at++) has(items[at % items.length]!);
  };
  return { name, run };
}

function rate(has: (item: Uint8Array) => boolean, strangers: readonly Uint8Array[]): number {
  return strangers.filter((item) => has(item)).length / strangers.length;
}

function wrongly(
  bits: FingerprintBits,
  items: readonly Uint8Array[],
  strangers: Uint8Array[],
): Row {
  const filter = cuckooFilter(KEY, items.length, bits);
  for (const item of items) filter.insert(item);
  return {
    name: `cuckoo, ${bits} bits, strangers taken in`,
    value: 100 * rate(filter.has, strangers),
    unit: '%',
    against: `bound ${(800 / 2 ** bits).toFixed(4)} %`,
  };
}

function capacity(items: readonly Uint8Array[]): Row {
  const filter = cuckooFilter(KEY, 100_000);
  let inserted = 0;
  while (filter.insert(items[inserted]!) === 'inserted') inserted++;
  const share = (100 * inserted) / filter.slots;
  return {
    name: 'cuckoo, share of slots in use when full',
    value: share,
    unit: '%',
    goal: '>= 95 %',
  };
}

async function run(): Promise<readonly Row[]> {
  const items = ids(ITEMS, 1);
  const strangers = ids(PROBES, 2);
  const texts = items.map(hex);
  const full = cuckooFilter(KEY, ITEMS);
  const bloom = bloomFilter(KEY, bloomSize(ITEMS, 16));
  const set = new Set(texts);
  for (const item of items) {
    full.insert(item);
    bloom.insert(item);
  }
  if (!items.every((item) => full.has(item) && bloom.has(item))) {
    throw new Error('bench filters: a member is not found');
  }

  const times = compare(
    insertions('cuckoo, insert', items, () => cuckooFilter(KEY, ITEMS).insert),
    lookUps('cuckoo, look-up of a member', items, full.has),
    lookUps('cuckoo, look-up of a stranger', strangers, full.has),
    insertions('bloom, insert', items, () => bloomFilter(KEY, bloom.size).insert),
    lookUps('bloom, look-up of a member', items, bloom.has),
    insertions('Set, insert', items, () => {
      const filling = new Set<string>();
      return (item) => filling.add(hex(item));
    }),
    lookUps('Set, look-up', items, (item) => set.has(hex(item))),
  );
  const perSecond = (name: string, against: string): Row => ({
    name,
    value: 1 / times.get(name)!,
    unit: 'M/s',
    against: `${against} ${(1 / times.get(against)!).toFixed(2)} M/s`,
    ratio: times.get(against)! / times.get(name)!,
    goal: '>= 3 M/s',
  });
  return [
    perSecond('cuckoo, insert', 'Set, insert'),
    perSecond('cuckoo, look-up of a member', 'Set, look-up'),
    perSecond('cuckoo, look-up of a stranger', 'Set, look-up'),
    perSecond('bloom, insert', 'Set, insert'),
    perSecond('bloom, look-up of a member', 'Set, look-up'),
    ...([8, 12, 16] as const).map((bits) => wrongly(bits, items, strangers)),
    {
      name: 'bloom, 16 bits each, strangers taken in',
      value: 100 * rate(bloom.has, strangers),
      unit: '%',
      against: `formula ${(100 * 0.6185 ** 16).toFixed(4)} %`,
    },
    capacity(items),
  ];
}

export const bench: Bench = {
  name: 'filters',
  question: 'How many items a second do the filters take and find, and how often are they wrong?',
  run,
};

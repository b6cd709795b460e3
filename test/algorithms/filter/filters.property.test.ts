/** Filters against a multiset, for any history; and their bytes, for any bytes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bloomFilter,
  bloomSize,
  readBloomFilter,
  type BloomFilter,
} from '#algorithms/filter/bloom.ts';
import { cuckooFilter, readCuckooFilter, type FingerprintBits } from '#algorithms/filter/cuckoo.ts';
import { filterKey } from '#algorithms/filter/filter-key.ts';
import { same } from '#lib/bytes.ts';
import { cases } from '#test/cases.ts';

const KEY = filterKey(Uint8Array.from({ length: 8 }, (_, i) => 17 * i));
const OTHER = filterKey(new Uint8Array(8));
const item = (number: number): Uint8Array => Uint8Array.of(number >> 8, number, 7, number, 1);
const bits = () => fc.constantFrom<FingerprintBits>(8, 12, 16);
/** Insertions of items, and removals: of an item by its number, if it is in. */
const history = () =>
  fc.array(fc.record({ does: fc.constantFrom('insert', 'insert', 'remove'), number: fc.nat(60) }), {
    maxLength: 200,
  });

describe('a cuckoo filter', () => {
  it('knows whatever is in, after any history, crowded or not, here or at a peer', () =>
    fc.assert(
      fc.property(history(), bits(), fc.integer({ min: 1, max: 40 }), (steps, width, items) => {
        const filter = cuckooFilter(KEY, items, width);
        const inside: number[] = [];
        for (const { does, number } of steps) {
          if (does === 'insert' && filter.insert(item(number)) === 'inserted') inside.push(number);
          if (does === 'remove' && inside.includes(number)) {
            expect(filter.remove(item(number))).toBe(true);
            inside.splice(inside.indexOf(number), 1);
          }
          expect(inside.every((known) => filter.has(item(known)))).toBe(true);
          expect(filter.count()).toBe(inside.length);
        }
        const bytes = filter.write();
        const peer = readCuckooFilter(KEY, bytes);
        expect(peer.ok && same(peer.value.write(), bytes)).toBe(true);
        expect(peer.ok && inside.every((known) => peer.value.has(item(known)))).toBe(true);
        expect(peer.ok && peer.value.count()).toBe(inside.length);
      }),
    ));

  it('is empty again when all that was inserted is removed, in any order', () =>
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(5_000), { maxLength: 60 }), bits(), (numbers, width) => {
        const filter = cuckooFilter(KEY, 40, width);
        const inside = numbers.filter((number) => filter.insert(item(number)) === 'inserted');
        for (const number of inside.toReversed()) expect(filter.remove(item(number))).toBe(true);
        expect(same(filter.write(), cuckooFilter(KEY, 40, width).write())).toBe(true);
      }),
    ));

  it('reads only what it would write', () => {
    const honest = cuckooFilter(KEY, 12, 8);
    for (let i = 0; i < 12; i++) honest.insert(item(i));
    const bytes = honest.write();
    const bent = fc
      .array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => bytes.map((byte, i) => changes.find(([at]) => at === i)?.[1] ?? byte));
    fc.assert(
      fc.property(fc.oneof(bent, fc.uint8Array({ maxLength: 80 })), (given) => {
        const read = readCuckooFilter(KEY, given);
        return !read.ok || same(read.value.write(), given);
      }),
      { numRuns: cases(500) },
    );
  });
});

const numbers = () => fc.array(fc.nat(1_000), { maxLength: 60 });
const of = (members: readonly number[], key = KEY): BloomFilter => {
  const filter = bloomFilter(key, bloomSize(50));
  for (const number of members) filter.insert(item(number));
  return filter;
};

describe('a Bloom filter', () => {
  it('knows whatever is in, here or at a peer', () =>
    fc.assert(
      fc.property(numbers(), (members) => {
        const peer = readBloomFilter(KEY, of(members).write());
        return peer.ok && members.every((number) => peer.value.has(item(number)));
      }),
    ));
  it('merges into the filter of the union, in any order, any number of times', () =>
    fc.assert(
      fc.property(numbers(), numbers(), (some, others) => {
        const [a, b, both] = [of(some), of(others), of([...some, ...others])];
        expect(a.merge(b) && a.merge(b) && b.merge(a)).toBe(true);
        expect(same(a.write(), both.write()) && same(b.write(), both.write())).toBe(true);
      }),
    ));
  it('sets other bits under another key', () =>
    fc.assert(
      fc.property(fc.nat(1_000), (number) => !same(of([number]).bits, of([number], OTHER).bits)),
    ));
  it('reads only what it would write', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 40 }),
          fc.uint8Array({ minLength: 1, maxLength: 40 }).map((tail) => {
            const bytes = of([])
              .write()
              .slice(0, 6 + tail.length);
            bytes.set(tail.slice(0, bytes.length - 6), 6);
            return bytes;
          }),
        ),
        (given) => {
          const read = readBloomFilter(KEY, given);
          return !read.ok || same(read.value.write(), given);
        },
      ),
    ));
});

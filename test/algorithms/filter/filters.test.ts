/** Filters: published vectors of their hash, rates within three sigma, edges, refusals, bytes. */
import { describe, expect, it } from 'vitest';
import { bloomFilter, bloomSize, readBloomFilter } from '#algorithms/filter/bloom.ts';
import { cuckooFilter, isCrowded, readCuckooFilter } from '#algorithms/filter/cuckoo.ts';
import { filterKey } from '#algorithms/filter/filter-key.ts';
import { concat, hex } from '#lib/bytes.ts';

const KEY = filterKey(Uint8Array.from({ length: 8 }, (_, i) => i));
const OTHER = filterKey(new Uint8Array(8));

/** A different item for each number; families do not meet. */
function item(family: number, number: number): Uint8Array {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, family);
  new DataView(bytes.buffer).setUint32(28, number);
  return bytes;
}

/** The share of 40 000 strangers taken for members is at most this rate plus three sigma. */
function expectRate(has: (item: Uint8Array) => boolean, rate: number): void {
  const probes = 40_000;
  let taken = 0;
  for (let i = 0; i < probes; i++) if (has(item(9, i))) taken++;
  const sigma = Math.sqrt(rate * (1 - rate) * probes);
  expect(taken).toBeLessThanOrEqual(rate * probes + 3 * sigma);
}

describe('a filter key', () => {
  it('has eight bytes', () => expect(() => filterKey(new Uint8Array(7))).toThrow('8 bytes'));
});

describe('a cuckoo filter', () => {
  it.each([8, 12, 16] as const)('of %d bits takes few strangers for its own', (bits) => {
    const filter = cuckooFilter(KEY, 3_600, bits); // Full: 3 686 of 4 096 slots.
    for (let i = 0; i < 3_600; i++) expect(filter.insert(item(1, i))).toBe('inserted');
    expectRate(filter.has, 8 / 2 ** bits);
  });

  it('holds more than 95 % of its slots, then keeps what has no place, then refuses', () => {
    const filter = cuckooFilter(KEY, 3_600);
    let inserted = 0;
    while (filter.insert(item(1, inserted)) === 'inserted') inserted++;
    expect(inserted).toBe(filter.count());
    expect(inserted / filter.slots).toBeGreaterThan(0.95);
    expect(isCrowded(filter)).toBe(true);
    const numbers = Array.from({ length: inserted }, (_, i) => i);
    expect(numbers.every((i) => filter.has(item(1, i)))).toBe(true);
    // The homeless one goes with the filter, and finds a place when another leaves.
    const again = readCuckooFilter(KEY, filter.write());
    expect(again.ok && again.value.insert(item(2, 0))).toBe('full');
    expect(again.ok && numbers.every((i) => again.value.has(item(1, i)))).toBe(true);
    for (const i of numbers) {
      expect(filter.remove(item(1, i))).toBe(true);
      if (i % 256 === 0) expect(numbers.every((j) => j <= i || filter.has(item(1, j)))).toBe(true);
    }
    expect(filter.count()).toBe(0);
  });

  it('counts an item as often as it was inserted, up to eight times', () => {
    const filter = cuckooFilter(KEY, 1_000);
    for (let i = 0; i < 8; i++) expect(filter.insert(item(1, 1))).toBe('inserted');
    for (let i = 0; i < 8; i++) expect(filter.remove(item(1, 1))).toBe(true);
    expect(filter.remove(item(1, 1))).toBe(false);
    expect(filter.has(item(1, 1))).toBe(false);
  });

  it('says when it is time to rebuild, and not before', () => {
    const filter = cuckooFilter(KEY, 3_600);
    for (let i = 0; i < 3_600; i++) filter.insert(item(1, i));
    expect(isCrowded(filter)).toBe(false);
    for (let i = 3_600; i < 3_687; i++) filter.insert(item(1, i));
    expect(isCrowded(filter)).toBe(true);
  });

  it.each([
    [8, '01080122e29f8400000000000018000000d56e0000'],
    [12, '010c0122e29f840000000000003d080000000071ba54000000'],
    [16, '01100122e29f84000000000000b661000000000000af26680600000000'],
  ] as const)('of %d bits has these bytes', (bits, known) => {
    const filter = cuckooFilter(KEY, 7, bits);
    for (let i = 0; i < 3; i++) filter.insert(item(1, i));
    expect(hex(filter.write())).toBe(known);
  });

  it('is the same whatever the order, while nothing has to move', () => {
    const [a, b] = [cuckooFilter(KEY, 1_000), cuckooFilter(KEY, 1_000)];
    for (let i = 0; i < 20; i++) a.insert(item(1, i));
    for (let i = 19; i >= 0; i--) b.insert(item(1, i));
    expect(hex(a.write())).toBe(hex(b.write()));
  });

  it('refuses bytes that it would not write, and another key', () => {
    const filter = cuckooFilter(KEY, 30, 12);
    for (let i = 0; i < 20; i++) filter.insert(item(1, i));
    const bytes = filter.write();
    const why = (given: Uint8Array, key = KEY) => {
      const read = readCuckooFilter(key, given);
      return read.ok ? 'read' : read.error;
    };
    const changed = (at: number, to: number) => bytes.map((byte, i) => (i === at ? to : byte));
    expect(why(bytes)).toBe('read');
    expect(why(bytes, OTHER)).toBe('other-key');
    expect(why(changed(3, bytes[3]! ^ 1))).toBe('other-key');
    expect(why(new Uint8Array(0))).toBe('unknown-version');
    expect(why(changed(0, 2))).toBe('unknown-version');
    for (const bits of [0, 4, 16, 255]) expect(why(changed(1, bits))).toBe('malformed');
    for (const log2 of [0, 2, 23, 255]) expect(why(changed(2, log2))).toBe('malformed');
    expect(why(changed(10, 1))).toBe('malformed'); // A bucket for nobody.
    expect(why(changed(12, 1))).toBe('malformed'); // Homeless beside free slots.
    expect(why(bytes.subarray(0, -1))).toBe('malformed');
    expect(why(concat(bytes, Uint8Array.of(0)))).toBe('malformed');
    expect(why(bytes.subarray(0, 12))).toBe('malformed');
    const unsorted = cuckooFilter(KEY, 7, 8).write();
    unsorted[unsorted.length - 1] = 1; // A free slot before a used one.
    expect(why(unsorted)).toBe('malformed');
  });

  it('refuses a homeless fingerprint that would have a place', () => {
    const filter = cuckooFilter(KEY, 7, 8);
    for (let i = 0; filter.insert(item(1, i)) === 'inserted'; i++);
    const bytes = filter.write();
    const isRead = (at: number, to: number): boolean =>
      readCuckooFilter(
        KEY,
        bytes.map((byte, i) => (i === at ? to : byte)),
      ).ok;
    expect(filter.count()).toBe(9); // Two full buckets and one more.
    expect(isRead(12, bytes[12]!)).toBe(true);
    expect(isRead(10, 1)).toBe(false); // The higher of its two buckets.
    expect(isRead(9, 1)).toBe(false); // No bucket.
    expect(isRead(11, 1)).toBe(false); // No fingerprint of eight bits.
    expect(isRead(16, 0)).toBe(false); // A free slot in one bucket, or in the other.
    expect(isRead(20, 0)).toBe(false);
  });

  it('insists on sizes that exist', () => {
    for (const items of [0, -1, 0.5, 2 ** 26]) expect(() => cuckooFilter(KEY, items)).toThrow();
  });
});

describe('a Bloom filter', () => {
  it.each([
    [8, 0.6185 ** 8],
    [10, 0.6185 ** 10],
    [16, 0.6185 ** 16],
  ])('of %d bits an item takes few strangers for its own', (bitsEach, rate) => {
    const filter = bloomFilter(KEY, bloomSize(4_000, bitsEach));
    for (let i = 0; i < 4_000; i++) filter.insert(item(1, i));
    for (let i = 0; i < 4_000; i++) expect(filter.has(item(1, i))).toBe(true);
    // Small filters are a few percent worse than the formula (Bose et al., 2008).
    expectRate(filter.has, 1.05 * rate);
  });

  it('has these bytes', () => {
    const filter = bloomFilter(KEY, bloomSize(10, 10));
    for (let i = 0; i < 3; i++) filter.insert(item(1, i));
    expect(hex(filter.write())).toBe('010722e29f8400050910820040c0001082a018');
  });

  it('does not merge with another size, number of hashes or key', () => {
    const filter = bloomFilter(KEY, bloomSize(100));
    const { size } = filter;
    expect(filter.merge(bloomFilter(KEY, size))).toBe(true);
    expect(filter.merge(bloomFilter(OTHER, size))).toBe(false);
    expect(filter.merge(bloomFilter(KEY, { ...size, bytes: size.bytes + 1 }))).toBe(false);
    expect(filter.merge(bloomFilter(KEY, { ...size, hashes: size.hashes + 1 }))).toBe(false);
  });

  it('refuses bytes that it would not write, and another key', () => {
    const bytes = bloomFilter(KEY, bloomSize(100)).write();
    const why = (given: Uint8Array, key = KEY) => {
      const read = readBloomFilter(key, given);
      return read.ok ? 'read' : read.error;
    };
    expect(why(bytes)).toBe('read');
    expect(why(bytes, OTHER)).toBe('other-key');
    expect(why(bytes.map((byte, i) => (i === 0 ? 2 : byte)))).toBe('unknown-version');
    for (const hashes of [0, 33, 255]) {
      expect(why(bytes.map((byte, i) => (i === 1 ? hashes : byte)))).toBe('malformed');
    }
    expect(why(bytes.subarray(0, 6))).toBe('malformed');
    expect(why(new Uint8Array(0))).toBe('unknown-version');
  });

  it('insists on sizes that exist', () => {
    for (const items of [0, 0.5]) expect(() => bloomSize(items)).toThrow('at least one');
    for (const bits of [0, 0.5]) expect(() => bloomSize(1, bits)).toThrow('whole bits');
    expect(() => bloomFilter(KEY, { bytes: 2 ** 26 + 1, hashes: 7 })).toThrow('64 MiB');
    expect(bloomSize(1_000, 1).hashes).toBe(1);
    expect(bloomSize(1_000, 100).hashes).toBe(32);
  });
});

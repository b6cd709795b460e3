/** Jump hash: the published values, and how little moves. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketOf } from '#algorithms/rendezvous/stable.ts';

const key = () => fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

describe('jump hash', () => {
  it('knows the published values', () => {
    expect(bucketOf(1n, 1)).toBe(0);
    expect(bucketOf(42n, 57)).toBe(43);
    expect(bucketOf(0xdead10ccn, 666)).toBe(361);
    expect(bucketOf(256n, 1_024)).toBe(520);
  });
  it('moves keys only to a bucket that is added, for any key', () =>
    fc.assert(
      fc.property(key(), fc.integer({ min: 1, max: 5_000 }), (key, buckets) => {
        const before = bucketOf(key, buckets);
        expect(before >= 0 && before < buckets).toBe(true);
        expect([before, buckets]).toContain(bucketOf(key, buckets + 1));
      }),
    ));
  it('moves one key in eleven to an eleventh bucket, within 5 sigma', () => {
    let moved = 0;
    for (let i = 0n; i < 11_000n; i++)
      if (bucketOf((i * 0x9e3779b97f4a7c15n) & (2n ** 64n - 1n), 11) === 10) moved++;
    expect(Math.abs(moved - 1_000)).toBeLessThan(5 * Math.sqrt(1_000 * (10 / 11)));
  });
  it('takes what is no bucket count or key for a bug', () => {
    for (const bad of [0, -1, 1.5, 2 ** 31 + 1]) expect(() => bucketOf(1n, bad)).toThrow();
    for (const bad of [-1n, 2n ** 64n]) expect(() => bucketOf(bad, 1)).toThrow();
  });
  it('reaches the largest count', () => {
    expect(bucketOf(7n, 2 ** 31)).toBeLessThan(2 ** 31);
    // Its first state is 1, whose leading bits are 0: the longest jump there is.
    expect(bucketOf(0n, 2 ** 31)).toBe(0);
  });
});

/** The owner's figures of keeping, each to its last printed digit. */
import { describe, expect, it } from 'vitest';
import {
  capBytesFor,
  daysKept,
  devicesFor,
  kilobytes,
  megabytes,
} from '#simulations/ttl/keeping.ts';
import {
  ackBytesPerDay,
  overheadsOf,
  segmentsLeave,
  unevenLeaves,
} from '#simulations/ttl/overheads.ts';
import { forAnchors, forLights } from '#simulations/ttl/recommended.ts';
import { CASES, DECIMAL_DAYS } from '#simulations/ttl/tables.ts';

/** As printed, by case and arrivals. */
const OWNERS: readonly (readonly [name: string, perDay: number, days: string])[] = [
  ['lights 64 KB, 100 MB, 100,000 nodes', 1e5, '533'],
  ['lights 64 KB, 100 MB, 100,000 nodes', 1e6, '53'],
  ['lights 16 KB, 100 MB, 100,000 nodes', 1e6, '213'],
  ['lights 16 KB, 500 MB, 100,000 nodes', 1e5, '10667'],
  ['lights 16 KB, 500 MB, 100,000 nodes', 1e6, '1067'],
  ['lights 16 KB, 500 MB, 100,000 nodes', 5e6, '213'],
  ['lights 16 KB, 500 MB, 100,000 nodes', 1e7, '107'],
  ['anchors 1000 TB x 3, 16 KB, Asia only', 1e5, '1677722'],
  ['anchors 1000 TB x 3, 16 KB, Asia only', 1e6, '167772'],
  ['anchors 1000 TB x 3, 16 KB, Asia only', 5e6, '33554'],
  ['anchors 1000 TB x 3, 16 KB, Asia only', 1e7, '16777'],
  ['anchors 1000 TB x 3, 16 KB, Asia only', 5e7, '3355'],
  ['anchors 1000 TB x 3, 16 KB, split', 1e6, '335544'],
  ['anchors 1000 TB x 3, 16 KB, split', 5e7, '6711'],
  ['anchors 500 MB x 3, 16 KB, Asia only', 1e5, '0.80'],
  ['anchors 500 MB x 3, 16 KB, split', 1e5, '1.60'],
  ['anchors 100 MB x 3, 64 KB, Asia only', 1e5, '0.04'],
  ['anchors 100 MB x 3, 64 KB, split', 1e5, '0.08'],
];
const daysOf = (name: string, perDay: number): number =>
  daysKept({ ...CASES.find((each) => each.name === name)!.keeping, perDay });
const smallAnchors = (where: string, perDay: number): number =>
  daysOf(`anchors 500 MB x 3, 16 KB, ${where}`, perDay);
const decimals = (text: string): number => text.split('.')[1]?.length ?? 0;

describe("the owner's days", () => {
  it.each(OWNERS)('%s, %s a day: %s', (name, perDay, days) => {
    expect(CASES.find((each) => each.name === name)!.perDay).toContain(perDay);
    expect(daysOf(name, perDay).toFixed(decimals(days))).toBe(days);
  });
  it('the one decimal case', () => {
    expect(DECIMAL_DAYS.map(({ days }) => days.toFixed(2))).toEqual(['0.78', '1.56']);
  });
  it('hours, for small anchors at a million a day', () => {
    const hours = ['Asia only', 'split'].map((where) => 24 * smallAnchors(where, 1e6));
    expect(hours.map((each) => each.toFixed(1))).toEqual(['1.9', '3.8']);
  });
});

describe("the owner's inverse figures", () => {
  it('lights for 180 days of 64 KB, a million a day, 100 MB each', () => {
    const keeping = { capBytes: megabytes(100), pieces: 30, perDay: 1e6, sizeBytes: kilobytes(64) };
    expect(devicesFor(180, keeping)).toBe(337_500);
    expect(capBytesFor(180, { ...keeping, devices: 337_500 })).toBe(megabytes(100));
  });
  it('anchors of a continent for 180 days of 64 KB, 100 k a day, 100 MB each', () => {
    const keeping = { capBytes: megabytes(100), pieces: 12, perDay: 1e5, sizeBytes: kilobytes(64) };
    expect(devicesFor(180, keeping)).toBe(13_500);
  });
});

describe('recommended', () => {
  it('lights 180 days; what does not last that long, less a reserve', () => {
    expect(forLights(213).hours).toEqual({ least: 180 * 24, most: 180 * 24 });
    expect(forLights(daysOf('lights 64 KB, 100 MB, 100,000 nodes', 1e6)).hours!.most).toBe(48 * 24);
    expect(forLights(0).hours!.most).toBe(0);
  });
  it('small anchors as the owner says: 12-18 h alone, 24-36 h split, repaired from 6 h on', () => {
    const [alone, split] = [
      forAnchors(smallAnchors('Asia only', 1e5)),
      forAnchors(smallAnchors('split', 1e5)),
    ];
    expect(alone.hours).toEqual({ least: 12, most: 18 });
    expect(split.hours).toEqual({ least: 24, most: 36 });
    expect(split.watermarkHours).toBe(6);
    expect(DECIMAL_DAYS.map(({ days }) => forAnchors(days).hours)).toEqual([
      { least: 12, most: 18 },
      { least: 24, most: 36 },
    ]);
  });
  it('large anchors for ever', () => {
    expect(forAnchors(16_777).hours).toBeUndefined();
  });
});

describe('overheads', () => {
  const keeping = {
    capBytes: megabytes(500),
    devices: 100_000,
    pieces: 30,
    perDay: 1e6,
    sizeBytes: kilobytes(16),
  };
  const of = (keepsCapsule: boolean, devices = 100_000, piecesEach = 1) =>
    new Map(
      overheadsOf({ ...keeping, devices }, { piecesEach, keepsCapsule }).map(({ name, leaves }) => [
        name,
        leaves,
      ]),
    );

  it('leave a part of the days, each by itself', () => {
    const all = of(true);
    expect([...all.keys()]).toEqual([
      'beside each piece',
      'capsule kept',
      'segments',
      'uneven placement',
    ]);
    for (const leaves of all.values()) {
      expect(leaves).toBeGreaterThan(0.5);
      expect(leaves).toBeLessThan(1);
    }
    expect(of(false).has('capsule kept')).toBe(false);
  });
  it('of segments are two of 128, or two of 16 MB', () => {
    expect(segmentsLeave(megabytes(500))).toBeCloseTo(1 - 2 / 128, 6);
    expect(segmentsLeave(1000 * 1024 ** 4)).toBeGreaterThan(0.99999);
    expect(segmentsLeave(1)).toBe(0);
  });
  it('of placement shrink with the pieces a device holds, and are none where all hold all', () => {
    expect(unevenLeaves(100_000, 100)).toBeLessThan(unevenLeaves(100_000, 10_000));
    expect(unevenLeaves(1, 100)).toBe(1);
    expect(of(false, 30, 1).get('uneven placement')).toBe(1);
  });
  it("of acks are the ledger's", () => {
    expect(ackBytesPerDay(1e6, 42).map(({ batch }) => batch)).toEqual([1, 16, 64, 256]);
    expect(ackBytesPerDay(1e6, 42)[2]!.bytesPerDay).toBe(244 * 42 * 1e6);
  });
});

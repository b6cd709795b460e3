/** Near first: by shared letters, then as rendezvous ranks; and the geohash itself. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellEdges, geohash, pointOf, type Point } from '#algorithms/place/geohash.ts';
import { rank } from '#algorithms/rendezvous/core.ts';
import { geoTable, rankNear } from '#algorithms/rendezvous/geo.ts';
import { nodeTable } from '#algorithms/rendezvous/scoring.ts';
import { rankWeighted, weightsOf } from '#algorithms/rendezvous/weighted.ts';
import { hex } from '#lib/bytes.ts';
import { key } from './arbitraries.ts';

const point = (): fc.Arbitrary<Point> =>
  fc.record({
    latE6: fc.integer({ min: -90_000_000, max: 90_000_000 }),
    lonE6: fc.integer({ min: -180_000_000, max: 180_000_000 }),
  });
/** Within a few dozen kilometres, so that letters are shared in all numbers. */
const nearby = (): fc.Arbitrary<Point> =>
  fc.record({
    latE6: fc.integer({ min: 36_000_000, max: 36_900_000 }),
    lonE6: fc.integer({ min: 136_000_000, max: 136_900_000 }),
  });
const sharedLetters = (a: string, b: string): number => {
  let letters = 0;
  while (letters < a.length && a[letters] === b[letters]) letters++;
  return letters;
};

describe('geohash', () => {
  it('knows the published values', () => {
    expect(geohash(pointOf(57.64911, 10.40744), 9)).toBe('u4pruydqq');
    expect(geohash(pointOf(42.605, -5.603), 5)).toBe('ezs42');
    expect(geohash(pointOf(-25.382708, -49.265506), 8)).toBe('6gkzwgjz');
  });
  it('holds the point in its cell, and each cell in the larger one', () =>
    fc.assert(
      fc.property(point(), fc.nat(9), (point, letters) => {
        const text = geohash(point, letters);
        expect(text).toBe(geohash(point).slice(0, letters));
        const { south, north, west, east } = cellEdges(text)!;
        expect(south <= point.latE6 && point.latE6 <= north).toBe(true);
        expect(west <= point.lonE6 && point.lonE6 <= east).toBe(true);
        if (point.latE6 < 90_000_000) expect(point.latE6 < north).toBe(true);
        if (point.lonE6 < 180_000_000) expect(point.lonE6 < east).toBe(true);
      }),
    ));
  it('reaches the poles and the date line', () => {
    expect(geohash(pointOf(90, 180))).toBe('zzzzzzzzz');
    expect(geohash(pointOf(-90, -180))).toBe('000000000');
  });
  it('has edges only where it is one', () => expect(cellEdges('ua')).toBeUndefined());
  it('takes what is nowhere for a bug', () => {
    for (const bad of [
      { latE6: 90_000_001, lonE6: 0 },
      { latE6: 0.5, lonE6: 0 },
    ]) {
      expect(() => geohash(bad)).toThrow('on earth');
    }
    expect(() => geohash({ latE6: 0, lonE6: 0 }, 10)).toThrow('9 letters');
  });
});

describe('ranking by nearness, for any nodes and points', () => {
  it('orders by shared letters, then as rendezvous does', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), nearby()), {
          minLength: 1,
        }),
        nearby(),
        key(),
        fc.nat(6),
        fc.nat(12),
        (placed, elsewhere, key, letters, count) => {
          const nodes = [...new Map(placed.map((node) => [hex(node[0]), node])).values()];
          const table = nodeTable(nodes.map(([id]) => id));
          const points = nodes.map(([, point]) => point);
          const weights = weightsOf(
            table,
            nodes.map((_, i) => 1 + i),
          );
          const geo = geoTable(table, points, letters);
          for (const here of [points[0]!, elsewhere]) {
            const shared = points.map((point) =>
              sharedLetters(geohash(point, letters), geohash(here, letters)),
            );
            const nearFirst = (ranking: Uint32Array) =>
              [...ranking].toSorted((a, b) => shared[b]! - shared[a]!).slice(0, count);
            expect([...rankNear(geo, here, key, count)]).toEqual(nearFirst(rank(table, key)));
            expect([...rankNear(geo, here, key, count, weights)]).toEqual(
              nearFirst(rankWeighted(table, weights, key)),
            );
          }
        },
      ),
    ));
  it('finds the nodes of the next larger cell from where there are none', () => {
    const table = nodeTable([Uint8Array.of(1), Uint8Array.of(2)]);
    const geo = geoTable(table, [pointOf(36.4, 136.45), pointOf(48.85, 2.35)], 4);
    expect(rankNear(geo, pointOf(36.56, 136.66), Uint8Array.of(7), 1)).toEqual(Uint32Array.of(0));
    expect(rankNear(geo, pointOf(50.1, 8.7), Uint8Array.of(7), 1)).toEqual(Uint32Array.of(1));
  });
});

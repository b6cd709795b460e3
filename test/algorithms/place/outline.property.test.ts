/** Points and polygons: as a reference with exact integers says, whatever the polygon. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isWithin,
  outlineOf,
  type Polygon,
  type Ring,
  type Vertex,
} from '#algorithms/place/outline.ts';
import { cases } from '#test/cases.ts';

/** Even-odd rule with exact products; edges belong to the polygon. */
function reference(polygon: Polygon, x: number, y: number): boolean {
  let inside = false;
  for (const ring of polygon) {
    for (let i = 1; i < ring.length; i++) {
      const [[x1, y1], [x2, y2]] = [ring[i - 1]!, ring[i]!];
      const side = BigInt(x2 - x1) * BigInt(y - y1) - BigInt(y2 - y1) * BigInt(x - x1);
      const inBox =
        Math.min(x1, x2) <= x &&
        x <= Math.max(x1, x2) &&
        Math.min(y1, y2) <= y &&
        y <= Math.max(y1, y2);
      if (side === 0n && inBox) return true;
      if (y1 > y !== y2 > y && side > 0n === y2 > y1) inside = !inside;
    }
  }
  return inside;
}
const closed = (corners: readonly Vertex[]): Ring => [...corners, corners[0]!];

/** Corners in a field of this size: small ones have many points on edges, large ones many digits. */
const corners = (size: number) =>
  fc.array(fc.tuple(fc.nat(size), fc.nat(size)), { minLength: 3, maxLength: 12 });
const shape = () =>
  fc.constantFrom(6, 40, 1_000, 3_000_000).chain((size) =>
    fc.record({
      size: fc.constant(size),
      west: fc.constantFrom(0, -100_000_000, 150_000_000),
      south: fc.constantFrom(0, -60_000_000, 70_000_000),
      rings: fc.array(corners(size), { minLength: 1, maxLength: 2 }),
      points: fc.array(
        fc.tuple(fc.integer({ min: -1, max: size + 1 }), fc.integer({ min: -1, max: size + 1 })),
        {
          minLength: 30,
          maxLength: 30,
        },
      ),
    }),
  );

describe('a point and a polygon, any', () => {
  it('are judged as exact arithmetic does', () =>
    fc.assert(
      fc.property(shape(), ({ west, south, rings, points }) => {
        const moved = rings.map((ring) => ring.map(([x, y]): Vertex => [west + x, south + y]));
        // A hole is no larger than what it is in; the rest of the second ring counts for itself.
        const polygon = moved.map(closed);
        const box = polygon[0]!;
        const fits = (v: Vertex) =>
          v[0] >= Math.min(...box.map(([x]) => x)) &&
          v[0] <= Math.max(...box.map(([x]) => x)) &&
          v[1] >= Math.min(...box.map(([, y]) => y)) &&
          v[1] <= Math.max(...box.map(([, y]) => y));
        const usable = polygon.filter((ring) => ring.every(fits));
        const outline = outlineOf(usable);
        const all = [...points.map(([x, y]): Vertex => [west + x, south + y]), ...usable.flat()];
        for (const [lonE6, latE6] of all) {
          expect(isWithin(outline, { lonE6, latE6 }), `${lonE6} ${latE6}`).toBe(
            reference(usable, lonE6, latE6),
          );
        }
      }),
      { numRuns: cases(500) },
    ));

  it('are judged so at every micro-degree of a small polygon', () => {
    const outline = outlineOf([
      closed([
        [0, 0],
        [90, 5],
        [60, 40],
        [95, 90],
        [30, 70],
        [2, 99],
        [20, 50],
      ]),
      closed([
        [40, 30],
        [50, 30],
        [45, 60],
      ]),
    ]);
    for (let x = -1; x <= 100; x++) {
      for (let y = -1; y <= 100; y++) {
        expect(isWithin(outline, { lonE6: x, latE6: y })).toBe(reference(outline.polygon, x, y));
      }
    }
  });
});

describe('an outline', () => {
  it('is of closed rings', () => {
    for (const bad of [
      [],
      [[]],
      [
        [
          [0, 0],
          [1, 0],
          [0, 1],
        ],
      ],
      [
        [
          [0, 0],
          [1, 0],
          [1, 1],
          [0, 1],
        ],
      ],
    ]) {
      expect(() => outlineOf(bad as unknown as Polygon)).toThrow('closed');
    }
  });
  it('leaves few points to the exact test', () => {
    const round = Array.from({ length: 200 }, (_, i): Vertex => {
      const angle = (2 * Math.PI * i) / 200;
      return [Math.round(1e6 * Math.cos(angle)), Math.round(1e6 * Math.sin(angle))];
    });
    const { cells } = outlineOf([closed(round)]);
    expect(cells.filter((cell) => cell === 2).length / cells.length).toBeLessThan(0.2);
  });
});

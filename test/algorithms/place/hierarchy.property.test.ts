/** Places by name, and what events do to them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { greatCircleMetres, leastRoundTripMs } from '#algorithms/place/distance.ts';
import { pointOf } from '#algorithms/place/geohash.ts';
import {
  ancestors,
  eventPermille,
  isPlaceName,
  liesIn,
  NEARNESS,
  nearness,
  type PlaceEvent,
} from '#algorithms/place/hierarchy.ts';

const token = () => fc.constantFrom('a', 'b', 'ab');
const place = () => fc.tuple(token(), token(), token()).map((tokens) => tokens.join('.'));
const area = () =>
  fc
    .tuple(place(), fc.nat(3))
    .map(([place, levels]) => place.split('.').slice(0, levels).join('.'));
const event = (): fc.Arbitrary<PlaceEvent> =>
  fc.record({
    area: area(),
    fromMs: fc.nat(10),
    untilMs: fc.integer({ min: 5, max: 20 }),
    permille: fc.nat(3_000),
  });
const bounds = { least: 100, most: 5_000 };

describe('places, any', () => {
  it('lie in what they are named by, and in nothing else', () =>
    fc.assert(
      fc.property(place(), area(), (place, area) => {
        expect(liesIn(place, area)).toBe(area === '' || ancestors(place).includes(area));
      }),
    ));
  it('are as near as the smallest area that holds both', () =>
    fc.assert(
      fc.property(place(), place(), (a, b) => {
        const shared = ancestors(a).filter((area) => liesIn(b, area)).length;
        expect(nearness(a, b)).toBe(NEARNESS[shared]);
        expect(nearness(b, a)).toBe(nearness(a, b));
      }),
    ));
  it('count by the product of their events, in any order, within bounds', () =>
    fc.assert(
      fc.property(
        fc.array(event(), { maxLength: 6 }),
        place(),
        fc.nat(20),
        (events, place, nowMs) => {
          const found = eventPermille(events, place, nowMs, bounds);
          expect(eventPermille(events.toReversed(), place, nowMs, bounds)).toBe(found);
          const product = events
            .filter(
              ({ area, fromMs, untilMs }) =>
                liesIn(place, area) && nowMs >= fromMs && nowMs < untilMs,
            )
            .reduce((product, { permille }) => (product * permille) / 1_000, 1_000);
          const expected = Math.max(bounds.least, Math.min(bounds.most, product));
          expect(Math.abs(found - expected)).toBeLessThanOrEqual(1);
          expect(found).toBeLessThanOrEqual(expected + 1e-6);
        },
      ),
    ));
});

describe('places', () => {
  it('have three lower-case tokens', () => {
    expect(isPlaceName('asia.ishikawa.komatsu')).toBe(true);
    for (const bad of [
      '',
      'asia',
      'asia.ishikawa',
      'a.b.c.d',
      'a..c',
      'A.b.c',
      'a.b.c ',
      'a.*.c',
    ]) {
      expect(isPlaceName(bad)).toBe(false);
    }
  });
  it('count as they are without events, and begin and end with them', () => {
    const festival = { area: 'asia.ishikawa', fromMs: 10, untilMs: 20, permille: 1_500 };
    const at = (nowMs: number, place = 'asia.ishikawa.komatsu') =>
      eventPermille([festival, festival], place, nowMs, bounds);
    expect([9, 10, 19, 20].map((nowMs) => at(nowMs))).toEqual([1_000, 2_250, 2_250, 1_000]);
    expect(at(10, 'asia.ishikawa2.komatsu')).toBe(1_000);
    const many = Array.from({ length: 9 }, () => festival);
    expect(eventPermille(many, 'asia.ishikawa.komatsu', 10, bounds)).toBe(bounds.most);
  });
});

describe('distances', () => {
  it('are as measured elsewhere, to half a per cent', () => {
    const [tokyo, paris] = [pointOf(35.6812, 139.7671), pointOf(48.853, 2.3499)];
    expect(greatCircleMetres(tokyo, paris) / 9_713_000).toBeCloseTo(1, 2);
    expect(greatCircleMetres(pointOf(0, 0), pointOf(0, 180)) / 20_015_000).toBeCloseTo(1, 3);
    expect(greatCircleMetres(tokyo, tokyo)).toBe(0);
    expect(leastRoundTripMs(tokyo, paris)).toBeGreaterThan(96);
    expect(leastRoundTripMs(tokyo, paris)).toBeLessThan(98);
  });
});

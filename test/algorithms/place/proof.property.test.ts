/** Proofs of place: never false while no more than f lie, and there when everybody is honest. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { greatCircleMetres } from '#algorithms/place/distance.ts';
import { pointOf, type Point } from '#algorithms/place/geohash.ts';
import {
  deepest,
  discAround,
  holds,
  judgePlace,
  METRES_A_US,
  PROBES_MIN,
  vectorOf,
  type Challenge,
} from '#algorithms/place/proof.ts';
import { cases } from '#test/cases.ts';

const point = (): fc.Arbitrary<Point> =>
  fc.record({
    latE6: fc.integer({ min: -90_000_000, max: 90_000_000 }),
    lonE6: fc.integer({ min: -180_000_000, max: 180_000_000 }),
  });
/** A degree around Komatsu. */
const nearby = (): fc.Arbitrary<Point> =>
  fc.record({
    latE6: fc.integer({ min: 35_900_000, max: 36_900_000 }),
    lonE6: fc.integer({ min: 135_900_000, max: 136_900_000 }),
  });
const anywhere = () => fc.oneof(point(), nearby());
/** Radii of all kinds, from nothing to the whole earth. */
const metres = () => fc.oneof(fc.nat(100), fc.nat(200_000), fc.nat(21_000_000));
const disc = () => fc.tuple(anywhere(), metres()).map(([at, metres]) => discAround(at, metres));

/** Probes of a round trip over this distance, rounded up, with some more time in each. */
const probes = (metres: number, more: readonly number[]): number[] =>
  more.map((us) => Math.ceil((metres * 1.01) / METRES_A_US.fibre) + us);
const delays = (most: number) =>
  fc.array(fc.nat(most), { minLength: PROBES_MIN, maxLength: PROBES_MIN + 2 });

/** Kilometres north and east of where the equator meets Greenwich. */
const planePoint = (north: number, east: number) => pointOf(north / 111.2, east / 111.2);
const around = (north: number, east: number, km: number) =>
  discAround(planePoint(north, east), km * 1_000);

describe('discs, any', () => {
  it('hold the points that are not farther than their radius, but for the shape of the earth', () =>
    fc.assert(
      fc.property(anywhere(), metres(), anywhere(), (at, metres, other) => {
        const distance = greatCircleMetres(at, other);
        const isHeld = holds(discAround(at, metres), vectorOf(other));
        if (distance * 1.001 + 1 < metres) expect(isHeld).toBe(true);
        if (distance > metres * 1.011 + 1) expect(isHeld).toBe(false);
      }),
    ));
  it('share as much as any point says, at their deepest', () =>
    fc.assert(
      fc.property(
        fc.array(disc(), { maxLength: 6 }),
        fc.array(anywhere(), { maxLength: 20 }),
        (discs, points) => {
          const { members } = deepest(discs);
          for (const point of points) {
            const held = discs.filter((disc) => holds(disc, vectorOf(point)));
            expect(members.length).toBeGreaterThanOrEqual(held.length);
          }
        },
      ),
    ));
  it('share as much as any point says, where many overlap', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(nearby(), fc.integer({ min: 20_000, max: 50_000 })), {
          minLength: 3,
          maxLength: 6,
        }),
        fc.array(nearby(), { minLength: 60, maxLength: 60 }),
        (all, points) => {
          const discs = all.map(([at, metres]) => discAround(at, metres));
          const depths = points.map(
            (point) => discs.filter((disc) => holds(disc, vectorOf(point))).length,
          );
          expect(deepest(discs).members.length).toBeGreaterThanOrEqual(Math.max(...depths));
        },
      ),
    ));
  it('of half the earth around hold all of it', () =>
    fc.assert(
      fc.property(anywhere(), anywhere(), (at, other) => {
        const opposite = {
          latE6: -at.latE6,
          lonE6: at.lonE6 > 0 ? at.lonE6 - 180_000_000 : at.lonE6 + 180_000_000,
        };
        const whole = discAround(at, 20_100_000);
        for (const point of [at, other, opposite]) expect(holds(whole, vectorOf(point))).toBe(true);
      }),
    ));
  it('are on their rim where they are alone', () =>
    fc.assert(
      fc.property(
        fc.oneof(anywhere(), fc.constantFrom(pointOf(90, 0), pointOf(-90, 7), pointOf(0, 0))),
        fc.integer({ min: 10, max: 19_000_000 }),
        (at, metres) => {
          const { point } = deepest([discAround(at, metres)]);
          expect(holds(discAround(at, metres + 1), point!)).toBe(true);
          expect(holds(discAround(at, metres - 1), point!)).toBe(false);
        },
      ),
    ));
  it('really share the point that is named, to a few metres', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(anywhere(), metres()), { minLength: 1, maxLength: 6 }),
        (all) => {
          const { members, point } = deepest(all.map(([at, metres]) => discAround(at, metres)));
          expect(members.length).toBeGreaterThan(0);
          for (const i of members) {
            const [at, metres] = all[i]!;
            expect(holds(discAround(at, metres + 5), point!)).toBe(true);
          }
        },
      ),
    ));
  it('share what circles in the plane share, where this is seen by eye', () => {
    const depth = (...discs: ReturnType<typeof around>[]) => deepest(discs).members;
    expect(depth(around(0, 0, 10), around(0, 30, 10))).toEqual([0]);
    expect(depth(around(0, 0, 10), around(0, 15, 10))).toEqual([0, 1]);
    expect(depth(around(0, 0, 10), around(0, 1, 2))).toEqual([0, 1]); // One within the other.
    expect(depth(around(0, 0, 10), around(0, 0, 10), around(0, 0, 3))).toEqual([0, 1, 2]);
    expect(depth(around(0, 0, 10), around(0, 15, 10), around(40, 0, 5), around(13, 7, 7))).toEqual([
      0, 1, 3,
    ]);
    // Each two meet, not all three.
    expect(depth(around(0, 0, 10), around(0, 19, 10), around(16.5, 9.5, 10)).length).toBe(2);
    expect(deepest([]).members).toEqual([]);
  });
  it('may be larger than a hemisphere', () => {
    const [north, south] = [
      discAround(pointOf(90, 0), 13_000_000),
      discAround(pointOf(-90, 0), 13_000_000),
    ];
    expect(deepest([north, south]).members).toEqual([0, 1]); // A belt, without a corner.
    const whole = discAround(pointOf(10, 10), 30_000_000);
    expect(deepest([north, discAround(pointOf(-90, 0), 5_000_000), whole]).members.length).toBe(2);
    expect(holds(whole, vectorOf(pointOf(-10, -170)))).toBe(true);
  });
});

interface Measured {
  readonly at: Point;
  readonly more: readonly number[];
  readonly lie: readonly number[] | undefined;
}
const measured = (): fc.Arbitrary<Measured> =>
  fc.record({
    at: nearby(),
    more: delays(400),
    lie: fc.option(delays(2_000), { nil: undefined }),
  });

const challenge = (at: Point, us: number, count = PROBES_MIN): Challenge => ({
  at,
  roundTripsUs: Array.from({ length: count }, () => us),
});

describe('a proof of place', () => {
  it('is never false while at most f lie', () =>
    fc.assert(
      fc.property(
        nearby(),
        nearby(),
        fc.nat(150_000),
        fc.array(measured(), { minLength: 1, maxLength: 8 }),
        (node, claimed, withinMetres, all) => {
          const challenges = all.map(({ at, more, lie }): Challenge => ({
            at,
            roundTripsUs: lie ?? probes(greatCircleMetres(at, node), more),
          }));
          const faulty = all.filter(({ lie }) => lie !== undefined).length;
          const verdict = judgePlace({ at: claimed, withinMetres }, challenges, faulty);
          if (verdict.kind === 'proven') {
            expect(greatCircleMetres(node, claimed)).toBeLessThanOrEqual(withinMetres * 1.01 + 1);
            expect(verdict.witnesses.length).toBeGreaterThanOrEqual(2 * faulty + 1);
          }
        },
      ),
      { numRuns: cases(300) },
    ));
  it('is there when all are honest and the radius allows for their round trips', () =>
    fc.assert(
      fc.property(nearby(), fc.array(measured(), { minLength: 4, maxLength: 7 }), (node, all) => {
        const challenges = all.map(({ at, more }): Challenge => ({
          at,
          roundTripsUs: probes(greatCircleMetres(at, node), more),
        }));
        const faulty = Math.floor((all.length - 1) / 3);
        // From the node to the far side of the widest disc, and a little for the earth's shape.
        const reach = challenges.map(
          ({ at, roundTripsUs }) =>
            greatCircleMetres(at, node) + METRES_A_US.fibre * Math.min(...roundTripsUs),
        );
        const withinMetres = Math.ceil(Math.max(...reach) * 1.03) + 10;
        expect(judgePlace({ at: node, withinMetres }, challenges, faulty)).toEqual({
          kind: 'proven',
          witnesses: [...all.keys()],
        });
      }),
    ));
  it('says why there is none', () => {
    const here = pointOf(36.4, 136.45);
    const three = [here, here, here].map((at) => challenge(at, 100));
    const claim = { at: here, withinMetres: 20_000 };
    expect(judgePlace(claim, three, 1)).toEqual({ kind: 'proven', witnesses: [0, 1, 2] });
    const among = [
      challenge(here, 100, 1),
      ...three.slice(1),
      challenge(pointOf(0, 0), 9),
      three[0]!,
    ];
    expect(judgePlace(claim, among, 1)).toEqual({ kind: 'proven', witnesses: [1, 2, 4] });
    expect(judgePlace(claim, three.slice(1), 1)).toMatchObject({ reason: 'too-few-challengers' });
    expect(judgePlace(claim, [...three.slice(1), challenge(here, 100, 9)], 1)).toMatchObject({
      reason: 'too-few-challengers',
    });
    for (const bad of [Number.NaN, -1, 0.5]) {
      expect(judgePlace(claim, [...three.slice(1), challenge(here, bad)], 1)).toMatchObject({
        reason: 'too-few-challengers',
      });
    }
    const apart = [0, 1, 2].map((i) => challenge(pointOf(36 + i, 136), 100));
    expect(judgePlace(claim, apart, 1)).toMatchObject({ reason: 'discs-disagree' });
    expect(judgePlace({ ...claim, withinMetres: 9_000 }, three, 1)).toMatchObject({
      reason: 'too-wide',
    });
    // Beside fibre, radio: the same time reaches half as far again.
    const radio = judgePlace({ ...claim, withinMetres: 14_000 }, three, 1, METRES_A_US.vacuum);
    expect(radio).toMatchObject({ reason: 'too-wide' });
  });
});

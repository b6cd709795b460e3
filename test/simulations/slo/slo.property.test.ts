/** Availability by its laws: against every combination of devices, and monotone where it must be. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alarms, readFails } from '#simulations/slo/availability.ts';
import { anchorsIn, lightsIn, type Group, type Layout } from '#simulations/slo/layout.ts';
import {
  acksOf,
  liarsCovered,
  promiseIsEmpty,
  readFailsAmongLiars,
} from '#simulations/slo/liars.ts';
import { readFailsUnder } from '#simulations/slo/outages.ts';
import { cases } from '#test/cases.ts';

const chance = (): fc.Arbitrary<number> => fc.integer({ min: 0, max: 100 }).map((x) => x / 100);
const layout = (lightsMax: number, anchorsMax: number): fc.Arbitrary<Layout> =>
  fc.record({
    k: fc.integer({ min: 1, max: 10 }),
    lights: fc.tuple(fc.nat(lightsMax), chance()).map(([n, p]) => [lightsIn('asia', p, n)]),
    anchors: fc
      .tuple(fc.nat(anchorsMax), fc.integer({ min: 1, max: 5 }), chance(), fc.nat(2), chance())
      .map(([n, a, q, m, r]) => [anchorsIn('asia', n, a, q), anchorsIn('europe', m, 3, r)]),
  });

/** Every device up or down, one by one. */
function enumerated({ k, lights, anchors }: Layout): number {
  const devices = [...lights, ...anchors].flatMap((group) =>
    Array.from({ length: group.devices }, (): Group => group),
  );
  let fails = 0;
  for (let set = 0; set < 2 ** devices.length; set++) {
    let [weight, pieces] = [1, 0];
    for (const [i, { online, piecesEach }] of devices.entries()) {
      const isUp = (set & (1 << i)) !== 0;
      weight *= isUp ? online : 1 - online;
      if (isUp) pieces += piecesEach;
    }
    if (pieces < k) fails += weight;
  }
  return fails;
}
const SLACK = 1e-12;

describe('the chance that a read fails', () => {
  it('is what enumerating every state of every device gives', () => {
    fc.assert(
      fc.property(layout(6, 3), (each) => {
        expect(readFails(each)).toBeCloseTo(enumerated(each), 12);
      }),
      { numRuns: cases(60) },
    );
  });
  it('is a chance', () => {
    fc.assert(
      fc.property(layout(40, 8), fc.nat(60), (each, floor) => {
        for (const value of [readFails(each), alarms(each, floor)]) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
      }),
    );
  });
  it('never grows with p, with a light more, with an anchor more, or with a smaller k', () => {
    fc.assert(
      fc.property(layout(30, 6), chance(), (each, p) => {
        const [light, anchor] = [each.lights[0]!, each.anchors[0]!];
        const before = readFails(each);
        const better: Layout[] = [
          { ...each, lights: [{ ...light, online: Math.max(p, light.online) }] },
          { ...each, lights: [{ ...light, devices: light.devices + 1 }] },
          { ...each, anchors: [{ ...anchor, devices: anchor.devices + 1 }, each.anchors[1]!] },
          { ...each, k: Math.max(1, each.k - 1) },
        ];
        for (const after of better) expect(readFails(after)).toBeLessThanOrEqual(before + SLACK);
      }),
    );
  });
  it('with causes lies between that of none and of all of them', () => {
    fc.assert(
      fc.property(layout(20, 4), chance(), (each, risk) => {
        const cause = (continent: string) => ({
          name: continent,
          chance: risk,
          hits: (group: Group) => group.continent === continent,
        });
        const fails = readFailsUnder(each, [cause('asia'), cause('europe')]);
        expect(fails).toBeGreaterThanOrEqual(readFails(each) - SLACK);
        expect(fails).toBeLessThanOrEqual(1);
        expect(readFailsUnder(each, [cause('nowhere')])).toBeCloseTo(readFails(each), 12);
      }),
    );
  });
});

describe('liars', () => {
  it('never hurt while they are no more than the margin, and make nothing better', () => {
    fc.assert(
      fc.property(layout(30, 4), fc.nat(20), chance(), chance(), (each, margin, a, b) => {
        const acks = acksOf(each, margin);
        expect(acks.k + margin - liarsCovered(acks)).toBe(acks.k);
        expect(acks.ofAnchors).toBeLessThanOrEqual(acks.k + margin);
        const [few, many] = [Math.min(a, b), Math.max(a, b)];
        expect(promiseIsEmpty(acks, few)).toBeLessThanOrEqual(promiseIsEmpty(acks, many) + SLACK);
        expect(promiseIsEmpty(acks, 0)).toBe(0);
        expect(readFailsAmongLiars(each, few)).toBeLessThanOrEqual(
          readFailsAmongLiars(each, many) + SLACK,
        );
      }),
    );
  });
});

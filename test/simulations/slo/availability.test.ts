/** The owner's figures of availability, each to its last printed digit, and what they leave open. */
import { describe, expect, it } from 'vitest';
import { alarms, ninesOf, readFails } from '#simulations/slo/availability.ts';
import { named, without, type Group } from '#simulations/slo/layout.ts';
import { continentCauses, readFailsUnder, withContinentGone } from '#simulations/slo/outages.ts';
import { layoutsTable, ownersTable } from '#simulations/slo/tables.ts';
import { availabilityText, chanceText, percentText } from '#simulations/slo/written.ts';

/** As printed: the number of digits is part of the figure. */
const OWNERS = [
  { p: 0.05, asia: '0.998340', split: '0.9999917', sixMonths: '0.999716' },
  { p: 0.1, asia: '0.999447', split: '0.9999972', sixMonths: '0.999906' },
  { p: 0.2, asia: '0.999967', split: '0.99999984', sixMonths: '0.999994' },
];
const printed = (fails: number, like: string): string => (1 - fails).toFixed(like.length - 2);

describe("the owner's nine figures", () => {
  for (const [i, figures] of OWNERS.entries()) {
    it(`come out at p = ${figures.p}`, () => {
      const row = ownersTable()[i]!;
      expect(row.p).toBe(figures.p);
      expect(printed(row.asia, figures.asia)).toBe(figures.asia);
      expect(printed(row.split, figures.split)).toBe(figures.split);
      expect(printed(row.sixMonths, figures.sixMonths)).toBe(figures.sixMonths);
    });
  }
});

const europe = ({ continent }: Group) => continent === 'europe';

describe('what they do not say', () => {
  it.each([
    [0.05, 94],
    [0.1, 65],
    [0.2, 12],
  ])('without Europe the split fails at p = %s in %s of 100 reads', (p, percent) => {
    const fails = readFails(without(named('split', p), europe));
    expect(Math.round(100 * fails)).toBe(percent);
  });
  it('three continents survive the loss of one as the split does without a loss', () => {
    const fails = readFails(without(named('three', 0.05), europe));
    expect((1 - fails).toFixed(7)).toBe('0.9999917');
    const row = layoutsTable().find(({ name, p }) => name === 'three' && p === 0.05)!;
    expect(row.failsWithoutEurope).toBe(fails);
  });
  it('3 x 5 pieces instead of 3 x 4', () => {
    expect(readFails(named('asia', 0.05)).toExponential(1)).toBe('1.7e-3');
    // Exactly 2.951e-6, which the design cuts to 2.9e-6 and rounding makes 3.0e-6.
    expect(readFails(named('five', 0.05)).toExponential(3)).toBe('2.951e-6');
  });
  it.each([
    [0.05, ['0.28', '55', '94']],
    [0.1, ['0.19', '19', '65']],
  ])('the floor raises its alarm for nothing at p = %s', (p, percents) => {
    const layout = named('asia', p);
    expect(
      [12, 14, 16].map((floor) => String(Number((100 * alarms(layout, floor)).toPrecision(2)))),
    ).toEqual(percents);
  });
  it("losing the lights' own continent is worse than losing another", () => {
    const gone = withContinentGone(named('three', 0.05));
    expect(gone.map(({ continent }) => continent)).toEqual(['asia', 'europe', 'america']);
    expect(gone[0]!.fails).toBeGreaterThan(gone[1]!.fails);
    expect(withContinentGone(named('asia', 0.2))).toEqual([{ continent: 'asia', fails: 1 }]);
  });
  it('an outage that never comes changes nothing, and a sure one all', () => {
    const layout = named('split', 0.1);
    expect(readFailsUnder(layout, continentCauses(layout, 0))).toBe(readFails(layout));
    expect(readFailsUnder(layout, continentCauses(layout, 1))).toBe(1);
    const rare = readFailsUnder(layout, continentCauses(layout, 0.001));
    // Asia's outage takes lights and anchors, Europe's leaves what was said above.
    const expected = 0.999 ** 2 * readFails(layout) + 0.001 + 0.999 * 0.001 * 0.64827664221;
    expect(rare).toBeCloseTo(expected, 12);
  });
});

describe('in print', () => {
  it('availability has its nines and two digits more, and is never rounded to certainty', () => {
    expect(availabilityText(0.00166)).toBe('0.9983');
    expect(availabilityText(8.29e-6)).toBe('0.9999917');
    expect(availabilityText(6.9546e-14)).toBe('0.999999999999931');
    expect(availabilityText(6.9546e-20)).toBe('1 - 6.95e-20');
    expect([availabilityText(0), availabilityText(1)]).toEqual(['1', '0']);
    expect([chanceText(0.12345), chanceText(8.2887e-6), chanceText(0)]).toEqual([
      '0.123',
      '8.29e-6',
      '0',
    ]);
    expect([chanceText(1), chanceText(0.99997)]).toEqual(['1', '1 - 3.0e-5']);
    expect(percentText(0.5548)).toBe('55 %');
    expect([percentText(0.996), percentText(1)]).toEqual(['> 99 %', '100 %']);
    expect(ninesOf(0.001)).toBeCloseTo(3, 12);
  });
});

/** `city-chain slo`: what it prints, and what it says to a command line that makes no sense. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { command } from '#cli/slo.ts';
import type { Report } from '#cli/slo-report.ts';
import { scratch } from '../scratch.ts';

const place = scratch();
let printed: string[] = [];
const slo = (...words: string[]): string => {
  printed = [];
  command().exitOverride().parse(words, { from: 'user' });
  return printed.join('\n');
};
const report = (...words: string[]): Report => JSON.parse(slo(...words, '--json')) as Report;

const withAnchors = (anchors: string) =>
  report('--anchors', anchors, '--operator-loss', '0.001', '--p', '0.05').at[0]!;
const daysToLoss = (...words: string[]) =>
  report('--p', '0.05', ...words).at[0]!.kept!.meanDaysToLoss;

beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => place.remove());

describe('slo', () => {
  it("prints the owner's nine figures to every digit", () => {
    const text = slo();
    expect(text).toMatch(/^0\.05 +0\.998340 +0\.9999917 +0\.999716$/m);
    expect(text).toMatch(/^0\.1 +0\.999447 +0\.9999972 +0\.999906$/m);
    expect(text).toMatch(/^0\.2 +0\.999967 +0\.99999984 +0\.999994$/m);
  });
  it('shows how much hangs on lights, anchors and the floor', () => {
    const { floors, rows } = report('--layout', 'asia').spread;
    expect(floors).toEqual([12, 14, 16]);
    const percents = (p: number) =>
      rows.find((row) => row.p === p)!.alarms.map((rings) => Number((100 * rings).toPrecision(2)));
    expect([percents(0.05), percents(0.1)]).toEqual([
      [0.28, 55, 94],
      [0.19, 19, 65],
    ]);
    const [less, owners, more] = rows.find((row) => row.p === 0.05)!.nines as [
      number,
      number,
      number,
    ];
    expect(owners.toFixed(3)).toBe((-Math.log10(1 - 0.99834)).toFixed(3));
    expect(less < owners && owners < more).toBe(true);
  });
  it('answers for a layout of its own as for a named one', () => {
    const own = report('--anchors', 'asia:3x2,europe:3x2,america:3x2', '--p', '0.05');
    expect(own.at).toEqual(report('--layout', 'three', '--p', '0.05').at);
  });
  it('takes a continent away', () => {
    const [gone] = report('--gone', 'europe', '--p', '0.05').at;
    expect(Math.round(100 * gone!.fails)).toBe(94);
    // All lights gone with their continent: nothing to keep a chain of.
    const [asia] = report('--layout', 'three', '--gone', 'asia', '--p', '0.05').at;
    expect(asia!.fails.toExponential(1)).toBe('1.5e-5');
    expect(asia!.kept).toBeUndefined();
    expect(slo('--layout', 'three', '--gone', 'asia')).toContain('without asia');
  });
  it('counts an operator of two continents as one', () => {
    const one = withAnchors('asia:3x2@acme,europe:3x2@acme');
    const two = withAnchors('asia:3x2@acme,europe:3x2@best');
    expect(one.fails).toBe(two.fails);
    // One operator gone leaves only lights; of two, one gone leaves six pieces.
    expect(one.failsWithOperatorLoss).toBeCloseTo(0.001, 4);
    expect(two.failsWithOperatorLoss).toBeGreaterThan(one.failsWithOperatorLoss);
    expect(withAnchors('asia:3x2,europe:3x2').failsWithOperatorLoss).toBe(one.fails);
  });
  it('judges the formula by lot where asked', () => {
    const text = slo('--reads', '1000', '--seed', '3', '--p', '0.05');
    expect(text).toMatch(/^0\.05 +devices .* 1,000 .* yes$/m);
    expect(text).toMatch(/^0\.05 +and continents .* 1,000 .* yes$/m);
    const lone = ['--anchors', 'asia:1x8,asia:2x2', '--reads', '1000', '--p', '0.05'];
    expect(slo(...lone)).toContain('no city places so');
  });
  it("takes a policy's layout, margin, floor and thresholds of repair", () => {
    const file = join(place.path, 'p.yaml');
    writeFileSync(
      file,
      'pieces: { anchor_total: 14 }\nrepair: { start_at: 30, online_floor: 13 }\n',
    );
    const { asked, at } = report('--policy', file, '--p', '0.05');
    expect(
      asked.layout.anchors.map(({ continent, devices, piecesEach }) => [
        continent,
        devices,
        piecesEach,
      ]),
    ).toEqual([
      ['asia', 1, 3],
      ['asia', 2, 2],
      ['europe', 1, 3],
      ['europe', 2, 2],
    ]);
    expect([asked.repairing.startAt, asked.floor]).toEqual([30, 13]);
    writeFileSync(file, 'pieces: { anchor_total: 14 }\n');
    const later = report('--policy', file, '--p', '0.05').at[0]!;
    expect(at[0]!.kept!.lossWithin).toBeLessThan(later.kept!.lossWithin);
  });
  it('lets lights and anchors live as long as it is told', () => {
    expect(daysToLoss('--light-life-days', '3000', '--anchor-life-days', '9000')).toBeGreaterThan(
      daysToLoss(),
    );
  });
  it('says what one step more would be', () => {
    const { changes } = report('--p', '0.05');
    expect(changes[0]!.stored).toBe(4.2);
    for (const { nines } of changes.slice(1))
      expect(nines[0]).toBeGreaterThan(changes[0]!.nines[0]!);
  });
  it('says nothing of durability where there are too many ways to lose anchors', () => {
    const many = Array.from({ length: 8 }, (_, i) => `c${String.fromCharCode(97 + i)}:9x3`);
    const [at] = report('--anchors', many.join(','), '--p', '0.05').at;
    expect([at!.kept, at!.unrepaired]).toEqual([undefined, undefined]);
  });
  it('survives certainty', () => {
    expect(slo('--q', '1', '--p', '0,1', '--layout', 'five')).toContain('Infinity');
    expect(slo('--lights', 'asia:0', '--layout', 'asia', '--p', '0')).toContain(
      '12 pieces, 10 suffice',
    );
  });
  it('writes its curve as SVG', () => {
    const file = join(place.path, 'nines.svg');
    slo('--plot', file, '--p', '0.05');
    expect(readFileSync(file, 'utf8')).toMatch(/^<svg [\s\S]*europe gone[\s\S]*<\/svg>\n$/);
  });
});

describe('what makes no sense', () => {
  it.each([
    [['--layout', 'toString'], /--layout is 'toString', expected one of asia, split, three, five/],
    [['--anchors', 'asia'], /--anchors has 'asia', expected such as asia:3x4/],
    [['--anchors', 'asia:0x4'], /--anchors is '0', expected a whole number from 1/],
    [['--lights', 'asia:many'], /--lights is 'asia:many'/],
    [['--anchors', 'asia:99x99'], /the layout has 9831 pieces, expected k = 10 to 256/],
    [['-k', '43'], /the layout has 42 pieces, expected k = 43/],
    [['--p', '1.5'], /--p is '1.5', expected a number from 0 to 1/],
    [['--policy', '/nowhere.yaml'], /\/nowhere.yaml cannot be read/],
    [['--gone', 'mars'], /--gone is 'mars', expected one of asia, europe/],
    [['--margin', '33'], /--margin is '33', expected a whole number from 0 to 32/],
    [['--reads', '10'], /--reads is '10', expected a whole number from 1000/],
    [['--plot', '/nowhere/x.svg'], /--plot cannot write '\/nowhere\/x.svg'/],
  ])('%s', (words, message) => {
    expect(() => slo(...words)).toThrow(message);
  });
});

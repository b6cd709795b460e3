/** `city-chain sim year`: what it prints, and what it says to a command line that makes no sense. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Unfit } from '#cli/unfit.ts';
import { command, settingsOf, type YearFlags } from '#cli/year.ts';
import type { Report } from '#simulations/year/report.ts';
import { scratch } from '../scratch.ts';

const place = scratch();
let printed: string[] = [];
const year = (...words: string[]): string => {
  printed = [];
  const quick = ['--days', '2', '--lights', '9k', '--samples', '60', '--reads', '20'];
  command()
    .exitOverride()
    .parse([...quick, ...words], { from: 'user' });
  return printed.join('\n');
};

beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => place.remove());

describe('sim year', () => {
  it('tells what was reached, and says what it assumed', () => {
    const text = year('--continents', 'asia,europe@1');
    expect(text).toMatch(/^2 DAYS from 2026-01-01 by the defaults, seed 1$/m);
    expect(text).toMatch(/asia, europe from day 1; 1,000,000 transactions of 16 KB a day/);
    expect(text).toMatch(/^reads +9\d\d, of which \d+ failed$/m);
    expect(text).toMatch(/^asia\.anchors\.hall\.a1 +/m);
  });
  it('writes its charts, and days as JSON', () => {
    const folder = join(place.path, 'plots');
    const { days, total } = JSON.parse(year('--plots', folder, '--json')) as Report;
    expect(days).toHaveLength(2);
    expect(total.reads).toBeGreaterThan(900);
    const names = ['lights-online', 'lights-by-hour', 'anchor-pieces', 'reads-failed'];
    for (const name of [...names, 'repair-traffic', 'storage']) {
      const file = join(folder, `${name}.svg`);
      expect(existsSync(file) && readFileSync(file, 'utf8').startsWith('<svg')).toBe(true);
    }
  });
});

const flags: YearFlags = {
  days: '2',
  lights: '9k',
  perDay: '1M',
  size: '16KB',
  continents: 'asia,europe@30',
  samples: '10',
  reads: '10',
  keepDays: '10',
  anchorUp: '0.999',
  outageHours: '4',
  lightLifeDays: '730',
  from: '2026-01-01',
  seed: '1',
};
const fault = (more: Partial<YearFlags>): string => {
  try {
    settingsOf({ ...flags, ...more });
    return 'nothing';
  } catch (error) {
    return error instanceof Unfit ? error.message : `not unfit: ${String(error)}`;
  }
};

describe('a command line', () => {
  it.each([
    [{ days: '0' }, "--days is '0', expected a whole number from 1 to 3650"],
    [{ lights: '100' }, "--lights is '100', expected 3072 or more"],
    [{ lights: '9.5' }, "--lights is '9.5', expected a whole number to 4000000"],
    [{ lights: '5M' }, "--lights is '5M', expected a whole number to 4000000"],
    [{ continents: 'mars' }, "--continents is 'mars', expected some of asia, europe, america"],
    [{ continents: 'asia,asia' }, "--continents is 'asia,asia', expected some of"],
    [{ continents: 'asia@3' }, "--continents is 'asia@3', expected some of"],
    [{ continents: 'constructor' }, "--continents is 'constructor', expected some of"],
    [{ dark: 'asia:5' }, "--dark has 'asia:5', expected such as europe:60-61"],
    [{ dark: 'asia:5-5' }, "--dark has 'asia:5-5', expected such as europe:60-61"],
    [{ dark: 'america:5-6' }, "--dark has 'america', expected one of asia, europe"],
    [{ from: 'soon' }, "--from is 'soon', expected a time such as"],
    [{ anchorUp: '0' }, "--anchor-up is '0', expected a number from 0.01 to 1"],
    [{ policy: '/nowhere' }, '/nowhere cannot be read'],
  ])('%j is told: %s', (more, told) => expect(fault(more)).toContain(told));

  it('is told of, whatever it says, and nothing else happens', () => {
    const word = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom('-1', '1e99', 'NaN', '', '@'),
    );
    const key = fc.constantFrom(...(Object.keys(flags) as (keyof YearFlags)[]), 'dark' as const);
    fc.assert(
      fc.property(key, word, (name, text) => {
        expect(fault({ [name]: text })).not.toMatch(/^not unfit/);
      }),
    );
  });
});

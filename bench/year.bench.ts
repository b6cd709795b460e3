/**
 * How long does half a year take? Two smaller populations over some days, all else as it is for a million lights: as
 * many transactions followed, as many reads tried. What a day takes of CPU, and what memory the process has, is a
 * straight line in the lights (lists, who is online, a name and digests for each), and is drawn on from the two.
 * A run in full took 3.9 minutes of CPU and 0.99 GB (`city-chain sim year`).
 *
 * Verified: two runs of one seed are the same, and nobody was refused.
 */
import { isDeepStrictEqual } from 'node:util';
import { assert } from '#lib/assert.ts';
import { DEFAULTS } from '#config/policy/read.ts';
import type { Day } from '#simulations/year/diary.ts';
import { totalOf } from '#simulations/year/report.ts';
import { ASSUMED, type Settings } from '#simulations/year/settings.ts';
import { Year } from '#simulations/year/year.ts';
import { cpuMicros, median, type Bench, type Row } from './bench.ts';

const LIGHTS = 1_000_000;
const DAYS = 180;
const FEW = 100_000;
const MORE = 300_000;
const WARM_DAYS = 1;
const MEASURED_DAYS = 3;
const US_PER_MINUTE = 60e6;
const GIGABYTE = 1_024 ** 3;

const settings = (more: Partial<Settings>): Settings => ({
  ...ASSUMED,
  seed: 1,
  days: DAYS,
  startsAt: Date.UTC(2_026, 0, 1),
  policy: DEFAULTS,
  continents: [
    { continent: 'asia', fromDay: 0, dark: undefined },
    { continent: 'europe', fromDay: 0, dark: undefined },
  ],
  lights: FEW,
  perDay: 1_000_000,
  samplesPerDay: 300,
  sizeBytes: 16_384,
  livesDays: 3_650,
  readsPerHour: 10_000,
  ...more,
});

interface Cost {
  readonly lights: number;
  /** CPU microseconds of a day, and of making the population. */
  readonly dayUs: number;
  readonly madeUs: number;
  readonly bytes: number;
}

function costOf(lights: number): Cost {
  let year: Year | undefined;
  const madeUs = cpuMicros(() => void (year = new Year(settings({ lights }))));
  for (let day = 0; day < WARM_DAYS; day++) year!.nextDay();
  const each = Array.from({ length: MEASURED_DAYS }, () => cpuMicros(() => void year!.nextDay()));
  return { lights, dayUs: median(each), madeUs, bytes: process.memoryUsage().rss };
}

/** Where the line through two points is at a million. */
function drawnOn(few: Cost, more: Cost, of: (cost: Cost) => number): number {
  const perLight = (of(more) - of(few)) / (more.lights - few.lights);
  return of(more) + perLight * (LIGHTS - more.lights);
}

function live(): Day[] {
  const year = new Year(settings({ lights: 20_000, samplesPerDay: 60, readsPerHour: 100 }));
  return Array.from({ length: 2 }, () => year.nextDay()!);
}

function verify(): void {
  const [one, other] = [live(), live()];
  assert(isDeepStrictEqual(one, other), 'one seed, one story');
  assert(totalOf(one).refused === 0, 'there is room for all');
}

function measured(): Row[] {
  verify();
  const [few, more] = [costOf(FEW), costOf(MORE)];
  const dayUs = drawnOn(few, more, (cost) => cost.dayUs);
  const madeUs = drawnOn(few, more, (cost) => cost.madeUs);
  return [
    {
      name: `${DAYS} days of ${named(LIGHTS)} lights, extrapolated`,
      value: (madeUs + DAYS * dayUs) / US_PER_MINUTE,
      unit: 'min CPU',
      goal: '<= 10 min',
    },
    {
      name: 'memory of that, extrapolated',
      value: drawnOn(few, more, ({ bytes }) => bytes) / GIGABYTE,
      unit: 'GB',
      goal: '<= 4 GB',
    },
    {
      name: `a day of ${named(MORE)} lights`,
      value: more.dayUs / 1_000,
      unit: 'ms CPU',
      against: `${named(FEW)} lights`,
      ratio: more.dayUs / few.dayUs,
    },
  ];
}

const named = (count: number): string => count.toLocaleString('en-US');

export const bench: Bench = {
  name: 'year',
  question: 'how long does half a year of a million lights take?',
  run: () => Promise.resolve(measured()),
};

/**
 * `city-chain sim year`: half a year and longer of a population, on the real decisions.
 *
 *   city-chain sim year                                     180 days, a million lights, Europe from day 30 on
 *   city-chain sim year --policy FILE --per-day 5M          by an operator's file, at another load
 *   city-chain sim year --dark europe:60-61                 what a continent does that goes dark
 *   city-chain sim year --lights 100k --days 30 --plots out quicker, and the charts as SVG
 *
 * What is simulated is in simulations/year/, what is printed in year-print.ts.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { PIECES_MAX } from '#config/policy.ts';
import { svg } from '#simulations/plot/svg.ts';
import { chartsOf } from '#simulations/year/charts.ts';
import type { Day } from '#simulations/year/diary.ts';
import { reportOf, type Report } from '#simulations/year/report.ts';
import { ASSUMED, CITIES, type Joining, type Settings } from '#simulations/year/settings.ts';
import { Year } from '#simulations/year/year.ts';
import { readPolicyFile } from './policy-file.ts';
import { timeOf } from './policy-mood.ts';
import { bytes, count, decimal, several } from './quantity.ts';
import { Unfit, wholeNumber } from './unfit.ts';
import { print, progressText } from './year-print.ts';

export interface YearFlags {
  readonly policy?: string;
  readonly days: string;
  readonly lights: string;
  readonly perDay: string;
  readonly size: string;
  readonly continents: string;
  readonly dark?: string;
  readonly samples: string;
  readonly reads: string;
  readonly keepDays: string;
  readonly anchorUp: string;
  readonly outageHours: string;
  readonly lightLifeDays: string;
  readonly from: string;
  readonly seed: string;
}

interface Options extends YearFlags {
  readonly plots?: string;
  readonly json?: boolean;
}

export function command(): Command {
  return new Command('year')
    .description('half a year of a population, on the real policy, placement, expiry and repair')
    .option('--policy <file>', 'the policy in force all the time (default: the defaults)')
    .option('--days <days>', 'how long', '180')
    .option('--lights <count>', 'registered lights, of which a tenth is online', '1M')
    .option('--per-day <count>', 'transactions a day', '1M')
    .option('--size <bytes>', 'of a transaction', '16KB')
    .option('--continents <names>', 'who takes part, and from which day on', 'asia,europe@30')
    .option('--dark <continent:days>', 'a continent goes dark: europe:60-61, by commas')
    .option('--samples <count>', 'transactions a day that are followed in place of all', '300')
    .option('--reads <count>', 'reads an hour that are tried', '10000')
    .option('--keep-days <days>', 'how long a transaction is wanted', '3650')
    .option('--anchor-up <chance>', 'of the time, anchors are up', String(ASSUMED.anchorUp))
    .option('--outage-hours <hours>', 'how long one is down then', String(ASSUMED.outageHours))
    .option('--light-life-days <days>', 'how long a light stays', String(ASSUMED.lightLifeDays))
    .option('--from <time>', 'the first day, for time windows', '2026-01-01')
    .option('--seed <number>', 'the same seed, the same year', '1')
    .option('--plots <folder>', 'write the charts as SVG')
    .option('--json', 'print JSON, day by day')
    .action(run);
}

function run(options: Options): void {
  const report = lived(settingsOf(options));
  if (options.plots !== undefined) writePlots(options.plots, report);
  if (options.json === true) console.log(JSON.stringify(report, null, 2));
  else console.log(print(report, options.policy ?? 'the defaults'));
}

function lived(settings: Settings): Report {
  const year = new Year(settings);
  const days: Day[] = [];
  for (let day = year.nextDay(); day !== undefined; day = year.nextDay()) {
    days.push(day);
    if (process.stderr.isTTY) process.stderr.write(`\r\u001b[2K${progressText(day, settings)}`);
  }
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
  return reportOf(settings, days);
}

function writePlots(folder: string, report: Report): void {
  try {
    mkdirSync(folder, { recursive: true });
    for (const { name, chart } of chartsOf(report)) {
      writeFileSync(join(folder, `${name}.svg`), svg(chart));
    }
  } catch (error) {
    throw new Unfit(`--plots cannot write into '${folder}': ${(error as Error).message}`);
  }
}

const DAYS_MAX = 3_650;
/** Of each a name and four digests are kept: a gigabyte a million. */
const LIGHTS_MAX = 4_000_000;
const SAMPLES_MAX = 20_000;

export function settingsOf(flags: YearFlags): Settings {
  const days = wholeNumber('--days', 1, DAYS_MAX)(flags.days);
  const { policy } = readPolicyFile(flags.policy);
  const continents = continentsOf(flags.continents, flags.dark);
  const lights = whole('--lights', flags.lights, LIGHTS_MAX);
  const cities = continents.reduce((sum, each) => sum + CITIES[each.continent]!.length, 0);
  if (lights < cities * PIECES_MAX) {
    throw new Unfit(`--lights is '${flags.lights}', expected ${cities * PIECES_MAX} or more`);
  }
  return {
    ...ASSUMED,
    seed: wholeNumber('--seed', 0, Number.MAX_SAFE_INTEGER)(flags.seed),
    days,
    startsAt: timeOf(flags.from, '--from'),
    policy,
    continents,
    lights,
    perDay: count('--per-day')(flags.perDay),
    samplesPerDay: wholeNumber('--samples', 1, SAMPLES_MAX)(flags.samples),
    sizeBytes: bytes('--size')(flags.size),
    livesDays: decimal('--keep-days', 1, 100_000)(flags.keepDays),
    readsPerHour: wholeNumber('--reads', 0, 1_000_000)(flags.reads),
    anchorUp: decimal('--anchor-up', 0.01, 1)(flags.anchorUp),
    outageHours: decimal('--outage-hours', 0.1, 10_000)(flags.outageHours),
    lightLifeDays: decimal('--light-life-days', 1, 1e6)(flags.lightLifeDays),
  };
}

function whole(option: string, text: string, most: number): number {
  const value = count(option)(text);
  if (Number.isInteger(value) && value <= most) return value;
  throw new Unfit(`${option} is '${text}', expected a whole number to ${most}`);
}

const EXPECT_CONTINENTS = `some of ${Object.keys(CITIES).join(', ')}, each once, such as asia,europe@30`;

function continentsOf(text: string, dark: string | undefined): Joining[] {
  const unfit = (): Unfit =>
    new Unfit(`--continents is '${text.slice(0, 60)}', expected ${EXPECT_CONTINENTS}`);
  const goes = darkOf(dark);
  const all = several((part): Joining => {
    const [, continent, day] = /^([a-z]+)(?:@(\d+))?$/.exec(part) ?? [];
    if (continent === undefined || !Object.hasOwn(CITIES, continent)) throw unfit();
    const fromDay = wholeNumber('--continents', 0, DAYS_MAX)(day ?? '0');
    return { continent, fromDay, dark: goes.get(continent) };
  })(text);
  const names = all.map(({ continent }) => continent);
  const isOnce = new Set(names).size === names.length;
  if (!isOnce || all.every(({ fromDay }) => fromDay > 0)) throw unfit();
  const stranger = [...goes.keys()].find((continent) => !names.includes(continent));
  if (stranger === undefined) return all;
  throw new Unfit(`--dark has '${stranger}', expected one of ${names.join(', ')}`);
}

function darkOf(text: string | undefined): ReadonlyMap<string, NonNullable<Joining['dark']>> {
  if (text === undefined) return new Map();
  const pairs = several((part) => {
    const [, continent, from, until] = /^([a-z]+):(\d+)-(\d+)$/.exec(part) ?? [];
    if (continent === undefined || Number(from) >= Number(until)) {
      throw new Unfit(`--dark has '${part.slice(0, 40)}', expected such as europe:60-61`);
    }
    return [continent, { fromDay: Number(from), untilDay: Number(until) }] as const;
  });
  return new Map(pairs(text));
}

/** The year as charts, each with the name of its file. */
import type { Chart, Series } from '../plot/chart.ts';
import type { Day, Presence } from './diary.ts';
import { hoursOf, type Report } from './report.ts';

const GIGABYTE = 1_024 ** 3;
const MEGABYTE = 1_024 ** 2;

export interface Named {
  readonly name: string;
  readonly chart: Chart;
}

export const chartsOf = (report: Report): Named[] => [
  { name: 'lights-online', chart: online(report) },
  { name: 'lights-by-hour', chart: byHour(report) },
  { name: 'anchor-pieces', chart: boosts(report) },
  { name: 'reads-failed', chart: reads(report) },
  { name: 'repair-traffic', chart: repairs(report) },
  { name: 'storage', chart: storage(report) },
];

const DAYS = { label: 'day' };

const byDay = (days: readonly Day[], name: string, of: (day: Day) => number): Series => ({
  name,
  points: days.map((day) => [day.day, of(day)] as const),
});

const continentsOf = ({ settings }: Report): string[] =>
  settings.continents.map(({ continent }) => continent);

/** The days on which a continent was there. */
const thereOn = ({ days }: Report, continent: number): readonly Day[] =>
  days.filter(({ presence }) => presence[continent]!.registered > 0);

const online = (report: Report): Chart => ({
  title: 'Lights online: the least, the mean and the most of each day',
  x: DAYS,
  y: { label: 'p_light' },
  series: continentsOf(report).flatMap((continent, i) =>
    (['least', 'mean', 'most'] as const).map((which: keyof Presence & string) =>
      byDay(thereOn(report, i), `${continent}, ${which}`, ({ presence }) =>
        Number(presence[i]![which as 'mean']),
      ),
    ),
  ),
});

const byHour = (report: Report): Chart => ({
  title: 'Lights online by the hour',
  x: { label: 'hour of UTC' },
  y: { label: 'p_light' },
  series: continentsOf(report).map((name, i) => ({
    name,
    points: hoursOf(report.days, i).map((p, hour) => [hour, p] as const),
  })),
});

const boosts = (report: Report): Chart => ({
  title: 'Anchor pieces of a new transaction, boosts and all',
  x: DAYS,
  y: { label: 'anchor pieces, mean of the day' },
  series: continentsOf(report).map((continent, i) =>
    byDay(
      report.days.filter(({ boosted }) => boosted[i]!.transactions > 0),
      `sent in ${continent}`,
      ({ boosted }) => boosted[i]!.anchorPieces,
    ),
  ),
});

const reads = ({ days }: Report): Chart => ({
  title: 'How often a read fails',
  x: DAYS,
  y: { label: 'share of reads', isLog: true },
  series: [
    byDay(days, 'as it came', ({ read }) => read.failed / Math.max(1, read.reads)),
    byDay(days, 'by the formula', ({ formulaFails }) => formulaFails),
    byDay(days, 'below the floor', ({ read }) => read.alarms / Math.max(1, read.reads)),
  ],
});

const repairs = ({ days }: Report): Chart => ({
  title: 'Repair',
  x: DAYS,
  y: { label: 'GB a day' },
  series: [
    byDay(days, 'read', ({ repaired }) => repaired.bytesRead / GIGABYTE),
    byDay(days, 'written', ({ repaired }) => repaired.bytesWritten / GIGABYTE),
  ],
});

const storage = (report: Report): Chart => ({
  title: 'Stored on one device',
  x: DAYS,
  y: { label: 'MB', isLog: true },
  series: [
    byDay(report.days, 'light, mean', ({ lights }) => lights.meanBytes / MEGABYTE),
    byDay(report.days, 'light, the fullest', ({ lights }) => lights.mostBytes / MEGABYTE),
    ...continentsOf(report).map((continent) =>
      byDay(report.days, `anchor of ${continent}, mean`, (day) => anchorMean(day, continent)),
    ),
  ],
});

function anchorMean({ anchors }: Day, continent: string): number {
  const here = anchors.filter(({ node }) => node.startsWith(`${continent}.`));
  const bytes = here.reduce((all, each) => all + each.bytes, 0);
  return bytes / Math.max(1, here.length) / MEGABYTE;
}

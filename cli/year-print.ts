/** What `city-chain sim year` tells a person. */
import { textChart } from '#simulations/plot/text.ts';
import { chanceText, percentText } from '#simulations/slo/written.ts';
import { chartsOf } from '#simulations/year/charts.ts';
import type { Day } from '#simulations/year/diary.ts';
import { dateOf, periodsOf, totalOf, type Report, type Total } from '#simulations/year/report.ts';
import type { Settings } from '#simulations/year/settings.ts';
import { bytesText, numberText } from './quantity.ts';
import { table } from './table.ts';

const PERIOD_DAYS = 30;

export const print = (report: Report, file: string): string =>
  [
    lived(report, file),
    periods(report),
    totals(report),
    kept(report),
    ...chartsOf(report).map(({ chart }) => textChart(chart)),
  ].join('\n\n');

export const progressText = ({ day }: Day, { days }: Settings): string =>
  `day ${day + 1} of ${days}`;

const dayText = (report: Report, day: number): string =>
  new Date(dateOf(report.settings, day)).toISOString().slice(0, 10);

function lived(report: Report, file: string): string {
  const { settings, days } = report;
  const { lights, perDay, sizeBytes, samplesPerDay, continents, seed } = settings;
  const names = continents.map(({ continent, fromDay, dark }) =>
    [
      continent,
      ...(fromDay > 0 ? [`from day ${fromDay}`] : []),
      ...(dark === undefined ? [] : [`dark on days ${dark.fromDay} to ${dark.untilDay}`]),
    ].join(' '),
  );
  return [
    `${days.length} DAYS from ${dayText(report, 0)} by ${file}, seed ${seed}`,
    `${numberText(lights)} lights registered on ${names.join(', ')}; ${numberText(perDay)} transactions of ${bytesText(sizeBytes)} a day, of which ${numberText(samplesPerDay)} are followed.`,
    ...assumed(report),
  ].join('\n');
}

const assumed = ({ settings }: Report): string[] => [
  `Assumed: ${settings.people.map(({ share, online }) => `${percentText(share)} of people online ${percentText(online)} of the time`).join(', ')}, by day more than by night, for ${settings.sessionHours} h at a time;`,
  `lights stay ${settings.lightLifeDays} d, anchors ${settings.anchorLifeDays} d; anchors are up ${settings.anchorUp} of the time, down for ${settings.outageHours} h.`,
];

/** Nothing failed: at least so many, were it one more in three. */
const ninesText = ({ nines, isAtLeast }: Pick<Total, 'nines' | 'isAtLeast'>): string =>
  `${isAtLeast ? '> ' : ''}${nines.toFixed(2)}`;

function periods({ days, settings }: Report): string {
  const names = settings.continents.map(({ continent }) => continent);
  const rows = periodsOf(days, PERIOD_DAYS).map((part) => periodRow(part, names.length));
  const head = [
    'days',
    ...names.map((name) => `p_light ${name}`),
    ...names.map((name) => `anchor pieces ${name}`),
    'nines',
    'formula',
    'alarms',
    'repaired',
    'moved',
    'lost',
    'a light holds',
  ];
  return ['HOW IT WENT', table([head, ...rows])].join('\n');
}

function periodRow(part: readonly Day[], continents: number): string[] {
  const total = totalOf(part);
  const last = part.at(-1)!;
  const each = (text: (days: readonly Day[], continent: number) => string): string[] =>
    Array.from({ length: continents }, (_, i) => text(part, i));
  return [
    `${part[0]!.day} to ${last.day}`,
    ...each(shareText),
    ...each(piecesText),
    ninesText(total),
    total.formulaNines.toFixed(2),
    percentText(total.alarms),
    numberText(total.repaired),
    bytesText(total.bytesRead + total.bytesWritten),
    numberText(last.lost),
    bytesText(last.lights.meanBytes),
  ];
}

/** The least and the most of an hour, over some days. */
function shareText(days: readonly Day[], continent: number): string {
  const there = days.filter(({ presence }) => presence[continent]!.registered > 0);
  if (there.length === 0) return '-';
  const all = there.map(({ presence }) => presence[continent]!);
  const [least, most] = [
    Math.min(...all.map((each) => each.least)),
    Math.max(...all.map((each) => each.most)),
  ];
  return `${least.toFixed(3)} to ${most.toFixed(3)}`;
}

function piecesText(days: readonly Day[], continent: number): string {
  const all = days.map(({ boosted }) => boosted[continent]!);
  const sent = all.reduce((sum, { transactions }) => sum + transactions, 0);
  if (sent === 0) return '-';
  const pieces = all.reduce((sum, each) => sum + each.transactions * each.anchorPieces, 0);
  return (pieces / sent).toFixed(2);
}

function totals({ total }: Report): string {
  const { reads, failed, fails, within, pLight, pHolders, arrived, refused } = total;
  return [
    'WHAT WAS REACHED',
    table([
      ['reads', `${numberText(reads)}, of which ${numberText(failed)} failed`],
      ['a read failed', failed === 0 ? 'never' : `${chanceText(fails)} +- ${chanceText(within)}`],
      [
        'nines',
        `${ninesText(total)}; the formula for the terms given: ${total.formulaNines.toFixed(2)} at the p_light of each day, ${total.holdersNines.toFixed(2)} with lights as those that hold are`,
      ],
      [
        'lights online',
        `${percentText(pLight)} of all, ${percentText(pHolders)} of those that hold`,
      ],
      ['below the floor', `${percentText(total.alarms)} of reads`],
      ['arrived', `${numberText(arrived)}, ${numberText(refused)} refused for want of holders`],
      [
        'repaired',
        `${numberText(total.repaired)}, ${bytesText(total.bytesRead)} read and ${bytesText(total.bytesWritten)} written; at most ${numberText(total.waitedMost)} waited`,
      ],
      ['held for longer', `${numberText(total.renewed)} times, and nothing moved for it`],
      [
        'lost',
        `${numberText(total.lostAtLast)} at last, ${numberText(total.lostMost)} at most: fewer than k pieces left`,
      ],
      ['given up', `${numberText(total.dropped)} pieces, because a device was full`],
    ]),
    'A piece is given to whoever is online, and so more often to those who are online often: that is why holders are',
    'there more than lights are. Anchors fail for all reads of an hour alike: an outage that did not come in these days',
    'is in the formula, and not in what was reached. Figures are of all transactions; each one followed stands for many.',
  ].join('\n');
}

const HOURS_A_YEAR = 365.25 * 24;

function kept({ days }: Report): string {
  const last = days.at(-1)!;
  const hours = days.length * 24;
  const growth = (bytes: number): string => `${bytesText((bytes * HOURS_A_YEAR) / hours)} a year`;
  const rows = last.anchors.map(({ node, bytes, isUp }) => [
    node,
    bytesText(bytes),
    growth(bytes),
    isUp ? '' : 'down',
  ]);
  return [
    'STORED AT LAST',
    table([
      ['a light, mean', bytesText(last.lights.meanBytes), growth(last.lights.meanBytes), ''],
      ['the fullest', bytesText(last.lights.mostBytes), growth(last.lights.mostBytes), ''],
      ...rows,
    ]),
  ].join('\n');
}

/** What `city-chain ttl` tells a person. */
import { textChart } from '#simulations/plot/text.ts';
import { percentText } from '#simulations/slo/written.ts';
import type { Recommended } from '#simulations/ttl/recommended.ts';
import { bytesText, numberText } from './quantity.ts';
import { table } from './table.ts';
import type { Needed, Report } from './ttl-report.ts';

export const print = (report: Report): string =>
  [
    tables(report),
    asked(report),
    overheads(report),
    recommended(report),
    ...(report.needed === undefined ? [] : [needed(report, report.needed)]),
    textChart(report.chart),
  ].join('\n\n');

const HOURS_PER_DAY = 24;
/** Where days say less than hours. */
const HOURS_BELOW_DAYS = 2;

/** Days as the owner prints them, hours beside them where they are few. */
export function daysText(days: number): string {
  if (days >= 10) return `${Math.round(days).toLocaleString('en-US')} d`;
  if (days >= HOURS_BELOW_DAYS) return `${days.toFixed(2)} d`;
  const hours = HOURS_PER_DAY * days;
  const finer = hours < 1 ? `${(60 * hours).toFixed(1)} min` : `${hours.toFixed(1)} h`;
  return `${days < 0.1 ? Number(days.toPrecision(2)) : days.toFixed(2)} d (${finer})`;
}

const tables = ({ tables: rows, arrivals, decimal }: Report): string => {
  const [alone, split] = decimal.map(({ days }) => daysText(days));
  return [
    'KEPT, by the formula: cap x devices / (pieces x arrivals x size / k), KB = 1024 bytes',
    table([
      ['transactions a day', ...arrivals.map((each) => each.toLocaleString('en-US'))],
      ...rows.map(({ name, days }) => [name, ...days.map(daysText)]),
    ]),
    `In decimal units, as the owner has this one: anchors 500 MB x 3, 16 KB, 100,000 a day: ${alone} Asia only, ${split} split.`,
  ].join('\n');
};

function asked({ asked: { kind, keeping }, bytesPerDay, days }: Report): string {
  const { devices, capBytes, pieces, perDay, sizeBytes, k } = keeping;
  return [
    `ASKED: ${numberText(devices)} ${kind} of ${bytesText(capBytes)}, ${numberText(perDay)} transactions of ${bytesText(sizeBytes)} a day, ${pieces} pieces here, any ${k} suffice`,
    `arrives ${bytesText(bytesPerDay)} a day, room for ${bytesText(devices * capBytes)}: kept ${daysText(days)}`,
  ].join('\n');
}

const overheads = (report: Report): string =>
  [
    'WHAT THE FORMULA LEAVES OUT',
    table([
      ['', 'leaves', 'kept then'],
      ...report.overheads.map(({ name, leaves }) => [
        name,
        percentText3(leaves),
        daysText(report.days * leaves),
      ]),
      [
        'all together',
        percentText3(report.daysAfterOverheads / report.days),
        daysText(report.daysAfterOverheads),
      ],
    ]),
    `Acks are in the ledger, not here: ${report.ackBytesPerDay
      .map(({ batch, bytesPerDay }) => `${bytesText(bytesPerDay)} a day in batches of ${batch}`)
      .join(', ')}.`,
    'Uneven: the fullest device of all drops first. Not in it: cities of different sizes, devices of different sizes.',
  ].join('\n');

const percentText3 = (share: number): string => `${(100 * share).toFixed(1)} %`;

const recommended = ({ asked: { kind }, recommended: all }: Report): string =>
  [
    `RECOMMENDED for these ${kind}`,
    table([
      ['', 'time to live', 'repair when'],
      ['by the formula', ttlText(all.byFormula), watermarkText(all.byFormula)],
      ['with overheads', ttlText(all.withOverheads), watermarkText(all.withOverheads)],
    ]),
  ].join('\n');

function ttlText({ hours }: Recommended): string {
  if (hours === undefined) return 'none, capacity decides (decades)';
  const { least, most } = hours;
  return least === most ? timeText(most) : `${numberText(least)} to ${timeText(most)}`;
}

const timeText = (hours: number): string =>
  hours < HOURS_PER_DAY * HOURS_BELOW_DAYS
    ? `${numberText(hours)} h`
    : `${numberText(hours / HOURS_PER_DAY)} d`;

function watermarkText({ watermarkHours, watermarkShare }: Recommended): string {
  const capacity = `${percentText(watermarkShare)} of the capacity is left`;
  return watermarkHours === undefined
    ? capacity
    : `${timeText(watermarkHours)} of it are left, or ${capacity}`;
}

function needed({ asked: { kind } }: Report, need: Needed): string {
  return [
    `TO KEEP FOR ${numberText(need.days)} DAYS, one of these, the others as asked (${bytesText(need.totalBytes)} in all)`,
    table([
      ['', 'by the formula', 'with overheads'],
      [kind, numberText(need.devices), numberText(need.devicesWithOverheads)],
      ['each gives', bytesText(need.capBytes), bytesText(need.capBytesWithOverheads)],
      ['at most a day', numberText(need.perDay), numberText(need.perDayWithOverheads)],
    ]),
  ].join('\n');
}

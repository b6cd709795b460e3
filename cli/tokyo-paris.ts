/**
 * `city-chain sim tokyo-paris`: the time budget, end to end.
 *
 *   city-chain sim tokyo-paris                            40 texts of 16 KB, 254 ms there and back between continents
 *   city-chain sim tokyo-paris --crossing 180             over a backbone
 *   city-chain sim tokyo-paris --transfers 200 --json
 *
 * What is simulated is in simulations/tokyo-paris/. Exit code 1: a budget is not kept.
 */
import { Command } from 'commander';
import {
  reportOf,
  timelineOf,
  type Line,
  type Part,
  type Report,
} from '#simulations/tokyo-paris/report.ts';
import { bytes } from './quantity.ts';
import { table } from './table.ts';
import { wholeNumber } from './unfit.ts';

interface Options {
  readonly transfers: string;
  readonly size: string;
  readonly nodes: string;
  readonly crossing: string;
  readonly seed: string;
  readonly json?: boolean;
}

export function command(): Command {
  return new Command('tokyo-paris')
    .description(
      'a text is sent in Tokyo and read in Paris: who waits for what, beside the budgets',
    )
    .option('--transfers <count>', 'how many, one after another', '40')
    .option('--size <bytes>', 'of a text', '16KB')
    .option('--nodes <count>', 'of the city, 4 delegates and 6 anchors among them', '60')
    .option('--crossing <ms>', 'round trip between continents', '254')
    .option('--seed <number>', 'the same seed, the same milliseconds', '1')
    .option('--json', 'print JSON')
    .action(run);
}

function run({ transfers, size, nodes, crossing, seed, json }: Options): void {
  const report = reportOf({
    transfers: wholeNumber('--transfers', 1, 10_000)(transfers),
    bytes: wholeNumber('--size', 1, 16_384)(String(bytes('--size')(size))),
    nodes: wholeNumber('--nodes', 40, 2_000)(nodes),
    crossingMs: wholeNumber('--crossing', 1, 10_000)(crossing),
    seed: wholeNumber('--seed', 0, Number.MAX_SAFE_INTEGER)(seed),
  });
  if (json === true) console.log(JSON.stringify(report, null, 2));
  else console.log(print(report));
  if (!report.waits.every(({ isMet }) => isMet)) process.exitCode = 1;
}

const ms = (value: number): string => value.toFixed(0);

function print(report: Report): string {
  const { transfers, bytes: size, nodes, crossingMs, seed } = report.asked;
  return [
    `TOKYO - PARIS: ${transfers} texts of ${size} bytes, sent in Tokyo, kept by a city in Ishikawa, read in Paris; ${nodes} nodes, seed ${seed}`,
    [
      `Round trips: 3 ms in the city, 20 to Tokyo, ${crossingMs} to another continent. Jobs take what they cost on two cores, disks sync in 1 to 10 ms.`,
      'Steps of actors take no time here (`city-chain bench latency` has their CPU). There is no level above the city: its sender waits for the city alone.',
    ].join('\n'),
    timelineText(report),
    waitsText(report),
    layersText(report),
    partsText('WHAT THE SENDER WAITS FOR, until it is committed, in the mean', report.sender),
    partsText('WHAT THE READER WAITS FOR', report.reader),
  ].join('\n\n');
}

const COLUMNS = 48;

function timelineText({ median }: Report): string {
  const column = (at: number): number => Math.round((at / median.readMs) * COLUMNS);
  const bar = ({ from, to, who }: Line): string => {
    const length = Math.max(1, column(to) - column(from));
    return ' '.repeat(column(from)) + (who === 'nobody' ? '.' : '=').repeat(length);
  };
  const rows = timelineOf(median).map((line) => [
    line.who,
    line.what,
    `${ms(line.from)}-${ms(line.to)}`,
    bar(line).padEnd(COLUMNS),
    line.how,
  ]);
  return [
    'THE MEDIAN TRANSFER, in ms since it was sent; dotted: nobody waits for it',
    table([['who waits', 'for', 'ms', '', ''], ...rows]),
  ].join('\n');
}

const waitsText = ({ waits }: Report): string =>
  [
    'WHO WAITS HOW LONG, in ms',
    table([
      ['', 'p50', 'p95', 'p99', 'budget', ''],
      ...waits.map(({ name, p50, p95, p99, budgetMs, isMet }) => [
        name,
        ms(p50),
        ms(p95),
        ms(p99),
        ms(budgetMs),
        isMet ? 'kept' : 'NOT KEPT',
      ]),
    ]),
  ].join('\n');

const layersText = ({ layers }: Report): string =>
  [
    'WHAT EACH LAYER TAKES of its own, in ms; R3 and R5 only wait. Budget: 80 at p99',
    table([
      ['', 'p50', 'p95', 'p99', ''],
      ...layers.map(({ layer, p50, p95, p99, isMet }) => [
        layer,
        ...[p50, p95, p99].map((each) => each.toFixed(1)),
        isMet ? 'kept' : 'NOT KEPT',
      ]),
    ]),
  ].join('\n');

const partsText = (title: string, parts: readonly Part[]): string =>
  [
    title,
    table(
      parts.map(({ what, meanMs, share }) => [
        what,
        `${meanMs.toFixed(1)} ms`,
        `${(100 * share).toFixed(0)} %`,
      ]),
    ),
  ].join('\n');

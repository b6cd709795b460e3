/**
 * `city-chain analytics`: counts what a mirror has, by continent, city, kind, day and state.
 *
 *   city-chain analytics --by city,day --from 2026-01-01
 *   city-chain analytics --by continent,day --as svg > days.svg
 *   city-chain analytics --as parquet --out counts.parquet
 */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { svg } from '#simulations/plot/svg.ts';
import type { Chart } from '#simulations/plot/chart.ts';
import { parquet, type Column } from './mirror/parquet.ts';
import { openSink, whereOf, withSinkOption, type SinkOptions } from './mirror/open.ts';
import { DAY_MS, GROUPS, type Answer, type Group } from './mirror/sink.ts';
import { table } from './table.ts';
import { Failed, Unfit } from './unfit.ts';

const FORMATS = ['table', 'csv', 'svg', 'parquet', 'json'] as const;
type Format = (typeof FORMATS)[number];

interface Options extends SinkOptions {
  readonly by: string;
  readonly from?: string;
  readonly to?: string;
  readonly as: string;
  readonly out?: string;
  readonly json?: boolean;
}

export function command(): Command {
  return withSinkOption(
    new Command('analytics')
      .description('count what a mirror has: by continent, city, kind, day, state')
      .option(
        '--by <groups>',
        `groups, with commas, of ${GROUPS.join(', ')}`,
        'continent,city,kind,day',
      )
      .option('--from <day>', 'from this day on, as 2026-01-31, UTC')
      .option('--to <day>', 'until this day, not with it')
      .option('--as <format>', FORMATS.join(', '), 'table')
      .option('--out <file>', 'write there instead')
      .option('--data <folder>', 'the folder of `up`', 'data')
      .option('--json', 'the same as --as json'),
  ).action(run);
}

async function run(options: Options): Promise<void> {
  const by = groupsOf(options.by);
  const as = options.json === true ? 'json' : oneOf('--as', options.as, FORMATS);
  const when = { ...dayOf('--from', options.from, 'fromMs'), ...dayOf('--to', options.to, 'toMs') };
  const sink = openSink(options);
  try {
    const answers = await sink.group({ by, ...when }).catch((error: Error) => {
      throw new Failed(`${whereOf(options)} does not answer: ${error.message}`);
    });
    give(FORMS[as](by, answers), options.out);
  } finally {
    await sink.close();
  }
}

/** Texts end with their line; bytes are what they are. */
function give(form: string | Uint8Array, file: string | undefined): void {
  const content = typeof form === 'string' ? `${form}\n` : form;
  if (file === undefined) {
    process.stdout.write(content);
    return;
  }
  try {
    writeFileSync(file, content);
  } catch (error) {
    throw new Unfit(`--out cannot write '${file}': ${(error as Error).message}`);
  }
}

const groupsOf = (text: string): Group[] =>
  text === '' ? [] : text.split(',').map((word) => oneOf('--by', word.trim(), GROUPS));

function oneOf<T extends string>(option: string, word: string, words: readonly T[]): T {
  const found = words.find((each) => each === word);
  if (found === undefined) throw new Unfit(`${option} is '${word}', expected ${words.join(', ')}`);
  return found;
}

function dayOf(option: string, text: string | undefined, key: 'fromMs' | 'toMs') {
  if (text === undefined) return {};
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms))
    throw new Unfit(`${option} is '${text}', expected a day such as 2026-01-31`);
  return { [key]: ms };
}

type Form = (by: readonly Group[], answers: readonly Answer[]) => string | Uint8Array;

const cells = (by: readonly Group[], answer: Answer): string[] => [
  ...by.map((group) => (group === 'day' ? dayText(Number(answer.day)) : String(answer[group]))),
  String(answer.txs),
  String(answer.bytes),
];
const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const rowsOf: (...of: Parameters<Form>) => string[][] = (by, answers) => [
  [...by, 'txs', 'bytes'],
  ...answers.map((answer) => cells(by, answer)),
];
const quoted = (cell: string): string =>
  /[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;

const FORMS: Readonly<Record<Format, Form>> = {
  table: (by, answers) => table(rowsOf(by, answers)),
  csv: (by, answers) =>
    rowsOf(by, answers)
      .map((row) => row.map(quoted).join(','))
      .join('\n'),
  json: (_, answers) => JSON.stringify(answers),
  svg: (by, answers) => svg(chartOf(by, answers)),
  parquet: (by, answers) => parquet(columnsOf(by, answers), answers.length),
};

const columnsOf = (by: readonly Group[], answers: readonly Answer[]): Column[] => [
  ...by.map((group): Column =>
    group === 'day'
      ? { name: group, is: 'day', values: answers.map(({ day }) => Number(day) / DAY_MS) }
      : { name: group, is: 'text', values: answers.map((answer) => String(answer[group])) },
  ),
  { name: 'txs', is: 'number', values: answers.map(({ txs }) => txs) },
  { name: 'bytes', is: 'number', values: answers.map(({ bytes }) => bytes) },
];

/** A line for each group, over the days. */
function chartOf(by: readonly Group[], answers: readonly Answer[]): Chart {
  if (!by.includes('day')) throw new Unfit('--as svg draws over days: put day among --by');
  const others = by.filter((group) => group !== 'day');
  const lines = new Map<string, (readonly [number, number])[]>();
  for (const answer of answers) {
    const name = others.map((group) => answer[group]).join(' ') || 'all';
    const points = lines.get(name) ?? [];
    lines.set(name, points);
    points.push([Number(answer.day) / DAY_MS, answer.txs]);
  }
  return {
    title: 'Transactions a day',
    x: { label: 'days since 1970-01-01' },
    y: { label: 'transactions' },
    series: [...lines].map(([name, points]) => ({ name, points })),
  };
}

/**
 * `city-chain bench [name...]`: measures, prints ratios, and what changed since the recorded ones. It
 * reports; it never fails on a timing.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Command } from 'commander';
import type { Bench, Row } from '#bench/bench.ts';
import { table } from './table.ts';
import { Unfit } from './unfit.ts';

const FOLDER = join(import.meta.dirname, '..', 'bench');
const BASELINE = join(FOLDER, 'baseline.json');

interface Options {
  readonly json?: boolean;
  readonly record?: boolean;
  readonly list?: boolean;
}

/** Recorded ratios: bench, then row, then ratio (or value where there is nothing beside it). */
type Baseline = Record<string, Record<string, number>>;

export function command(): Command {
  return new Command('bench')
    .description('measure, as ratios within one run')
    .argument('[names...]', 'which benches; all when none is named')
    .option('--list', 'only list them')
    .option('--record', 'record the ratios as the new baseline')
    .option('--json', 'print JSON')
    .action(run);
}

async function run(names: readonly string[], options: Options): Promise<void> {
  const files = globSync('*.bench.ts', { cwd: FOLDER });
  const known = files.map((file) => basename(file, '.bench.ts')).toSorted();
  const strange = names.find((name) => !known.includes(name));
  if (strange !== undefined) {
    throw new Unfit(`there is no bench '${strange}'; there are: ${known.join(', ')}`);
  }
  if (options.list === true) {
    return void console.log(options.json === true ? JSON.stringify(known) : known.join('\n'));
  }
  await measure(names.length > 0 ? names : known, options);
}

async function measure(names: readonly string[], options: Options): Promise<void> {
  const before = readBaseline();
  const say = options.json === true ? (): void => undefined : console.log;
  const results: Record<string, readonly Row[]> = {};
  for (const name of names) {
    const { bench } = (await import(join(FOLDER, `${name}.bench.ts`))) as { bench: Bench };
    say(`\n${name}: ${bench.question}`);
    const rows = names.length === 1 ? await bench.run() : alone(name);
    results[name] = rows;
    say(table(rows.map((row) => show(row, before[name]))));
  }
  if (options.record === true) record(before, results);
  if (options.json === true) console.log(JSON.stringify(results, null, 2));
}

/** In a process of its own: code that one bench has warmed in its way runs slower in the next one's. */
function alone(name: string): readonly Row[] {
  const main = join(import.meta.dirname, 'main.ts');
  const printed = execFileSync(process.execPath, [main, 'bench', name, '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 16 * 1024 * 1024,
  });
  return (JSON.parse(printed) as Record<string, readonly Row[]>)[name]!;
}

/** A row's name without its figures, so that it can be found again. */
const keyOf = (row: Row): string =>
  row.against === undefined ? row.name : `${row.name} / ${row.against.replace(/ [\d.,]+.*$/, '')}`;

const figure = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(2) : value.toPrecision(3);

function show(row: Row, before: Baseline[string] | undefined): readonly string[] {
  const old = before?.[keyOf(row)];
  const change = old === undefined || old === 0 ? 0 : ((row.ratio ?? row.value) / old - 1) * 100;
  return [
    `  ${row.name}`,
    `${figure(row.value)} ${row.unit}`,
    row.against === undefined ? '' : `beside ${row.against}`,
    row.ratio === undefined ? '' : `${figure(row.ratio)}x`,
    row.goal === undefined ? '' : `goal ${row.goal}`,
    old === undefined ? '' : `${change >= 0 ? '+' : ''}${change.toFixed(0)} % since recorded`,
  ];
}

function readBaseline(): Baseline {
  return existsSync(BASELINE) ? (JSON.parse(readFileSync(BASELINE, 'utf8')) as Baseline) : {};
}

function record(before: Baseline, results: Readonly<Record<string, readonly Row[]>>): void {
  const after = { ...before };
  for (const [name, rows] of Object.entries(results)) {
    const figures = rows.map((row) => [
      keyOf(row),
      Number((row.ratio ?? row.value).toPrecision(4)),
    ]);
    after[name] = Object.fromEntries(figures) as Record<string, number>;
  }
  writeFileSync(BASELINE, `${JSON.stringify(after, null, 2)}\n`);
}

/**
 * `city-chain sim [scenario]`: runs seeds, says what failed and how to see it again.
 *
 *   city-chain sim ring --seed 17                    one seed
 *   city-chain sim ring --seed 17 --transcript       with everything that happens
 *   city-chain sim ring --seeds 2000                 seeds 1 to 2000
 *   city-chain sim ring --seconds 60 --seed 5000     as many seeds from 5000 on as fit into a minute
 *   city-chain sim ring --seeds 150 --plant signal-dropped
 *   city-chain sim canary --seeds 30                 must fail
 *
 * A failure says its seed, what was drawn, the claim that broke, the last lines of the transcript, and
 * one command that repeats it; and it is repeated at once in a fresh process, which must fail alike. A
 * set of at least 200 seeds must also have reached every state that the scenario calls interesting.
 * Also without the CLI: `node simulations/main.ts ...`. Exit code 1: a claim broke.
 */
import { spawnSync } from 'node:child_process';
import { Command, InvalidArgumentError } from 'commander';
import { firstDifference } from './difference.ts';
import { isPlant, PLANTS, type Plant } from './plants.ts';
import { runSeed, type Outcome, type Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios.ts';

/** Fewer seeds than these need not have seen everything. */
const COVERING_SEEDS_MIN = 200;
const DEFAULT_SEEDS = 100;

interface Options {
  readonly seed?: number;
  readonly seeds?: number;
  readonly seconds?: number;
  readonly plant?: Plant;
  readonly faults?: readonly number[];
  readonly transcript?: boolean;
  readonly twice?: boolean;
  readonly shrink?: boolean;
  readonly confirm: boolean;
  readonly list?: boolean;
  readonly json?: boolean;
}

interface FailedSeed {
  readonly seed: number;
  readonly hash: string;
  readonly claim: string;
  readonly drawn: unknown;
  readonly transcript: readonly string[];
  readonly command: string;
  /** Whether a fresh process failed in the same way; `undefined` when none was asked. */
  readonly confirmed: boolean | undefined;
}

/** What a set of runs came to. */
export interface Summary {
  readonly scenario: string;
  readonly plant: Plant | undefined;
  readonly seeds: number;
  readonly events: number;
  readonly virtualSeconds: number;
  readonly cpuSeconds: number;
  /** Of the last seed: of the only one, where there is one. */
  readonly hash: string;
  readonly failures: readonly FailedSeed[];
  readonly reached: Readonly<Record<string, number>>;
  /** Interesting, and not reached. */
  readonly missed: readonly string[];
}

export function command(): Command {
  return new Command('sim')
    .description('run whole systems under faults, from seeds')
    .argument('[scenario]', 'which one', 'ring')
    .option('--seed <n>', 'the first seed', whole)
    .option('--seeds <k>', 'how many seeds', whole)
    .option('--seconds <s>', 'instead: as many seeds as fit into so many seconds', whole)
    .option('--plant <bug>', 'plant a bug, to see that it is caught', plantOf)
    .option('--faults <places>', 'only these faults of the plan, e.g. 0,3', places)
    .option('--transcript', 'print everything that happens')
    .option('--twice', 'run each seed twice and say where the two part')
    .option('--shrink', 'look for the fewest faults that still fail')
    .option('--no-confirm', 'do not repeat failures in a fresh process')
    .option('--list', 'only list scenarios and bugs to plant')
    .option('--json', 'print JSON')
    .action(run);
}

async function run(name: string, options: Options): Promise<void> {
  if (options.list === true) return console.log(listing());
  const scenario = SCENARIOS.get(name);
  if (scenario === undefined) {
    const known = [...SCENARIOS.keys()].join(', ');
    process.exitCode = 2;
    return console.error(`city-chain sim: there is no scenario '${name}'; there are: ${known}`);
  }
  const summary = await runAll(scenario, options);
  if (options.json === true) console.log(JSON.stringify(summary, null, 2));
  else console.log(textOf(summary, scenario));
  if (!isFine(summary, scenario)) process.exitCode = 1;
}

async function runAll(scenario: Scenario, options: Options): Promise<Summary> {
  const { seed: first = 1, plant, faults, transcript } = options;
  const print = transcript === true ? (text: string): void => console.log(text) : undefined;
  const began = process.cpuUsage();
  const total = { seeds: 0, events: 0, virtualMs: 0 };
  const reached = new Map<string, number>();
  const failures: FailedSeed[] = [];
  let hash = '';
  for (const seed of seedsOf(first, options)) {
    const outcome = runSeed(scenario, seed, { plant, faults, print });
    hash = outcome.hash;
    total.seeds++;
    total.events += outcome.events;
    total.virtualMs += outcome.virtualMs;
    for (const [what, times] of outcome.reached)
      reached.set(what, (reached.get(what) ?? 0) + times);
    if (options.twice === true) sayDifference(scenario, outcome, options);
    if (outcome.failure === undefined) continue;
    const failed = failureOf(outcome, options);
    failures.push(failed);
    if (options.json !== true) console.log(failureText(failed, scenario));
    if (options.shrink === true) await sayShrunk(scenario, seed, options);
    // Of a canary one is enough; of anything else, so many that a person reads them.
    if (scenario.canary !== undefined || failures.length === 10) break;
  }
  const { user, system } = process.cpuUsage(began);
  return {
    scenario: scenario.name,
    plant: plant ?? scenario.canary,
    seeds: total.seeds,
    events: total.events,
    virtualSeconds: total.virtualMs / 1_000,
    cpuSeconds: (user + system) / 1e6,
    hash,
    failures,
    reached: Object.fromEntries([...reached].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    missed: missedBy(scenario, reached, total.seeds, options),
  };
}

function* seedsOf(first: number, { seed, seeds, seconds }: Options): Generator<number> {
  const until = seconds === undefined ? Infinity : performance.now() + seconds * 1_000;
  const count =
    seeds ?? (seconds !== undefined ? Infinity : seed === undefined ? DEFAULT_SEEDS : 1);
  for (let i = 0; i < count && performance.now() < until; i++) yield first + i;
}

function isFine({ failures, missed }: Summary, scenario: Scenario): boolean {
  if (scenario.canary !== undefined) return failures.length > 0;
  return failures.length === 0 && missed.length === 0;
}

/** Few seeds reach little, and a planted bug ends runs early: then nothing is missed. */
function missedBy(
  scenario: Scenario,
  reached: ReadonlyMap<string, number>,
  seeds: number,
  { plant, faults }: Options,
): string[] {
  const covers = seeds >= COVERING_SEEDS_MIN && plant === undefined && faults === undefined;
  return covers ? scenario.sometimes.filter((what) => !reached.has(what)) : [];
}

// --- failures ----------------------------------------------------------------------------------------

function failureOf(outcome: Outcome, options: Options): FailedSeed {
  const { seed, hash, drawn, failure } = outcome;
  const { claim, transcript } = failure!;
  const args = argumentsOf(outcome, options);
  const confirmed = options.confirm ? isConfirmed(args, claim, hash) : undefined;
  const command = `node simulations/main.ts ${args.join(' ')}`;
  return { seed, hash, claim, drawn, transcript, command, confirmed };
}

function argumentsOf({ scenario, seed }: Outcome, { plant, faults }: Options): string[] {
  return [
    scenario,
    `--seed ${seed}`,
    ...(plant === undefined ? [] : [`--plant ${plant}`]),
    ...(faults === undefined ? [] : [`--faults ${faults.join(',')}`]),
  ];
}

/** A process that has run nothing else must fail with the same claim and the same hash. */
function isConfirmed(args: readonly string[], claim: string, hash: string): boolean {
  const words = args.flatMap((arg) => arg.split(' '));
  const { stdout } = spawnSync(
    process.execPath,
    [import.meta.filename, ...words, '--json', '--no-confirm'],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  const [failed] = (JSON.parse(stdout) as Summary).failures;
  return failed?.hash === hash && firstLine(failed.claim) === firstLine(claim);
}

const firstLine = (text: string): string => text.split('\n', 1)[0]!;

function sayDifference(scenario: Scenario, { seed }: Outcome, { plant, faults }: Options): void {
  const difference = firstDifference((window) =>
    runSeed(scenario, seed, { plant, faults, window }),
  );
  if (difference === undefined) return;
  process.exitCode = 1;
  const { line, one, other } = difference;
  console.error(`seed ${seed} differs from itself at line ${line}:\n  ${one}\n  ${other}`);
}

async function sayShrunk(scenario: Scenario, seed: number, { plant }: Options): Promise<void> {
  // Only here, so that a production install needs no fast-check.
  const { shrink } = await import('./shrink.ts');
  const shrunk = shrink(scenario, seed, { plant });
  if (shrunk === undefined) return;
  const { faults, runs } = shrunk;
  const kept = faults.length === 0 ? 'no faults at all' : `--faults ${faults.join(',')}`;
  console.log(`  shrunk in ${runs} runs to ${kept}`);
}

// --- words -------------------------------------------------------------------------------------------

const listing = (): string =>
  [
    'scenarios:',
    ...[...SCENARIOS.values()].map(({ name, about }) => `  ${name.padEnd(24)} ${about}`),
    'bugs to plant:',
    ...Object.entries(PLANTS).map(([name, about]) => `  ${name.padEnd(24)} ${about}`),
  ].join('\n');

function failureText(failed: FailedSeed, { name }: Scenario): string {
  const { seed, drawn, claim, transcript, command, confirmed } = failed;
  return [
    ...transcript,
    `FAILED ${name} seed ${seed} ${JSON.stringify(drawn)}`,
    claim,
    ...(confirmed === undefined
      ? []
      : [confirmed ? 'a fresh process fails alike' : 'A FRESH PROCESS DOES NOT FAIL ALIKE']),
    command,
  ].join('\n');
}

function textOf(summary: Summary, scenario: Scenario): string {
  const { scenario: name, plant, seeds, events, virtualSeconds, cpuSeconds } = summary;
  const { failures, reached, missed, hash } = summary;
  const perSecond = (value: number): string => (value / cpuSeconds).toFixed(0);
  const planted = plant === undefined ? '' : ` with ${plant}`;
  return [
    `${name}${planted}: ${seeds} seeds, ${failures.length} failed, ` +
      `${virtualSeconds.toFixed(0)} virtual seconds in ${cpuSeconds.toFixed(1)} CPU seconds ` +
      `(${perSecond(virtualSeconds)} and ${perSecond(events)} events a CPU second)`,
    ...(seeds === 1 ? [`hash ${hash}`] : Object.entries(reached).map(reachedText)),
    ...missed.map((what) => `NEVER ${what}`),
    ...(scenario.canary !== undefined && failures.length === 0
      ? ['THE CANARY LIVES: a planted bug was not seen']
      : []),
  ].join('\n');
}

const reachedText = ([what, times]: readonly [string, number]): string =>
  `  ${String(times).padStart(9)}  ${what}`;

// --- what was typed ----------------------------------------------------------------------------------

function whole(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('expected a whole number from 0 to 2^53 - 1.');
}

function plantOf(text: string): Plant {
  if (isPlant(text)) return text;
  throw new InvalidArgumentError(`there are: ${Object.keys(PLANTS).join(', ')}.`);
}

function places(text: string): number[] {
  if (/^\d+(?:,\d+)*$/.test(text)) return text.split(',').map(Number);
  throw new InvalidArgumentError('expected places, e.g. 0,3.');
}

if (import.meta.main) {
  try {
    await command().exitOverride().parseAsync();
  } catch (error) {
    if (!(error instanceof Error && 'exitCode' in error)) throw error;
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
}

/**
 * `city-chain chaos [scenario]`: damages a running city under load, and says what that did to what it had promised.
 *
 *   $ city-chain up --drill                    in one terminal
 *   $ city-chain chaos holders --html out.html in another
 *
 * The city is asked nothing about itself: an outside judge reads its disks (simulations/judge/), against a copy of
 * each payload that is kept here. What is done is done by `up`, to what it has started itself (cli/drill/).
 */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { textChart } from '#simulations/plot/text.ts';
import { chartsOf } from '#simulations/chaos/charts.ts';
import { pageOf } from '#simulations/chaos/page.ts';
import {
  figureRows,
  latencyRows,
  promiseRows,
  strokeRow,
  verdictOf,
  worstOf,
  type Told,
} from '#simulations/chaos/report.ts';
import type { Standing } from '#simulations/chaos/reckon.ts';
import { SCENARIOS, type Scenario } from '#simulations/chaos/scenarios.ts';
import { Random } from '#simulations/random.ts';
import type { Place } from '#protocols/subjects.ts';
import type { CityClient } from '#dapp/client.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { userName } from '#runtime/user.ts';
import { runScenario } from './chaos/course.ts';
import { damagedIn, withCities, type Damaged } from './chaos/damaged.ts';
import type { Transfers } from './chaos/load.ts';
import { Meeting } from './chaos/meeting.ts';
import { freshSecrets } from './city/key-file.ts';
import { Drilling } from './drill/socket.ts';
import { table } from './table.ts';
import { EXIT, Unfit, wholeNumber } from './unfit.ts';
import type { Whereabouts } from './whereabouts.ts';
import { keysOf, senderOf, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly seconds: number;
  readonly settle: number;
  readonly old: number;
  readonly seed: number;
  readonly html?: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('chaos')
      .description('damage a running city under load, and say what it kept of its promises')
      .argument('[scenario]', 'one of --list; without it, all, one after another')
      .option('--list', 'what can be done to a city')
      .option('--seconds <n>', 'how long the damage lasts', wholeNumber('--seconds', 2, 3_600), 20)
      .option(
        '--settle <n>',
        'how long it may take to heal, before that is called not within the run',
        wholeNumber('--settle', 1, 3_600),
        60,
      )
      .option(
        '--old <n>',
        'transactions that are there before',
        wholeNumber('--old', 1, 10_000),
        24,
      )
      .option(
        '--seed <n>',
        'the same seed, the same choice of victims',
        wholeNumber('--seed', 0, Number.MAX_SAFE_INTEGER),
        1,
      )
      .option('--html <file>', 'write the report as a page'),
  ).action(run);
}

async function run(name: string | undefined, options: Options): Promise<void> {
  if (options.list === true) return list(options.json === true);
  const damaged = damagedIn(options.data, options.city);
  const fit = SCENARIOS.filter(({ isOfWorld = false }) => isOfWorld === damaged.isWorld);
  const chosen = name === undefined ? fit : [scenarioOf(name, fit)];
  const all: Told[] = [];
  await withCities(options, damaged.cities, async (clients) => {
    const drilling = await Drilling.open(options.data, userName());
    const leave = (): void =>
      void drilling.ask({ did: 'release' }).finally(() => process.exit(EXIT.interrupted));
    process.once('SIGINT', leave).once('SIGTERM', leave);
    try {
      for (const scenario of chosen) {
        const told = await runOn(scenario, damaged.cities, clients, drilling, options);
        for (const each of told) tell(each, options.json === true);
        all.push(...told);
      }
    } finally {
      drilling.close();
    }
  });
  if (options.html !== undefined)
    writeFileSync(options.html, pageOf(all, howItIsKnown(options.data)));
  end(all, options);
}

function list(asJson: boolean): void {
  const rows = SCENARIOS.map(({ name, line }) => [name, line]);
  if (asJson) console.log(JSON.stringify(rows.map(([scenario, line]) => ({ scenario, line }))));
  else console.log(table(rows));
}

function scenarioOf(name: string, fit: readonly Scenario[]): Scenario {
  const found = SCENARIOS.find((each) => each.name === name);
  if (found !== undefined && fit.includes(found)) return found;
  const names = fit.map((each) => each.name).join(', ');
  if (found === undefined)
    throw new Unfit(`there is no scenario '${name.slice(0, 40)}', expected one of ${names}`);
  const how =
    found.isOfWorld === true ? 'several cities: up --drill --world' : 'one city: up --drill';
  throw new Unfit(`'${name}' damages ${how}; what fits this one is ${names}`);
}

/** Each city is damaged at once, and its own clients say what they were told. */
async function runOn(
  scenario: Scenario,
  cities: readonly Damaged[],
  clients: readonly CityClient[],
  drilling: Drilling,
  options: Options,
): Promise<readonly Told[]> {
  const { seed, seconds, settle: settleSeconds, old, data } = options;
  const meeting = new Meeting(cities.length);
  const isWorld = cities.length > 1;
  const courses = cities.map(({ place, folder, housed, startAt }, i) => {
    const next = cities[(i + 1) % cities.length]!;
    const keys = freshSecrets(systemEntropy());
    return runScenario(scenario, {
      name: isWorld ? `${scenario.name} ${place}` : scenario.name,
      data,
      folders: isWorld ? [folder, next.folder] : [folder],
      transfers: isWorld ? transfersTo(next.place) : undefined,
      meet: () => meeting.meet(),
      city: clients[i]!,
      keys,
      drilling,
      housed,
      startAt,
      seed,
      random: Random.of(seed).fork(isWorld ? `${scenario.name} ${place}` : scenario.name),
      seconds,
      settleSeconds,
      old,
      // One of them says how far all are.
      said: i === 0 ? teller(scenario, options.json === true) : () => undefined,
    });
  });
  for (const each of courses) each.catch((error: unknown) => meeting.fail(error));
  return Promise.all(courses);
}

/** By whoever founded the cities, to an account that nobody else knows. */
const transfersTo = (to: Place): Transfers => ({
  keys: keysOf(undefined, (line) => console.error(line)),
  to,
  receiver: senderOf(freshSecrets(systemEntropy())),
});

const BAR = 24;

/** One line that renews itself on a terminal; a line for each new phase for programs. */
function teller({ name }: Scenario, asJson: boolean): (phase: string, share: number) => void {
  let last = '';
  return (phase, share) => {
    if (asJson && phase !== last)
      console.log(JSON.stringify({ event: 'phase', scenario: name, phase }));
    last = phase;
    if (!process.stderr.isTTY || asJson) return;
    const done = Math.round(Math.min(1, share) * BAR);
    const bar = `${'█'.repeat(done)}${'░'.repeat(BAR - done)}`;
    process.stderr.write(`\r\u001b[2K${name.padEnd(14)} ${bar} ${phase}`);
  };
}

function tell(told: Told, asJson: boolean): void {
  const { outcome, record } = told;
  if (asJson) {
    const { strokes, k, faultAt, faultEnd, endMs } = record;
    const samples = record.samples.map(({ held, ...each }) => ({
      ...each,
      held: Object.fromEntries(held),
    }));
    const line = { ...outcome, k, faultAt, faultEnd, endMs, strokes, samples };
    return console.log(JSON.stringify({ event: 'outcome', ...line }));
  }
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[2K');
  const [rows] = chartsOf(record);
  console.log(
    [
      `${outcome.name.toUpperCase()}: ${told.line}; seed ${outcome.seed}`,
      verdictOf(outcome),
      '',
      table(figureRows(told)),
      '',
      table(latencyRows(outcome.figures)),
      '',
      table(record.strokes.map(strokeRow)),
      '',
      table(promiseRows(outcome)),
      '',
      textChart(rows!),
      '',
    ].join('\n'),
  );
}

const howItIsKnown = (data: string): string[] => [
  `Disks were read as files, under the load and at the end: the segments of every node in ${data}/pieces, and copies of state.db of every process in ${data}/p*; nothing of them was opened, locked or asked.`,
  'Payloads, and every word that a sender or a reader was told, were kept by this program, in its own memory.',
  'Signatures and chains were verified again from the genesis on, by the judge (simulations/judge/).',
  'Processes were killed, frozen and cut off by `up`, which has started them; each deed is in up/audit.jsonl.',
  'Times are of one clock, that of this program. Where something did not happen within the run, it says so.',
];

function end(all: readonly Told[], { json, html, data }: Options): void {
  const those = (standing: Standing): string[] =>
    all.filter(({ outcome }) => worstOf(outcome) === standing).map(({ outcome }) => outcome.name);
  const [broken, unchecked] = [those('BROKEN'), those('unchecked')];
  const isKept = all.every(({ outcome }) => outcome.isKept);
  if (json === true) console.log(JSON.stringify({ event: 'end', isKept, broken, unchecked }));
  else {
    console.log(['HOW THIS IS KNOWN', ...howItIsKnown(data)].join('\n'));
    if (html !== undefined) console.log(`the report as a page: ${html}`);
    if (isKept && all.length > 1) console.log(`all ${all.length} scenarios held`);
    if (broken.length > 0) console.log(`broken in: ${broken.join(', ')}`);
    if (unchecked.length > 0) console.log(`not all was checked in: ${unchecked.join(', ')}`);
  }
  process.exitCode = isKept ? EXIT.done : EXIT.failed;
}

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
import { join } from 'node:path';
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
import { SCENARIOS, type Housed, type Scenario } from '#simulations/chaos/scenarios.ts';
import { Random } from '#simulations/random.ts';
import { continentOf } from '#protocols/subjects.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { userName } from '#runtime/user.ts';
import { runScenario } from './chaos/course.ts';
import { readCity } from './city/found.ts';
import { freshSecrets } from './city/key-file.ts';
import { sharesOfDrill } from './city/layout.ts';
import { Drilling } from './drill/socket.ts';
import { table } from './table.ts';
import { EXIT, Unfit, wholeNumber } from './unfit.ts';
import type { Whereabouts } from './whereabouts.ts';
import { withCity, withCityOptions } from './with-city.ts';

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
  const chosen = name === undefined ? SCENARIOS : [scenarioOf(name)];
  const { housed, startAt } = knownIn(options.data);
  const all: Told[] = [];
  await withCity(options, async (city) => {
    const drilling = await Drilling.open(options.data, userName());
    const leave = (): void =>
      void drilling.ask({ did: 'release' }).finally(() => process.exit(EXIT.interrupted));
    process.once('SIGINT', leave).once('SIGTERM', leave);
    try {
      for (const scenario of chosen) {
        const { seed, seconds, settle: settleSeconds, old, data } = options;
        const keys = freshSecrets(systemEntropy());
        const random = Random.of(seed).fork(scenario.name);
        const said = teller(scenario, options.json === true);
        const on = {
          data,
          city,
          keys,
          drilling,
          housed,
          startAt,
          seed,
          random,
          seconds,
          settleSeconds,
          old,
          said,
        };
        all.push(await runScenario(scenario, on));
        tell(all.at(-1)!, options.json === true);
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

function scenarioOf(name: string): Scenario {
  const found = SCENARIOS.find((each) => each.name === name);
  if (found !== undefined) return found;
  const names = SCENARIOS.map((each) => each.name).join(', ');
  throw new Unfit(`there is no scenario '${name.slice(0, 40)}', expected one of ${names}`);
}

/** Who lives where, and when a repair is due by the policy of the founding: from the city's own file. */
function knownIn(data: string): { readonly housed: Housed[]; readonly startAt: number } {
  const city = readCity(join(data, 'city'));
  const shares = city.isDrill ? sharesOfDrill(city.members, city.processes) : undefined;
  if (shares === undefined)
    throw new Unfit(
      `the city in ${data} is not for drills: start one with 'city-chain up --drill'`,
    );
  const home = continentOf(city.genesis.place);
  const housed = shares.map((share, i) => ({
    id: `p${i + 1}`,
    nodes: share.map(({ node }) => node),
    delegates: share.filter(({ role }) => role === 'delegate').length,
    isAbroad: share.length > 0 && share.every(({ node }) => continentOf(node) !== home),
  }));
  return { housed, startAt: city.firstPolicy.repair.startAt };
}

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

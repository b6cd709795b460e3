/**
 * `city-chain node`: one process of a cluster, with its share of the nodes. `up` starts these; so may
 * anybody, on other machines.
 */
import { mkdirSync, statfsSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { Policy } from '#config/policy.ts';
import type { Reason } from '#protocols/effect.ts';
import type { PolicyHears } from '#protocols/policy.messages.ts';
import { address, isPlace, placeOf, type NodeAddress } from '#protocols/subjects.ts';
import { asChild, type AsChild } from '#runtime/process.ts';
import { LEVELS, makeLog, type Level, type Log } from '#runtime/seen/log.ts';
import { shiftedClock, type ShiftedClock } from '#runtime/shifted-clock.ts';
import { wallClock } from '#runtime/wall-clock.ts';
import { connectWire } from './connect.ts';
import { readFounded, townsIn, type City, type Founded } from './city/found.ts';
import { networkWorkload } from './city/workload.ts';
import { lineOf } from './city/line.ts';
import { hostNodes, type Hosted as HostedNodes } from './hosting.ts';
import { openStore } from './open-store.ts';
import { fileFor, NO_FILES, withPolicyFile, type PolicyFiles } from './policy-files.ts';
import { Failed, Unfit, wholeNumber } from './unfit.ts';
import { ringWorkload, type Hosted, type Workload } from './workload.ts';

interface Options {
  readonly index: number;
  readonly processes: number;
  readonly runs: 'city' | 'ring';
  readonly nodes?: number;
  readonly place?: string;
  readonly policy: PolicyFiles;
  readonly nats: string;
  readonly data: string;
  readonly threads: number;
  readonly apiPort: number;
  readonly otlp?: string;
  readonly ahead?: 'delegates' | 'holders';
  readonly clock?: string;
}

export function command(): Command {
  return new Command('node')
    .description('run one process of a cluster')
    .requiredOption(
      '--index <n>',
      'which process this is, from 0',
      wholeNumber('--index', 0, 4_999),
    )
    .requiredOption('--processes <n>', 'how many there are', wholeNumber('--processes', 1, 5_000))
    .addOption(
      new Option('--runs <what>', 'what the nodes do').choices(['city', 'ring']).default('city'),
    )
    .option('--nodes <n>', 'of a ring: nodes in all', wholeNumber('--nodes', 2, 5_000))
    .option('--place <place>', 'of a ring: continent.municipality.city')
    .option(
      '--policy <file>',
      'what the operator of cities wants, or place=FILE for one of them; else what they were founded with',
      withPolicyFile,
      NO_FILES,
    )
    .requiredOption('--nats <url>', 'the NATS server')
    .requiredOption('--data <folder>', 'where to keep what is kept')
    .option(
      '--threads <n>',
      'threads for heavy computation; 0: none of its own',
      wholeNumber('--threads', 0, 64),
      1,
    )
    .option(
      '--api-port <port>',
      'HTTP port; 0: any free one',
      wholeNumber('--api-port', 0, 65_535),
      0,
    )
    .option('--clock <file>', 'of a drill: by how many milliseconds the clock is off')
    .option('--otlp <url>', 'export traces to an OpenTelemetry collector')
    .addOption(
      new Option('--ahead <whom>', 'load what these take, and wait for whoever started it')
        .choices(['delegates', 'holders'])
        .hideHelp(),
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { index, processes, nats, threads, apiPort, otlp, ahead } = options;
  const stopped = Promise.withResolvers<Failed | undefined>();
  const parent = asChild(() => stopped.resolve(undefined));
  if (ahead !== undefined && !(await isWanted(ahead, parent, stopped.promise))) return;
  const workload = await workloadOf(options);
  const own = workload.shareOf(index, processes);
  const name = `p${index + 1}`;
  const folder = join(options.data, name);
  mkdirSync(folder, { recursive: true });
  const log = makeLog((line) => process.stderr.write(line), Date.now, wantedLevel(), {
    process: name,
  });
  const shifted = shiftOf(options.clock, log);
  const store = await openStore(folder);
  const gaveUp = (node: NodeAddress, { how, detail }: Reason): void =>
    stopped.resolve(new Failed(`${node} gave up: ${detail ?? how}`));
  const hosted = await hostNodes({
    process: name,
    nodes: own,
    treeOf: workload.treeOf,
    ...(workload.piecesOf === undefined ? {} : { piecesOf: workload.piecesOf }),
    openWire: (observer) => connectWire(nats, observer),
    store: store.store,
    folder,
    pieceFolder: join(options.data, 'pieces'),
    threads,
    apiPort,
    log,
    gaveUp,
    delegates: delegatesOf(workload, own),
    anchors: workload.anchors ?? [],
    ...(workload.cityOf === undefined ? {} : { cityOf: workload.cityOf }),
    ...(shifted === undefined ? {} : { clock: shifted.clock }),
    ...(otlp === undefined ? {} : { otlp }),
  });
  const leave = await followPolicies(options.policy, workload, own, hosted, log);
  log('info', 'ready', { nodes: own.length, api: hosted.api });
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => stopped.resolve(undefined));
  parent?.ready();
  const failed = await stopped.promise;
  leave();
  shifted?.stop();
  await hosted.stop();
  await store.close();
  if (failed !== undefined) throw failed;
}

/** Started while what it is to run is founded: it loads meanwhile. False: nobody is there any more who would want it. */
async function isWanted(
  ahead: Required<Options>['ahead'],
  parent: AsChild | undefined,
  stopped: Promise<unknown>,
): Promise<boolean> {
  if (ahead === 'delegates') await loadDelegates();
  // Those that load after this one find it compiled.
  flushCompileCache();
  const told = parent?.toldToBegin().then(() => true);
  return told === undefined || Promise.race([told, stopped.then(() => false)]);
}

const loadDelegates = async () => (await import('./city/delegate-tree.ts')).delegateTree;

const shiftOf = (file: string | undefined, log: Log): ShiftedClock | undefined =>
  file === undefined
    ? undefined
    : shiftedClock(wallClock, file, (byMs) => log('warn', 'the clock is off on purpose', { byMs }));

async function workloadOf(options: Options): Promise<Hosted> {
  const { runs, nodes, place } = options;
  if (runs === 'city') return cityOn(options);
  if (place === undefined || !isPlace(place))
    throw new Unfit(`--place is '${place ?? ''}', expected continent.municipality.city`);
  return ringWorkload(place, nodes ?? (await import('#config/cluster.ts')).DEFAULTS.nodes);
}

/**
 * Its anchors may fill half of what is free on this disk, whatever their contracts say. A file that is being
 * edited badly keeps no process from coming back: then it gives what the city was founded with.
 */
async function cityOn({ data, policy: files, index, processes }: Options): Promise<Hosted> {
  const { bavail, bsize } = statfsSync(data);
  const founded = readFounded(data);
  const line = lineOf(townsIn(founded), founded.cities[0]!.isDrill);
  const hosts = delegatesOf(line, line.shareOf(index, processes)).length > 0;
  const tree = hosts ? await loadDelegates() : undefined;
  const wanted = await policiesIn(files, founded);
  const policyOf = (city: City): Policy => wanted.get(city.genesis.place) ?? city.firstPolicy;
  return networkWorkload(founded, policyOf, (bavail * bsize) / 2, tree);
}

const delegatesOf = ({ delegates = [] }: Workload, own: readonly NodeAddress[]): NodeAddress[] =>
  delegates.filter((node) => own.includes(node));

/** What the files of cities say, where they can be read. */
async function policiesIn(
  files: PolicyFiles,
  { cities }: Founded,
): Promise<ReadonlyMap<string, Policy>> {
  const named = cities.flatMap(({ genesis: { place: city } }) => {
    const file = fileFor(files, city);
    return file === undefined ? [] : [[city, file] as const];
  });
  if (named.length === 0) return new Map();
  const { policyIn } = await import('./policy-file.ts');
  return new Map(
    named.flatMap(([city, file]) => {
      const policy = policyIn(file);
      return policy === undefined ? [] : [[city, policy] as const];
    }),
  );
}

/** Operators' files, each carried to the delegates here of the cities that it is for, whenever it changes. */
async function followPolicies(
  files: PolicyFiles,
  workload: Hosted,
  own: readonly NodeAddress[],
  { system }: Pick<HostedNodes, 'system'>,
  log: Log,
): Promise<() => void> {
  const here = delegatesOf(workload, own);
  const byFile = Map.groupBy(here, (node) => fileFor(files, placeOf(node)));
  byFile.delete(undefined);
  // Whoever only holds has nothing to do with it, and the languages of policies are 10 MB.
  if (byFile.size === 0) return () => undefined;
  const { watchPolicy } = await import('./policy-watch.ts');
  const refused = (fault: string): void =>
    log('error', 'the policy file is refused, what was in force stays', { fault });
  const watched = Array.from(byFile, ([file, nodes]) => {
    const tell = (message: PolicyHears): void => {
      for (const node of nodes) system.send(address(node, 'policy'), message);
    };
    return watchPolicy(file!, tell, refused);
  });
  return () => {
    for (const each of watched) each.stop();
  };
}

function wantedLevel(): Level {
  const named = process.env['CITY_CHAIN_LOG'] ?? 'info';
  const level = LEVELS.find((each) => each === named);
  if (level !== undefined) return level;
  throw new Unfit(`CITY_CHAIN_LOG is '${named.slice(0, 40)}', expected ${LEVELS.join(', ')}`);
}

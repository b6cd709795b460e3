/**
 * `city-chain node`: one process of a cluster, with its share of the nodes. `up` starts these; so may
 * anybody, on other machines.
 */
import { mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { Policy } from '#config/policy.ts';
import type { Reason } from '#protocols/effect.ts';
import type { PolicyHears } from '#protocols/policy.messages.ts';
import { address, isPlace, type NodeAddress } from '#protocols/subjects.ts';
import { asChild } from '#runtime/process.ts';
import { LEVELS, makeLog, type Level, type Log } from '#runtime/seen/log.ts';
import { connectWire } from './connect.ts';
import { readFounded, type City } from './city/found.ts';
import { lineOf, networkWorkload } from './city/workload.ts';
import { hostNodes, type Hosted as HostedNodes } from './hosting.ts';
import { openStore } from './open-store.ts';
import { Failed, Unfit, wholeNumber } from './unfit.ts';
import { ringWorkload, type Hosted, type Workload } from './workload.ts';

interface Options {
  readonly index: number;
  readonly processes: number;
  readonly runs: 'city' | 'ring';
  readonly nodes?: number;
  readonly place?: string;
  readonly policy?: string;
  readonly nats: string;
  readonly data: string;
  readonly threads: number;
  readonly apiPort: number;
  readonly otlp?: string;
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
    .option('--policy <file>', 'of a city: the policy of its operator; else the defaults')
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
    .option('--otlp <url>', 'export traces to an OpenTelemetry collector')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { index, processes, nats, threads, apiPort, otlp } = options;
  const workload = await workloadOf(options);
  const own = workload.shareOf(index, processes);
  const name = `p${index + 1}`;
  const folder = join(options.data, name);
  mkdirSync(folder, { recursive: true });
  const log = makeLog((line) => process.stderr.write(line), Date.now, wantedLevel(), {
    process: name,
  });
  const store = await openStore(folder);
  const stopped = Promise.withResolvers<Failed | undefined>();
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
    ...(otlp === undefined ? {} : { otlp }),
  });
  const leave =
    options.policy === undefined
      ? undefined
      : await followPolicy(options.policy, workload, own, hosted, log);
  log('info', 'ready', { nodes: own.length, api: hosted.api });
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => stopped.resolve(undefined));
  asChild(() => stopped.resolve(undefined))?.ready();
  const failed = await stopped.promise;
  leave?.();
  await hosted.stop();
  await store.close();
  if (failed !== undefined) throw failed;
}

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
async function cityOn({ data, policy: file, index, processes }: Options): Promise<Hosted> {
  const { bavail, bsize } = statfsSync(data);
  const founded = readFounded(data);
  const asked = file === undefined ? undefined : (await import('./policy-file.ts')).policyIn(file);
  const line = lineOf(founded);
  const hosts = delegatesOf(line, line.shareOf(index, processes)).length > 0;
  const tree = hosts ? (await import('./city/delegate-tree.ts')).delegateTree : undefined;
  const policyOf = (city: City): Policy => asked ?? city.firstPolicy;
  return networkWorkload(founded, policyOf, (bavail * bsize) / 2, tree);
}

const delegatesOf = ({ delegates = [] }: Workload, own: readonly NodeAddress[]): NodeAddress[] =>
  delegates.filter((node) => own.includes(node));

/** The operator's file, carried to the delegates here whenever it changes. */
async function followPolicy(
  file: string,
  workload: Hosted,
  own: readonly NodeAddress[],
  { system }: Pick<HostedNodes, 'system'>,
  log: Log,
): Promise<() => void> {
  const here = delegatesOf(workload, own);
  // Whoever only holds has nothing to do with it, and the languages of policies are 10 MB.
  if (here.length === 0) return () => undefined;
  const { watchPolicy } = await import('./policy-watch.ts');
  const tell = (message: PolicyHears): void => {
    for (const node of here) system.send(address(node, 'policy'), message);
  };
  const refused = (fault: string): void =>
    log('error', 'the policy file is refused, what was in force stays', { fault });
  return watchPolicy(file, tell, refused).stop;
}

function wantedLevel(): Level {
  const named = process.env['CITY_CHAIN_LOG'] ?? 'info';
  const level = LEVELS.find((each) => each === named);
  if (level !== undefined) return level;
  throw new Unfit(`CITY_CHAIN_LOG is '${named.slice(0, 40)}', expected ${LEVELS.join(', ')}`);
}

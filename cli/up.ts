/**
 * `city-chain up`: a whole cluster on this machine. A bus is chosen, node processes are started and kept
 * alive, and what is going on is said in plain lines, until it is told to stop.
 */
import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { Continent } from '#config/cluster.ts';
import { continentOf, type NodeAddress, type Place } from '#protocols/subjects.ts';
import { lockDirectory, UnfitDirectory } from '#runtime/directory-lock.ts';
import type { NatsWire } from '#runtime/nats-wire.ts';
import { wallClock } from '#runtime/wall-clock.ts';
import { lineOf } from './city/line.ts';
import { townsOf, wantedCluster, type ClusterFlags, type Wanted } from './cluster-options.ts';
import { connectWire, openClusterBus } from './connect.ts';
import { setClocksRight } from './drill/clock-file.ts';
import { answerDrills } from './drill/socket.ts';
import { openLines } from './drill/line.ts';
import { openStraits } from './drill/straits.ts';
import { nodesAhead, startNodes } from './node-processes.ts';
import { answerLooks } from './overseer.ts';
import { showProgress } from './progress.ts';
import { apiPortFor } from './ports.ts';
import { sayer, type Say } from './say.ts';
import { EXIT, Unfit, wholeNumber } from './unfit.ts';
import { writeDown } from './whereabouts.ts';
import type { Workload } from './workload.ts';

interface Options extends ClusterFlags {
  readonly show?: boolean;
  readonly seconds?: number;
  readonly json?: boolean;
}

export function command(): Command {
  return new Command('up')
    .description('bring up a cluster on this machine, and keep it up')
    .option('--config <file>', 'a YAML file; config/cluster.yaml shows the defaults')
    .option('--processes <n>', 'operating-system processes', wholeNumber('--processes', 1, 64))
    .addOption(new Option('--runs <what>', 'what the nodes do').choices(['city', 'ring']))
    .option('--delegates <n>', 'of a city', wholeNumber('--delegates', 1, 100))
    .option('--lights <n>', 'of a city', wholeNumber('--lights', 0, 4_000))
    .option('--policy <file>', 'what the operator of each city wants; else the defaults')
    .option('--nodes <n>', 'of a ring: nodes in all', wholeNumber('--nodes', 2, 5_000))
    .option(
      '--threads <n>',
      'threads of each process for heavy computation; 0: none of its own',
      wholeNumber('--threads', 0, 64),
    )
    .option('--place <place>', 'continent.municipality.city')
    .option('--alone', 'no other city than that of --place')
    .option('--data <folder>', 'where to keep what is kept')
    .option(
      '--nats <url>',
      'a NATS server, auto (NATS_URL, one of this machine, else embedded), or embedded',
    )
    .option(
      '--bus-port <port>',
      'where a bus that is started here listens, or at the next free port; 0: any',
      wholeNumber('--bus-port', 0, 65_000),
    )
    .option(
      '--api-port <port>',
      'the first HTTP port; 0: any',
      wholeNumber('--api-port', 0, 65_000),
    )
    .option(
      '--drill',
      'a cluster to be damaged by `city-chain chaos`: roles in processes of their own',
    )
    .option('--world', 'of a drill: all of the cities, and a bus for each continent')
    .option('--show', 'show it working')
    .option('--seconds <n>', 'stop by itself after so long', wholeNumber('--seconds', 1, 86_400))
    .option('--json', 'print JSON lines')
    .action(run);
}

async function run({ show, seconds, json, ...flags }: Options): Promise<void> {
  const cluster = wantedCluster(flags);
  const { at, data } = cluster;
  const folder = resolve(data);
  const unlock = lock(folder);
  let stop = leaveAtOnce;
  onSignals(() => stop());
  const say = sayer(json === true);
  const apiPort = await apiPortFor(cluster, flags.apiPort !== undefined, say);
  const straits = cluster.world
    ? await openStraits(cluster, continentsOf(cluster), folder, say)
    : undefined;
  const bus = straits?.first ?? (await openClusterBus(cluster, folder, say));
  const urlOf = (at: NodeAddress | Place): string => straits?.urlOf(continentOf(at)) ?? bus.url;
  const workload = await workloadOf(cluster);
  const lines = cluster.drill ? await openLines(busesOf(cluster, workload, urlOf)) : undefined;
  if (cluster.drill) setClocksRight(folder, cluster.processes);
  const founded = Promise.withResolvers<void>();
  const ahead = nodesAhead(
    { ...cluster, apiPort },
    (index) => lines?.[index]?.url ?? bus.url,
    workload,
    founded.promise,
  );
  // While they load, what they are to run is founded.
  if (cluster.runs === 'city')
    await (await import('./city/founding.ts')).foundCities(cluster, folder);
  founded.resolve();
  const cities = citiesOf(cluster);
  const urls = Object.fromEntries(cities.map((city) => [city, urlOf(city)]));
  writeDown(folder, { url: bus.url, city: at, cities, urls, pid: process.pid });
  const { processes, lastReasons, ready, ended } = startNodes(cluster, workload, ahead, say);
  stop = () => processes.stop();
  const timer = setTimeout(stop, (seconds ?? 0) * 1_000);
  if (seconds === undefined) clearTimeout(timer);
  const wire = await connectWire(bus.url);
  const startedAt = Date.now();
  const overseen = { wire, processes, lastReasons, bus: bus.url, startedAt, now: Date.now };
  const leave = [answerLooks(overseen)];
  if (lines !== undefined)
    leave.push(await answerDrills(folder, { processes, lines, bus, straits, clock: wallClock }));
  if (show === true)
    leave.push(
      await showing(cluster, workload, wire, { url: bus.url, ready, say, asJson: json === true }),
    );
  const outcome = await ended;
  clearTimeout(timer);
  for (const each of leave) each();
  await wire.close();
  for (const line of lines ?? []) line.close();
  await (straits ?? bus).close();
  unlock();
  if (outcome instanceof Unfit) throw outcome;
  process.exitCode = outcome;
}

/** Of each process the bus that it is at: nobody in it is of two continents. */
const busesOf = (
  { processes }: Wanted,
  { shareOf }: Workload,
  urlOf: (at: NodeAddress) => string,
): readonly string[] =>
  Array.from({ length: processes }, (_, index) => urlOf(shareOf(index, processes)[0]!));

/** Those in which somebody is, that of the first city first. */
const continentsOf = (cluster: Wanted): readonly Continent[] => {
  const towns = townsOf(cluster);
  const nodes = towns.flatMap(({ members }) => members.map(({ node }) => node));
  const all = [...towns.map(({ at }) => at), ...nodes].map(continentOf);
  return [...new Set(all as Continent[])];
};

const citiesOf = (cluster: Wanted): readonly Place[] =>
  cluster.runs === 'ring' ? [cluster.at] : townsOf(cluster).map(({ at }) => at);

/** What there will be, whether or not it is founded yet. */
const workloadOf = async (cluster: Wanted): Promise<Workload> =>
  cluster.runs === 'ring'
    ? (await import('./workload.ts')).ringWorkload(cluster.at, cluster.nodes)
    : lineOf(townsOf(cluster), cluster.drill);

interface Stage {
  readonly url: string;
  readonly ready: Promise<void>;
  readonly say: Say;
  readonly asJson: boolean;
}

/** Shows what the cluster does, until the result is called. */
async function showing(
  { runs, at }: Wanted,
  { nodes }: Workload,
  wire: NatsWire,
  { url, ready, say, asJson }: Stage,
): Promise<() => void> {
  if (runs === 'ring') {
    const { ringOf } = await import('#supervision/tree.ts');
    return showProgress(wire, at, ringOf(nodes), asJson);
  }
  const leaving = new AbortController();
  const { sendFirst } = await import('./city/first.ts');
  const shown = ready.then(() => sendFirst(url, at, say, leaving.signal));
  shown.catch((error: unknown) => say('first-failed', `the first transaction: ${String(error)}`));
  return () => leaving.abort();
}

/** What there is of a bus goes with us. */
const leaveAtOnce = (): void => process.exit(EXIT.interrupted);

/** Once is a request; twice, somebody does not want to wait. A closed terminal asks as well. */
function onSignals(stop: () => void): void {
  let isAsked = false;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (isAsked) leaveAtOnce();
      isAsked = true;
      stop();
    });
  }
}

function lock(folder: string): () => void {
  try {
    return lockDirectory(folder);
  } catch (error) {
    if (error instanceof UnfitDirectory) throw new Unfit(error.message);
    throw error;
  }
}

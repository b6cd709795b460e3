/**
 * `city-chain up`: a whole cluster on this machine. A bus is chosen, node processes are started and kept
 * alive, and what is going on is said in plain lines, until it is told to stop.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { lockDirectory, UnfitDirectory } from '#runtime/directory-lock.ts';
import { ringOf } from '#supervision/tree.ts';
import { wantedCluster, type ClusterFlags } from './cluster-options.ts';
import { connectWire, openClusterBus } from './connect.ts';
import { nodesOf } from './hosting.ts';
import { startNodes } from './node-processes.ts';
import { answerLooks } from './overseer.ts';
import { showProgress } from './progress.ts';
import { apiPortFor } from './ports.ts';
import { sayer } from './say.ts';
import { EXIT, Unfit, wholeNumber } from './unfit.ts';

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
    .option('--nodes <n>', 'nodes in all', wholeNumber('--nodes', 2, 5_000))
    .option(
      '--threads <n>',
      'threads of each process for heavy computation; 0: none of its own',
      wholeNumber('--threads', 0, 64),
    )
    .option('--place <place>', 'continent.municipality.city')
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
    .option('--show', 'show the ring turning')
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
  const bus = await openClusterBus(cluster, folder, say);
  const all = nodesOf(at, cluster.nodes);
  writeFileSync(join(folder, 'up.json'), JSON.stringify({ url: bus.url, pid: process.pid }));
  const { processes, lastReasons, ended } = startNodes({ ...cluster, apiPort }, bus.url, all, say);
  stop = () => processes.stop();
  const timer = setTimeout(stop, (seconds ?? 0) * 1_000);
  if (seconds === undefined) clearTimeout(timer);
  const wire = await connectWire(bus.url);
  const startedAt = Date.now();
  const overseen = { wire, processes, lastReasons, bus: bus.url, startedAt, now: Date.now };
  const leave = [answerLooks(overseen)];
  if (show === true) leave.push(showProgress(wire, at, ringOf(all), json === true));
  const outcome = await ended;
  clearTimeout(timer);
  for (const each of leave) each();
  await wire.close();
  await bus.close();
  unlock();
  if (outcome instanceof Unfit) throw outcome;
  process.exitCode = outcome;
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

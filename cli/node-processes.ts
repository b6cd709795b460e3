/**
 * The node processes of a cluster on this machine: started, kept alive by the table that keeps actors
 * alive, and given up only when they die again and again.
 */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { Reason } from '#protocols/effect.ts';
import { ProcessesAhead } from '#runtime/process-ahead.ts';
import { systemProcesses } from '#runtime/process.ts';
import type { ProcessCommand } from '#runtime/ports.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { wallClock } from '#runtime/wall-clock.ts';
import { Processes, type ProcessesObserver } from '#supervision/processes.ts';
import type { ChildSpec } from '#supervision/spec.ts';
import { policyFilesOf, type Wanted } from './cluster-options.ts';
import { clockFileOf } from './drill/clock-file.ts';
import { lineOf, wordsOf } from './overseer.ts';
import type { Say } from './say.ts';
import type { Workload } from './workload.ts';
import { EXIT, type Unfit } from './unfit.ts';
import { Unready } from './unready.ts';

/** In a minute, before `up` gives up: enough for any one fault, too few for a process that cannot live. */
const RESTARTS_PER_PROCESS = 5;
const PERIOD_MS = 60_000;
const SHUTDOWN_MS = 15_000;
/** A process that is frozen, or turns in a loop: longer than a crowded machine keeps anybody waiting. */
const HUNG_MS = 10_000;
const BACKOFF = { minMs: 50, maxMs: 2_000, factor: 2, jitter: 0.2, resetAfterMs: 10_000 };
const LINE_CHARS_MAX = 500;

export interface NodeProcesses {
  readonly processes: Processes;
  readonly lastReasons: ReadonlyMap<string, Reason>;
  /** All processes are up. */
  readonly ready: Promise<void>;
  /** When the last is gone: the exit code, or why the machine is unfit. */
  readonly ended: Promise<number | Unfit>;
}

/** Processes that load what they are for, and wait for the word. */
export interface NodesAhead {
  readonly children: readonly ChildSpec<ProcessCommand>[];
  readonly port: ProcessesAhead;
}

/** Spawns them; they begin together, when what they are to run is there. */
export function nodesAhead(
  cluster: Wanted,
  urlOf: (index: number) => string,
  workload: Workload,
  founded: Promise<void>,
): NodesAhead {
  const { promise: begins, resolve: begin } = Promise.withResolvers<void>();
  const children = Array.from({ length: cluster.processes }, (_, i) =>
    childSpec(cluster, workload, { url: urlOf(i), begins }, i),
  );
  const commands = children.map(({ start }) => start);
  // One core is ours: it founds what they are to run.
  const atOnce = Math.max(1, availableParallelism() - 1);
  const port = new ProcessesAhead(systemProcesses, commands, atOnce);
  // Whoever began alone would knock at doors that are not there yet, and rest.
  void Promise.all([founded, port.loaded]).then(() => begin());
  return { children, port };
}

export function startNodes(
  cluster: Wanted,
  workload: Workload,
  { children, port: ahead }: NodesAhead,
  say: Say,
): NodeProcesses {
  const intensity = RESTARTS_PER_PROCESS * cluster.processes;
  const flags = { strategy: 'one_for_one', intensity, periodMs: PERIOD_MS } as const;
  const lastReasons = new Map<string, Reason>();
  const ended = Promise.withResolvers<number | Unfit>();
  const ready = Promise.withResolvers<void>();
  const unready = new Unready((id, text) => say('line', `${id}: ${text}`));
  const processes = new Processes(
    { flags, children },
    { processes: ahead, clock: wallClock, entropy: systemEntropy() },
    {
      ...telling(cluster, workload, say, unready),
      ready: () => {
        say('ready', lineFor(cluster, workload));
        ready.resolve();
      },
      report: (report) => {
        if ('id' in report && 'reason' in report && report.reason !== undefined) {
          lastReasons.set(report.id, report.reason);
        }
        // What is unfit is said once, at the end.
        if (unready.unfit === undefined) say('report', lineOf(report));
      },
      ended: (reason) => {
        const isFine = reason.how === 'shutdown' || reason.how === 'normal';
        const unfit = isFine ? undefined : unready.unfit;
        if (!isFine && unfit === undefined) say('gave-up', `gave up: ${wordsOf(reason)}`);
        const outcome = unfit ?? (isFine ? EXIT.done : EXIT.failed);
        void ahead.leave().then(() => ended.resolve(outcome));
      },
    },
  );
  processes.start();
  return { processes, lastReasons, ready: ready.promise, ended: ended.promise };
}

const lineFor = ({ processes }: Wanted, { line }: Workload): string =>
  `${line}, in ${processes} processes; look with: city-chain top`;

const telling = (
  { processes }: Wanted,
  { shareOf }: Workload,
  say: Say,
  unready: Unready,
): ProcessesObserver => ({
  started: (id, incarnation, pid) => {
    unready.started(id);
    const count = shareOf(Number(id.slice(1)) - 1, processes).length;
    const again = incarnation === 1 ? '' : `, start ${incarnation}`;
    const text = `${id} is up: ${count} nodes, pid ${pid}${again}`;
    say('process-up', text, { process: id, pid, incarnation });
  },
  failed: (id, exitCode) => unready.failed(id, exitCode),
  gone: (id) => unready.gone(id),
  line: (id, _, text) => {
    // What a process logs is its own affair, unless it is trouble or not a log line at all.
    const level = /"level":"(\w+)"/.exec(text)?.[1];
    if (level === 'error' || level === undefined) unready.line(id, text.slice(0, LINE_CHARS_MAX));
  },
});

const MAIN = join(import.meta.dirname, 'main.ts');
interface Frugal {
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const AT_EASE: Frugal = { flags: [], env: {} };
/** Old space of a process, and for each node that it hosts: a light has 25 MB in all, most of it the program. */
const HEAP_MB = 48;
const HEAP_MB_A_NODE = 16;

/**
 * For whoever only holds, on somebody's device: a small nursery is 30 MB less, for a little more collecting; a bounded
 * heap does not grow threefold before it is collected; and 9 MB less are set apart by glibc for a dozen threads that
 * hardly ask for any (docs/decisions/0170).
 */
const small = (nodes: number): Frugal => ({
  flags: ['--max-semi-space-size=1', `--max-old-space-size=${HEAP_MB + HEAP_MB_A_NODE * nodes}`],
  env: { MALLOC_ARENA_MAX: '2' },
});

/** Whether somebody in it does the work of a city, or of a ring. */
const works = ({ delegates }: Workload, own: readonly NodeAddress[]): boolean =>
  own.some((node) => delegates?.includes(node) !== false);

function childSpec(
  cluster: Wanted,
  workload: Workload,
  { url, begins }: { readonly url: string; readonly begins: Promise<void> },
  index: number,
): ChildSpec<ProcessCommand> {
  const { processes, runs, nodes, threads, place, data, apiPort, drill } = cluster;
  const id = `p${index + 1}`;
  const own = workload.shareOf(index, processes);
  const isAtEase = works(workload, own);
  const given = {
    index,
    processes,
    runs,
    threads,
    ahead: isAtEase ? 'delegates' : 'holders',
    ...(runs === 'ring' ? { nodes, place } : {}),
    nats: url,
    data: resolve(data),
    'api-port': apiPort === 0 ? 0 : apiPort + index,
    ...(drill ? { clock: clockFileOf(resolve(data), id) } : {}),
  };
  const policies = Array.from(policyFilesOf(cluster), ([at, file]) => `${at}=${resolve(file)}`);
  const options = [
    ...Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]),
    ...policies.flatMap((policy) => ['--policy', policy]),
  ];
  const { flags, env } = isAtEase ? AT_EASE : small(own.length);
  const args = [...flags, MAIN, 'node', ...options];
  return {
    id,
    start: { file: 'node', args, env, readyBy: 'message', answersWithinMs: HUNG_MS, begins },
    shutdown: SHUTDOWN_MS,
    backoff: BACKOFF,
  };
}

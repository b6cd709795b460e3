/**
 * One process of a cluster: everything real, put together.
 *
 *   NATS <-> wire <-> links <-> system of actors <-> store on disk, pieces of each node, pool of threads
 *                                 |
 *        /metrics, /healthz, cc1.sys.look, $SRV.INFO
 *
 * A node whose tree gives up takes the process with it: what one table could not mend, the next one up
 * (`city-chain up`, or the machine's own) starts anew.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Reason } from '#protocols/effect.ts';
import type { Gone } from '#protocols/repair.messages.ts';
import { address, nodeOf, placeOf, type NodeAddress, type Place } from '#protocols/subjects.ts';
import { lifeFrom } from '#runtime/links/life.ts';
import { Links } from '#runtime/links/links.ts';
import { answerOperators, type Operated } from '#runtime/operator.ts';
import type { AnyActor } from '#runtime/actor.ts';
import { HostedPieces } from '#runtime/pieces/hosted-pieces.ts';
import type { PieceOptions } from '#runtime/pieces/open.ts';
import type { PieceReport } from '#runtime/pieces/reclaim.ts';
import type { Clock, Observer, Store, Wire } from '#runtime/ports.ts';
import { openAuditLog } from '#runtime/seen/audit-log.ts';
import { citiesOf } from '#runtime/seen/cities.ts';
import { serveHealth, type HealthServer } from '#runtime/seen/health.ts';
import type { Log } from '#runtime/seen/log.ts';
import { makeMetrics, observers, type Metrics } from '#runtime/seen/metrics.ts';
import { makeExporter } from '#runtime/seen/otlp.ts';
import { answerDiscovery, type Service } from '#runtime/services.ts';
import { System } from '#runtime/system.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { eventLoop, wallClock } from '#runtime/wall-clock.ts';
import { treeAddress } from '#supervision/tree.ts';
import { openPool } from './open-pool.ts';
import { VERSION } from './version.ts';

export interface Hosting {
  readonly process: string;
  /** The nodes that live here, and what runs on each. */
  readonly nodes: readonly NodeAddress[];
  readonly treeOf: (node: NodeAddress) => AnyActor;
  readonly openWire: (observer: Observer) => Promise<ClosableWire>;
  readonly store: Store;
  /** Of this process alone. */
  readonly folder: string;
  /** Of all pieces, whichever process hosts their node. */
  readonly pieceFolder: string;
  /** How much a node may hold: `LIGHT`, unless told otherwise. */
  readonly piecesOf?: (node: NodeAddress) => PieceOptions;
  /** Of the pool; none: jobs run on the loop. */
  readonly threads: number;
  readonly apiPort: number;
  readonly log: Log;
  /** What time it is here: that of the machine, unless told otherwise. */
  readonly clock?: Clock;
  /** Told once when a node's tree has given up. */
  readonly gaveUp: (node: NodeAddress, reason: Reason) => void;
  readonly otlp?: string;
  /** Those of the nodes that follow a policy. */
  readonly delegates?: readonly NodeAddress[];
  readonly anchors?: readonly NodeAddress[];
  /** Whose member a node is; of the city that it stands in, unless told otherwise. */
  readonly cityOf?: (node: NodeAddress) => Place;
}

export type ClosableWire = Wire & { readonly close: () => Promise<void> };

export interface Hosted {
  readonly system: System;
  readonly api: string;
  /** Stops the trees in order, then lets go of everything else. */
  readonly stop: () => Promise<void>;
}

/** What a light gives: 500 MB, where what is worth least makes room. */
export const LIGHT: PieceOptions = { bytesMax: 500_000_000 };

const STOP_MS_MAX = 10_000;
const STOP_LOOK_MS = 20;

export async function hostNodes(hosting: Hosting): Promise<Hosted> {
  const { process: name, store, folder, log } = hosting;
  mkdirSync(folder, { recursive: true });
  const cities = citiesOf(hosting.nodes, hosting.cityOf);
  const metrics = makeMetrics({ process: name }, cities);
  const exporter = hosting.otlp === undefined ? undefined : makeExporter(hosting.otlp, name);
  const observer = observers(metrics.observer, logging(log), exporter?.observer ?? {});
  const wire = await hosting.openWire(observer);
  const { clock = wallClock } = hosting;
  const entropy = systemEntropy();
  const links = new Links(
    { wire, clock, turnEnd: eventLoop, observer },
    { life: lifeFrom(clock.wall(), entropy) },
  );
  const pieces = openPieceStores(hosting, clock);
  const pool = await openPool(hosting.threads, hosting.delegates?.length === 0);
  const system = new System({
    clock,
    scheduler: eventLoop,
    entropy,
    store,
    pieces: pieces.of,
    pool: metrics.pool(pool),
    carrier: links,
    observer,
  });
  metrics.show(system);
  metrics.pieces(() => pieces.tally());
  const anchors = new Set(hosting.anchors);
  const fill = (is: (node: NodeAddress) => boolean) =>
    new Map(
      cities.all.map((city) => [
        city,
        () => pieces.tally((node) => cities.of(node) === city && is(node)),
      ]),
    );
  metrics.fill(
    'anchor',
    fill((node) => anchors.has(node)),
  );
  metrics.fill(
    'light',
    fill((node) => !anchors.has(node)),
  );
  const { delegates = [] } = hosting;
  if (delegates.length > 0) {
    // Whoever only holds has nothing to do with it.
    const { lookAtPolicy } = await import('./policy-look.ts');
    metrics.policy(lookAtPolicy(system, delegates));
  }
  startTrees(system, hosting);
  const startedAt = wallClock.wall();
  const health = await openHealth(metrics, system, wire, hosting);
  const audit = openAuditLog(join(folder, 'audit.jsonl'), wallClock.wall);
  const api = `http://127.0.0.1:${health.port}`;
  const describe = () => ({ pid: process.pid, api, uptimeMs: wallClock.wall() - startedAt });
  const leave = [
    answerOperators({
      process: name,
      wire,
      system,
      audit,
      describe,
      ...(delegates.length === 0 ? {} : { part: tellRepair(system, delegates) }),
    }),
    answerDiscovery({
      wire,
      id: name,
      version: VERSION,
      startedAt: new Date(startedAt),
      services: () => servicesOf(system),
    }),
  ];
  const stop = async (): Promise<void> => {
    for (const each of leave) each();
    for (const node of hosting.nodes) system.stop(treeAddress(node));
    await allGone(system);
    system.close();
    await pieces.close();
    await pool.close();
    links.close();
    audit.close();
    await exporter?.close();
    await health.close();
    await wire.close();
  };
  return { system, api, stop };
}

const openPieceStores = (
  { pieceFolder, piecesOf = () => LIGHT, log }: Hosting,
  clock: Clock,
): HostedPieces =>
  new HostedPieces({
    folder: pieceFolder,
    optionsOf: piecesOf,
    report: (node, event) => tell(log, node, event),
    clock,
    scheduler: eventLoop,
    entropy: systemEntropy(),
  });

/** Making room is everyday work; the rest is not. */
function tell(log: Log, node: NodeAddress, event: PieceReport): void {
  if (event.kind === 'reclaimed') log('debug', 'pieces', { node, ...event });
  else log(event.kind === 'failed' ? 'error' : 'warn', 'pieces', { node, ...event });
}

function startTrees(system: System, { nodes, treeOf, gaveUp, log }: Hosting): void {
  system.host(...nodes);
  for (const node of nodes) {
    system.spawn(treeOf(node), (signal) => {
      if (signal.kind === 'started') return;
      const reason: Reason = ('reason' in signal ? signal.reason : undefined) ?? { how: 'normal' };
      if (reason.how === 'shutdown' || reason.how === 'normal') return;
      log('error', 'node gave up', { node, how: reason.how, why: reason.detail });
      gaveUp(node, reason);
    });
  }
}

const openHealth = (
  metrics: Metrics,
  system: System,
  wire: Wire,
  { nodes, apiPort: port }: Hosting,
): Promise<HealthServer> => {
  let isUp = false;
  wire.onState((state) => void (isUp = state === 'up'));
  const unready = (): string | undefined => {
    if (!isUp) return 'the wire is down';
    const running = new Set(
      system
        .look()
        .filter(({ phase }) => phase === 'running')
        .map(({ address }) => address),
    );
    const missing = nodes.find((node) => !running.has(treeAddress(node)));
    return missing === undefined ? undefined : `${missing} is not running`;
  };
  return serveHealth({ host: '127.0.0.1', port, metrics, unready });
};

/** What an operator reads of a running process: restarts, trouble with the wire, faults of ours. */
const logging = (log: Log): Observer => ({
  ended: (who, incarnation, how, detail) => {
    if (how === 'crashed' || how === 'killed')
      log('warn', 'actor ended', { who, incarnation, how, detail });
  },
  wire: (state, detail) => log(state === 'up' ? 'info' : 'warn', 'wire', { state, detail }),
  fault: (where, error) => log('error', 'fault', { where, error: String(error) }),
});

const NOTED_MS = 5_000;

/** Each delegate here is told; whoever has it on its disk says so. */
const tellRepair =
  (system: System, delegates: readonly NodeAddress[]): NonNullable<Operated['part']> =>
  (node, isBack, then) => {
    const gone: Gone = { kind: 'repair.gone', node, isBack };
    const noted: NodeAddress[] = [];
    let left = delegates.length;
    for (const delegate of delegates) {
      system.ask(address(delegate, 'repair'), gone, NOTED_MS, ({ kind }) => {
        if (kind === 'answered') noted.push(delegate);
        if (--left === 0) then(noted);
      });
    }
  };

/** One service for each role and region: `<layer>-<role>-<region>`. */
function servicesOf(system: System): Service[] {
  const first = system.look()[0];
  if (first === undefined) return [];
  const city = placeOf(nodeOf(first.address));
  const [continent] = city.split('.');
  return Array.from(system.tallies, ([role, { handled, failed }]) => ({
    name: `city-${role}-${continent}`,
    description: `the ${role} actors of ${city}`,
    subject: `cc1.${city}.*.${role}.>`,
    handled,
    failed,
  }));
}

async function allGone(system: System): Promise<void> {
  for (let waited = 0; waited < STOP_MS_MAX && system.look().length > 0; waited += STOP_LOOK_MS) {
    await new Promise((resolve) => setTimeout(resolve, STOP_LOOK_MS));
  }
}

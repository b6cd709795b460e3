/**
 * Which bus a process uses that brings up a cluster, and keeping it alive:
 *
 *   given      what `--nats` or NATS_URL names; if it does not answer, that is an error: another bus
 *              would be another cluster
 *   server     a nats-server of this machine, as a child that comes back at its port when it dies, and
 *              is killed when it hangs
 *   embedded   the small bus inside this process, where there is no nats-server
 *
 * Nothing is ever downloaded here: that is done when somebody asks for it (see nats-server/obtain.ts).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fail, ok, type Result } from '#lib/result.ts';
import { startEmbeddedBus } from './embedded-bus/bus.ts';
import { freePorts, PORTS_MAX, whyTaken } from './free-port.ts';
import { Hub } from './hub.ts';
import { findServer, type FoundServer } from './nats-server/find.ts';
import { watchServer } from './nats-server/hung.ts';
import { launchServer, type Joint, type RunningServer } from './nats-server/launch.ts';
import { HOW_TO_GET_ONE } from './nats-server/obtain.ts';
import { parseUrls } from './nats-url.ts';
import { NatsWire } from './nats-wire.ts';
import type { Log } from './seen/log.ts';
import type { Environment } from './user.ts';

export interface Bus {
  /** What every process of the cluster connects to. */
  readonly url: string;
  readonly kind: 'given' | 'nats-server' | 'embedded';
  /** Which bus this is, why, and how to get a better one. */
  readonly line: string;
  /** The server's, where it is a child of ours; changes with each restart. */
  readonly pid: number | undefined;
  /** Hears of each restart of the child. The result stops that. */
  readonly onRestart: (hear: (restart: BusRestart) => void) => () => void;
  readonly close: () => Promise<void>;
}

export interface BusRestart {
  readonly why: string;
  readonly pid: number;
}

export interface BusOptions {
  /** An address, or `embedded`; absent or `auto`: NATS_URL, else a local server, else embedded. */
  readonly nats?: string;
  readonly env: Environment;
  /** Where a server of ours keeps its configuration and log. */
  readonly folder: string;
  /** Where a bus of ours listens, or at the next free port; absent or 0: at any. */
  readonly port?: number;
  /** One of several servers that are one bus together. */
  readonly joint?: Joint | undefined;
  readonly log: Log;
}

const ANSWER_MS_MAX = 3_000;
const WAIT_MS_MIN = 50;
const WAIT_MS_MAX = 5_000;
/** A server that lived this long did not die of what killed the one before. */
const STEADY_MS = 10_000;

export async function openBus(options: BusOptions): Promise<Result<Bus>> {
  const { nats = 'auto', env, log } = options;
  if (nats === 'embedded') return embedded('as asked', options);
  if (nats !== 'auto') return given(nats, '--nats');
  const url = env['NATS_URL'];
  if (url !== undefined && url !== '') return given(url, 'NATS_URL');
  const found = findServer(env);
  if (!found.ok) return found;
  if (found.value === undefined) return embedded('no nats-server was found', options);
  const server = found.value;
  const launched = await launch(server.path, options);
  if (launched.ok) return ok(new ServerBus(server, launched.value, options));
  if (env['NATS_SERVER'] === server.path) return launched;
  log('warn', 'nats-server-unfit', { path: server.path, why: launched.error });
  return embedded(`${server.path} does not start`, options);
}

/** At the port that is wanted, or the next free one. */
async function launch(
  path: string,
  { folder, port: wanted = 0, joint }: BusOptions,
): Promise<Result<RunningServer>> {
  if (wanted === 0) return launchServer({ path, folder, joint });
  for (let from = wanted; ; from++) {
    const port = await freePorts(from);
    if (port === undefined) return fail(noneFree(wanted));
    const launched = await launchServer({ path, folder, port, joint });
    // Whoever was faster has it now; what else is wrong with the server is wrong at every port.
    if (launched.ok || (await whyTaken(port)) === undefined) return launched;
    from = port;
  }
}

const noneFree = (from: number): string =>
  `no port from ${from} to ${from + PORTS_MAX - 1} is free for the bus`;

/** Said where another port was taken than the one that was wanted. */
const insteadOf = ({ port: wanted = 0 }: BusOptions, url: string): string =>
  wanted === 0 || url.endsWith(`:${wanted}`) ? '' : `; port ${wanted} is in use`;

async function given(url: string, by: string): Promise<Result<Bus>> {
  const parsed = parseUrls(url);
  if (!parsed.ok) return fail(`${by}: ${parsed.error}`);
  const opened = await NatsWire.open({ url, openMsMax: ANSWER_MS_MAX });
  if (!opened.ok) return fail(`${by}: ${opened.error}`);
  await opened.value.close();
  const line = `bus: NATS at ${parsed.value.servers.join(', ')}, named by ${by}`;
  return ok({ ...NEVER_RESTARTS, url, kind: 'given', line, close: async () => undefined });
}

async function embedded(why: string, options: BusOptions): Promise<Result<Bus>> {
  const { port: wanted = 0 } = options;
  const port = wanted === 0 ? 0 : await freePorts(wanted);
  if (port === undefined) return fail(noneFree(wanted));
  const { url, close } = await startEmbeddedBus(new Hub(), { port });
  const where = `bus: embedded in this process at ${url} (${why})${insteadOf(options, url)}`;
  const line = `${where}; the real one: ${HOW_TO_GET_ONE}`;
  return ok({ ...NEVER_RESTARTS, url, kind: 'embedded', line, close });
}

const NEVER_RESTARTS = { pid: undefined, onRestart: () => (): void => undefined };

/** A nats-server that is launched again, at its port, whenever it ends. */
class ServerBus implements Bus {
  readonly url: string;
  readonly kind = 'nats-server';
  readonly line: string;
  readonly #server: FoundServer;
  readonly #folder: string;
  readonly #joint: Joint | undefined;
  readonly #log: Log;
  readonly #hearers = new Set<(restart: BusRestart) => void>();
  readonly #kept: Promise<void>;
  readonly #closing = new AbortController();
  #running: RunningServer;

  constructor(server: FoundServer, running: RunningServer, options: BusOptions) {
    const { folder, log } = options;
    this.url = running.url;
    const where = `bus: nats-server ${server.version} at ${running.url} (${server.path}, ${server.why})`;
    this.line = where + insteadOf(options, running.url);
    this.#server = server;
    this.#folder = folder;
    this.#joint = options.joint;
    this.#log = log;
    this.#running = running;
    this.#kept = this.#keep();
  }

  get pid(): number {
    return this.#running.pid;
  }

  onRestart(hear: (restart: BusRestart) => void): () => void {
    this.#hearers.add(hear);
    return () => this.#hearers.delete(hear);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running.stop();
    await this.#kept;
  }

  async #keep(): Promise<void> {
    let waitMs = 0;
    for (;;) {
      const since = performance.now();
      const why = await endOf(this.#running);
      if (performance.now() - since >= STEADY_MS) waitMs = 0;
      while (!(await this.#again(why, waitMs))) {
        if (this.#closing.signal.aborted) return;
        waitMs = longer(waitMs);
      }
      waitMs = longer(waitMs);
    }
  }

  /** Whether it runs again. */
  async #again(why: string, waitMs: number): Promise<boolean> {
    const { path } = this.#server;
    const { port } = this.#running;
    await sleep(waitMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    if (this.#closing.signal.aborted) return false;
    const own = { folder: this.#folder, port, joint: this.#joint };
    const launched = await launchServer({ path, ...own });
    if (launched.ok && this.#closing.signal.aborted) {
      await launched.value.stop();
      return false;
    }
    if (!launched.ok) {
      this.#log('error', 'nats-server-unfit', { path, why: launched.error });
      return false;
    }
    this.#running = launched.value;
    const { pid } = launched.value;
    this.#log('warn', 'nats-server-restarted', { why, pid });
    for (const hear of this.#hearers) hear({ why, pid });
    return true;
  }
}

/** How a server ended: by itself, or by us, because it did not answer. */
async function endOf({ url, ended, kill }: RunningServer): Promise<string> {
  let hung: string | undefined;
  const leave = watchServer(new URL(url).host, (why) => {
    hung = why;
    kill();
  });
  const how = await ended;
  leave();
  return hung ?? how;
}

const longer = (waitMs: number): number => Math.min(WAIT_MS_MAX, Math.max(WAIT_MS_MIN, 2 * waitMs));

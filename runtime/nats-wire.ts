/**
 * The wire over NATS: one connection for the whole process, replaced whenever it fails.
 *
 *            dial ok                      ended, stale
 *   opening ---------> up --------------------------------> down --+
 *                      ^ <---- dial ok, listeners again ---------- |  dial, wait, dial, wait ...
 *                      +-- lame duck: another server first, then drain the old connection
 *   close: drain, then closed for ever
 *
 * Promises (those of `Wire`): `send` never throws and never waits; what the connection cannot take now
 * is dropped, counted, and never sent later, so that nothing arrives twice or out of date. What is sent
 * while the connection breaks may be lost without a word: links above count and repeat.
 *
 * Waiting between dials is a twentieth of the outage so far: a server that comes back is found within
 * 5 % of the time it was away (250 ms after an outage of five seconds), and no crowd hammers one that
 * stays away. Jitter halves it at random, so that a crowd does not come back as one.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { assert } from '#lib/assert.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import { isFilter, isSubject, type Filter, type Subject } from '#protocols/subjects.ts';
import { isTraceparent } from './headers.ts';
import {
  Connection,
  type ConnectionOptions,
  type Credentials,
  type Heard,
} from './nats-connection.ts';
import { parseUrls } from './nats-url.ts';
import type { Arrival, Observer, Outgoing, Wire, WireState } from './ports.ts';
import { isQueue, reportFault } from './wire-rules.ts';

export interface NatsWireOptions {
  /** `nats://host:port` or `tls://...`, several with commas; `user:password@` or `token@` before the host. */
  readonly url: string;
  /** Shown by the server's monitoring. */
  readonly name?: string;
  readonly credentials?: Credentials;
  readonly observer?: Observer;
  /** How long the first connection may take to come about. */
  readonly openMsMax?: number;
  /** How often a silent server is looked at; after six looks in vain it is left. */
  readonly watchMs?: number;
  /** Bytes that may wait in this process for a server that takes them slowly. */
  readonly backlogBytesMax?: number;
}

const OPEN_MS_MAX = 3_000;
/** Stale after 3 seconds: with a dial of 1.5 that is back within 5. A phone looks less often. */
const WATCH_MS = 500;
/** Four thousand messages of 2 KB: what a burst may be ahead of the server. */
const BACKLOG_BYTES_MAX = 8 * 1024 * 1024;
/** Room for the header block of a traceparent in what the server takes as one message. */
const TRACE_BYTES_MAX = 128;
const WAIT_MS_MIN = 10;
const WAIT_MS_MAX = 2_000;
const SUBJECT_SHOWN_CHARS_MAX = 255;

interface Listening {
  readonly filter: Filter;
  readonly queue: string | undefined;
  readonly take: (arrival: Arrival) => void;
  isOpen: boolean;
  /** Undoes the subscription on the present connection. */
  leave: (() => void) | undefined;
}

export class NatsWire implements Wire {
  readonly #servers: readonly string[];
  readonly #options: ConnectionOptions;
  readonly #observer: Observer;
  readonly #backlogBytesMax: number;
  readonly #listening = new Set<Listening>();
  readonly #hearers = new Set<(state: WireState) => void>();
  readonly #heard: Heard = {
    ended: (connection, why) => {
      if (connection === this.#connection && this.#closing === undefined)
        void this.#regain(connection, why);
    },
    lameDuck: (connection) => {
      if (connection === this.#connection) void this.#move(connection);
    },
    forbidden: (what, subject) => this.#observer.forbidden?.(what, subject),
    complained: (error) => this.#observer.fault?.('the NATS server', error),
  };
  readonly #stopping = new AbortController();
  #connection: Connection | undefined;
  #state: WireState = 'down';
  #moving: Connection | undefined;
  #bytesMax = 0;
  /** The subject that was sent to last, and was fit: most follow one like them. */
  #fit: string | undefined;
  #closing: Promise<void> | undefined;

  private constructor(options: NatsWireOptions, servers: readonly string[], own: Credentials) {
    this.#servers = servers;
    this.#options = {
      name: options.name ?? 'city-chain',
      credentials: { ...own, ...options.credentials },
      watchMs: options.watchMs ?? WATCH_MS,
    };
    this.#observer = options.observer ?? {};
    this.#backlogBytesMax = options.backlogBytesMax ?? BACKLOG_BYTES_MAX;
  }

  /** A wire that is up; or, after a few seconds of trying, why there is none. */
  static async open(options: NatsWireOptions): Promise<Result<NatsWire>> {
    const parsed = parseUrls(options.url);
    if (!parsed.ok) return parsed;
    const wire = new NatsWire(options, parsed.value.servers, parsed.value.credentials);
    const since = performance.now();
    const openMsMax = options.openMsMax ?? OPEN_MS_MAX;
    for (;;) {
      const dialled = await wire.#dial(wire.#servers);
      if (dialled.ok) return ok(wire);
      const elapsedMs = performance.now() - since;
      if (elapsedMs >= openMsMax) {
        return fail(`no NATS server answers at ${wire.#servers.join(', ')} (${dialled.error})`);
      }
      await wire.#wait(elapsedMs);
    }
  }

  /** The present server's word, which it may change; while there is none, the last one's. */
  get bytesMax(): number {
    if (this.#connection !== undefined) this.#learnLimit(this.#connection);
    return this.#bytesMax;
  }

  /** The server of the present connection, as `host:port`. */
  get server(): string | undefined {
    return this.#connection?.server;
  }

  /** Bytes that wait in this process for the server to take them. */
  get backlogBytes(): number {
    return this.#connection?.backlogBytes ?? 0;
  }

  send(subject: Subject, bytes: Uint8Array, more?: Outgoing): void {
    const connection = this.#connection;
    if (connection === undefined) return this.#observer.dropped?.(shown(subject), 'down');
    const reply = more?.reply;
    if (!this.#isFit(subject) || (reply !== undefined && !isSubject(reply))) {
      return this.#observer.dropped?.(shown(subject), 'bad-subject');
    }
    if (bytes.length > this.bytesMax) return this.#observer.dropped?.(subject, 'too-large');
    if (connection.backlogBytes > this.#backlogBytesMax) {
      return this.#observer.dropped?.(subject, 'backlog');
    }
    const trace = more?.traceparent;
    const isTraced = trace !== undefined && isTraceparent(trace);
    connection.publish(subject, bytes, reply, isTraced ? trace : undefined);
  }

  listen(filter: Filter, receive: (arrival: Arrival) => void, queue?: string): () => void {
    assert(isFilter(filter), 'a filter is dot-separated words');
    assert(queue === undefined || isQueue(queue), 'a queue group is one word');
    const take = (arrival: Arrival): void => {
      if (!listening.isOpen) return;
      try {
        receive(arrival);
      } catch (error) {
        reportFault(this.#observer, `a listener on ${filter}`, error);
      }
    };
    const listening: Listening = { filter, queue, take, isOpen: true, leave: undefined };
    this.#listening.add(listening);
    if (this.#connection !== undefined) tune(this.#connection, listening);
    return () => this.#leave(listening);
  }

  /** Resolves when the server has taken what was sent so far; at once where nothing can be sent. */
  async flush(): Promise<void> {
    await this.#connection?.flush();
  }

  onState(hear: (state: WireState) => void): () => void {
    this.#hearers.add(hear);
    hear(this.#state);
    return () => this.#hearers.delete(hear);
  }

  /** Takes what is on its way, sends what waits, and ends. Until then it listens and sends. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#stopping.abort();
    await this.#connection?.drain();
    this.#connection = undefined;
    for (const listening of this.#listening) listening.isOpen = false;
    this.#listening.clear();
    this.#become('closed', 'closed');
  }

  #leave(listening: Listening): void {
    if (!listening.isOpen) return;
    listening.isOpen = false;
    this.#listening.delete(listening);
    listening.leave?.();
  }

  #isFit(subject: string): boolean {
    if (subject === this.#fit) return true;
    if (!isSubject(subject)) return false;
    this.#fit = subject;
    return true;
  }

  /** One pass through `servers`; the first that answers carries the wire from then on. */
  async #dial(servers: readonly string[]): Promise<Result<Connection>> {
    let why = 'no server is known';
    for (const server of servers) {
      const dialled = await Connection.dial(server, this.#options, this.#heard);
      if (dialled.ok && this.#closing !== undefined) dialled.value.end('closed');
      if (this.#closing !== undefined) return fail('closed');
      if (dialled.ok && dialled.value.isOpen) {
        await this.#carryOn(dialled.value);
        return dialled;
      }
      why = dialled.ok ? 'the server closed the connection' : dialled.error;
    }
    return fail(why);
  }

  /** At once when connected: whoever speaks first may do so after the server has gone. */
  #learnLimit({ payloadBytesMax }: Connection): void {
    const bytesMax = payloadBytesMax - TRACE_BYTES_MAX;
    if (bytesMax > 0) this.#bytesMax = bytesMax;
  }

  async #carryOn(connection: Connection): Promise<void> {
    const before = this.#connection;
    this.#connection = connection;
    this.#learnLimit(connection);
    for (const listening of this.#listening) listening.leave = undefined;
    // First nobody listens on the old connection, then somebody on the new one: nothing comes twice.
    await before?.drain();
    if (this.#connection !== connection) return;
    for (const listening of this.#listening) {
      // Who began to listen meanwhile did so on the new one.
      if (listening.leave === undefined) tune(connection, listening);
    }
    this.#become('up', `connected to ${connection.server}`);
  }

  async #regain(lost: Connection, why: string): Promise<void> {
    this.#connection = undefined;
    this.#become('down', why);
    const since = performance.now();
    const said = new Set([why]);
    for (;;) {
      await this.#wait(performance.now() - since);
      if (this.#closing !== undefined) return;
      const dialled = await this.#dial([...this.#besides(lost), lost.server]);
      if (dialled.ok || this.#closing !== undefined) return;
      // Why it stays away may differ from why it went: credentials may have been taken back.
      if (!said.has(dialled.error)) this.#observer.wire?.('down', dialled.error);
      said.add(dialled.error);
    }
  }

  /** Leaves a server that is about to stop; where there is no other, it waits for the end. */
  async #move(from: Connection): Promise<void> {
    if (this.#moving === from) return;
    this.#moving = from;
    const others = this.#besides(from);
    const since = performance.now();
    while (others.length > 0 && this.#connection === from && this.#closing === undefined) {
      if ((await this.#dial(others)).ok) return;
      await this.#wait(performance.now() - since);
    }
  }

  /** All other servers: those that were given, then those that this one told of. */
  #besides({ server, others }: Connection): string[] {
    const all = new Set([...shuffled(this.#servers), ...shuffled(others)]);
    all.delete(server);
    return [...all];
  }

  async #wait(outageMs: number): Promise<void> {
    const { signal } = this.#stopping;
    await sleep(waitMs(outageMs), undefined, { signal }).catch(() => undefined);
  }

  #become(state: WireState, detail: string): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#observer.wire?.(state, detail);
    for (const hear of this.#hearers) hear(state);
  }
}

function tune(connection: Connection, listening: Listening): void {
  listening.leave = connection.subscribe(listening.filter, listening.queue, listening.take);
}

const shown = (subject: string): string => subject.slice(0, SUBJECT_SHOWN_CHARS_MAX);

function waitMs(outageMs: number): number {
  const wait = Math.min(WAIT_MS_MAX, Math.max(WAIT_MS_MIN, outageMs / 20));
  return wait * (0.5 + Math.random() / 2);
}

const shuffled = (servers: readonly string[]): string[] =>
  servers
    .map((server) => ({ server, at: Math.random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ server }) => server);

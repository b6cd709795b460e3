/**
 * One connection to one NATS server, from its dialling to its end. It is never mended: whoever
 * wants to go on dials another (see nats-wire.ts). So there is one way back, whatever happened.
 *
 *   dialled -> open -> (draining ->) ended, once, with the reason
 *
 * Built from the parts of the official client below its `connect` call, because that call lets nobody
 * look at what waits to be sent, gives up a dial without closing its socket, and after a stale
 * connection waits for a write that a frozen server never takes. Its handshake, its TLS and its
 * credentials are used as they are; its reconnecting is off. Small messages go out past it
 * (nats-outbound.ts), and all messages come in past it (nats-inbound.ts): every other line is its own.
 *
 * The watch: each look that finds nothing new from the server costs one life and sends a ping; any byte
 * or answer gives all lives back. Lives are counted in looks and not in milliseconds, so that a process
 * which slept for an hour does not take its own absence for the server's.
 */
import {
  MsgHdrsImpl,
  ProtocolHandler,
  QueuedIteratorImpl,
  SubscriptionImpl,
  parseOptions,
  setTransportFactory,
  type MsgImpl,
  type PermissionViolationError,
  type Status,
} from '@nats-io/transport-node';
import type { NodeConnectionOptions } from '@nats-io/transport-node/lib/connect.js';
import { NodeTransport, nodeResolveHost } from '@nats-io/transport-node/lib/node_transport.js';
import { fail, ok, type Result } from '#lib/result.ts';
import { traceHeader } from './headers.ts';
import { Arrived } from './nats-arrival.ts';
import { Inbound } from './nats-inbound.ts';
import { Outbound } from './nats-outbound.ts';
import type { Arrival } from './ports.ts';

/** Who we are to a server. */
export type Credentials = Pick<
  NodeConnectionOptions,
  'user' | 'pass' | 'token' | 'authenticator' | 'tls'
>;

export interface ConnectionOptions {
  readonly name: string;
  readonly credentials: Credentials;
  /** How often the server is looked at; it is gone after five looks without a sign of life. */
  readonly watchMs: number;
}

export interface Heard {
  readonly ended: (connection: Connection, why: string) => void;
  /** The server is about to stop, and wants its clients to leave. */
  readonly lameDuck: (connection: Connection) => void;
  readonly forbidden: (what: 'send' | 'listen', subject: string) => void;
  /** Anything else that it did not like; often its last word. */
  readonly complained: (error: Error) => void;
}

/** Five round trips (TCP, greeting, TLS twice, CONNECT) between continents, of 250 ms each. */
export const DIAL_MS_MAX = 1_500;
const LIVES = 5;
/** How a connection ends whose server is there and does not answer. */
export const SILENT = 'the server does not answer';
/** How a connection ends whose server sends what is no message, and no line either. */
const NOT_NATS = 'the server sent what is not NATS';
/** The first state of the client's parser. */
const AT_LINE_START = 0;
/** A drain that takes longer than this waits for a server that is not there. */
const DRAIN_MS_MAX = 2_000;
/** The client's own pings would come as often as ours, and end in its reconnecting. */
const NEVER_MS = 2 ** 31 - 1;
const FIXED = {
  timeout: DIAL_MS_MAX,
  reconnect: false,
  ignoreClusterUpdates: true,
  noAsyncTraces: true,
  pingInterval: NEVER_MS,
};
/** Whom messages are answered through; nobody here answers through a message. */
const NOBODY = { publish: (): void => undefined };

/** A header block that is our traceparent and nothing else. */
class TraceBlock extends MsgHdrsImpl {
  traceparent = '';
  override encode(): Uint8Array {
    return traceHeader(this.traceparent);
  }
}

export class Connection {
  /** As the server named it when it greeted us. */
  readonly server: string;
  readonly #protocol: ProtocolHandler;
  readonly #heard: Heard;
  readonly #transport: NodeTransport;
  readonly #watch: NodeJS.Timeout;
  readonly #trace = new TraceBlock();
  /** Filled anew for each message: the client reads them before `publish` returns. */
  readonly #plain = { reply: '' };
  readonly #traced = { reply: '', headers: this.#trace };
  readonly #outbound = new Outbound();
  readonly #takers = new Map<number, (arrival: Arrival) => void>();
  readonly #inbound = new Inbound({
    message: (head, bytes, at) => this.#takers.get(head.sid)?.(new Arrived(head, bytes, at)),
    line: (line) => this.#protocol.parser.parse(line),
  });
  #bytesIn = 0;
  #lives = LIVES;
  #bytesSeen = 0;
  #isEnded = false;
  #lastError = '';

  private constructor(protocol: ProtocolHandler, heard: Heard, watchMs: number) {
    this.#protocol = protocol;
    this.#heard = heard;
    this.#transport = protocol.transport as NodeTransport;
    this.server = protocol.server.listen;
    this.#watch = setInterval(() => this.#look(), watchMs);
    this.#listen();
    void this.#hearStatus();
    void protocol.closed.then((error) =>
      this.#end(error?.message ?? (this.#lastError || 'the server closed the connection')),
    );
  }

  /** `server` is `host:port`. A dial that fails leaves no socket behind. */
  static async dial(
    server: string,
    { name, credentials, watchMs }: ConnectionOptions,
    heard: Heard,
  ): Promise<Result<Connection>> {
    let protocol: ProtocolHandler | undefined;
    try {
      // The client keeps this for the whole process, and anybody's `connect` sets it.
      setTransportFactory({ factory: () => new NodeTransport(), dnsResolveFn: nodeResolveHost });
      const options = { ...FIXED, ...(credentials as object), servers: [server], name };
      protocol = new ProtocolHandler(parseOptions(options), NOBODY);
      await protocol.dialLoop();
      return ok(new Connection(protocol, heard, watchMs));
    } catch (error) {
      protocol?.transport?.discard();
      return fail(error instanceof Error ? error.message : String(error));
    }
  }

  get isOpen(): boolean {
    return !this.#isEnded;
  }

  get payloadBytesMax(): number {
    return this.#protocol.info?.max_payload ?? 0;
  }

  /** Other servers that this one told of. */
  get others(): readonly string[] {
    return this.#protocol.info?.connect_urls ?? [];
  }

  /** Bytes that wait in this process for the server to take them. */
  get backlogBytes(): number {
    const waiting = this.#outbound.size + this.#protocol.outbound.size();
    return waiting + (this.#transport.socket?.writableLength ?? 0);
  }

  publish(subject: string, bytes: Uint8Array, reply = '', traceparent?: string): void {
    if (traceparent === undefined && Outbound.takes(subject, reply, bytes)) {
      return this.#gather(subject, bytes, reply);
    }
    this.#write();
    const options = traceparent === undefined ? this.#plain : this.#traced;
    options.reply = reply;
    if (traceparent !== undefined) this.#trace.traceparent = traceparent;
    this.#protocol.publish(subject, bytes, options);
  }

  /** `take` must not throw: that would be the end of the connection. */
  subscribe(
    filter: string,
    queue: string | undefined,
    take: (arrival: Arrival) => void,
  ): () => void {
    const subscription = new SubscriptionImpl(this.#protocol, filter, {
      ...(queue === undefined ? {} : { queue }),
      // With an error there is no message: the server refused the subscription, and says so below.
      callback: (error, msg) => {
        if (error === null) take(Arrived.of(msg as MsgImpl));
      },
    });
    this.#write();
    this.#protocol.subscribe(subscription);
    const sid = subscription.getID();
    this.#takers.set(sid, take);
    return () => {
      this.#takers.delete(sid);
      if (!this.#isEnded) subscription.unsubscribe();
    };
  }

  /** Resolves when the server has taken all that was sent; or never will. */
  async flush(): Promise<void> {
    this.#write();
    if (!this.#isEnded) await this.#protocol.flush().catch(() => undefined);
  }

  /** Takes what is on its way here, sends what waits, and ends; or just ends after a while. */
  async drain(): Promise<void> {
    this.#write();
    const late = new Promise<void>((resolve) => setTimeout(resolve, DRAIN_MS_MAX).unref());
    const drained = this.#protocol.drain().catch(() => undefined);
    await Promise.race([drained, this.#protocol.closed, late]);
    this.end('drained');
  }

  /** At once, whatever waits. */
  end(why: string): void {
    if (this.#isEnded) return;
    this.#lastError = why;
    this.#transport.discard();
    void this.#protocol.close();
    this.#end(why);
  }

  /** Keeps a message for the end of the turn. */
  #gather(subject: string, bytes: Uint8Array, reply: string): void {
    if (this.#outbound.size === 0) queueMicrotask(this.#write);
    this.#outbound.add(subject, reply, bytes);
    if (this.#outbound.isFull) this.#write();
  }

  /** Hands over what was gathered: before anything else is said, so that the order is kept. */
  readonly #write = (): void => {
    if (this.#outbound.size === 0) return;
    const bytes = this.#outbound.take();
    // What the client itself has still to say comes first, and it says it a moment later.
    if (this.#protocol.outbound.size() > 0) return this.#protocol.sendCommand(bytes);
    this.#transport.send(bytes);
  };

  /**
   * Takes what comes in before the client does. Its own reader has its line to end first, if it has
   * begun one. Where its socket is not as we know it, all stays its own.
   */
  #listen(): void {
    const { socket } = this.#transport;
    const [read, ...others] = (socket?.listeners('data') ?? []) as ((chunk: Buffer) => void)[];
    if (socket === undefined || read === undefined || others.length > 0) return;
    let isOurs = false;
    socket.on('data', (chunk: Buffer) => {
      isOurs ||= this.#isClientIdle;
      if (isOurs) this.#take(chunk);
      else read(chunk);
    });
    socket.off('data', read);
  }

  get #isClientIdle(): boolean {
    return this.#transport.yields.length === 0 && this.#protocol.parser.state === AT_LINE_START;
  }

  #take(chunk: Buffer): void {
    this.#bytesIn += chunk.length;
    try {
      if (!this.#inbound.take(chunk)) this.end(NOT_NATS);
    } catch (error) {
      // The client does not understand a line.
      this.end(error instanceof Error ? error.message : String(error));
    }
  }

  #end(why: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#inbound.stop();
    clearInterval(this.#watch);
    // Whoever waits for a flush hears of it: `close` leaves them waiting.
    this.#protocol.resetOutbound();
    this.#heard.ended(this, why);
  }

  #look(): void {
    const bytesIn = this.#bytesIn + this.#protocol.inBytes;
    const isNew = bytesIn !== this.#bytesSeen;
    this.#bytesSeen = bytesIn;
    if (isNew) return this.#live();
    if (this.#lives-- === 0) return this.end(SILENT);
    this.#protocol.flush().then(
      () => this.#live(),
      () => undefined,
    );
  }

  #live(): void {
    this.#lives = LIVES;
  }

  async #hearStatus(): Promise<void> {
    const statuses = new QueuedIteratorImpl<Status>();
    this.#protocol.listeners.push(statuses);
    for await (const status of statuses) {
      if (status.type === 'ldm') this.#heard.lameDuck(this);
      if (status.type === 'error') this.#hearError(status.error);
    }
  }

  #hearError(error: Error): void {
    const { operation, subject } = error as Partial<PermissionViolationError>;
    if (subject !== undefined) {
      return this.#heard.forbidden(operation === 'publish' ? 'send' : 'listen', subject);
    }
    this.#lastError = error.message;
    this.#heard.complained(error);
  }
}

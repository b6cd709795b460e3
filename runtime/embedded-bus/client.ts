/**
 * One client of the embedded bus: its subscriptions, what it is owed, and when it has to go. A client
 * that does not read is cut before what waits for it grows large; nobody else notices.
 */
import type { Socket } from 'node:net';
import type { Hub, HubListener, Parcel } from '../hub.ts';
import { Parser, type ConnectOptions, type Operation } from './parser.ts';

export interface ClientLimits {
  readonly payloadMax: number;
  /** Bytes that may wait for a client that does not read. */
  readonly pendingMax: number;
  readonly subscriptionsMax: number;
}

interface Subscription {
  readonly leave: () => void;
  /** How many messages it may still get; `undefined`: no end. */
  left: number | undefined;
  got: number;
}

const CRLF = '\r\n';

export class Client {
  readonly #socket: Socket;
  readonly #hub: Hub;
  readonly #limits: ClientLimits;
  readonly #parser: Parser;
  readonly #subscriptions = new Map<string, Subscription>();
  #options: ConnectOptions = { verbose: false, echo: true, headers: false, toldOfNobody: false };
  #isOpen = true;
  #pingsUnanswered = 0;

  constructor(socket: Socket, hub: Hub, limits: ClientLimits, info: string) {
    this.#socket = socket;
    this.#hub = hub;
    this.#limits = limits;
    this.#parser = new Parser(limits.payloadMax);
    socket.setNoDelay(true);
    socket.write(`INFO ${info}${CRLF}`);
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', () => this.close());
    socket.on('close', () => this.close());
  }

  /** Asks whether it is still there; twice unanswered, it is not. */
  ping(): void {
    if (this.#pingsUnanswered >= 2) return this.#refuse('Stale Connection');
    this.#pingsUnanswered++;
    this.#say(`PING${CRLF}`);
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    for (const { leave } of this.#subscriptions.values()) leave();
    this.#subscriptions.clear();
    this.#socket.destroy();
  }

  #take(chunk: Uint8Array): void {
    // All that is answered to one chunk leaves as one write.
    this.#socket.cork();
    for (const operation of this.#parser.take(chunk)) {
      if (!this.#isOpen) return;
      if (operation.op === 'violation') return this.#refuse(operation.what);
      this.#do(operation);
    }
    if (this.#isOpen) this.#socket.uncork();
  }

  #do(operation: Operation): void {
    switch (operation.op) {
      case 'connect':
        this.#options = operation.options;
        break;
      case 'ping':
        return this.#say(`PONG${CRLF}`);
      case 'pong':
        this.#pingsUnanswered = 0;
        return;
      case 'publish': {
        const { echo, toldOfNobody } = this.#options;
        this.#hub.publish(this, operation, { echo, toldOfNobody });
        break;
      }
      case 'subscribe':
        if (!this.#subscribe(operation)) return;
        break;
      case 'unsubscribe':
        this.#unsubscribe(operation.sid, operation.max);
    }
    if (this.#options.verbose) this.#say(`+OK${CRLF}`);
  }

  #subscribe({ filter, queue, sid }: Extract<Operation, { op: 'subscribe' }>): boolean {
    if (this.#subscriptions.has(sid)) return true;
    if (this.#subscriptions.size >= this.#limits.subscriptionsMax) {
      this.#say(`-ERR 'maximum subscriptions exceeded'${CRLF}`);
      return false;
    }
    const take = (parcel: Parcel): void => this.#deliver(sid, subscription, parcel);
    const listener: HubListener = { filter, queue, owner: this, take };
    const subscription: Subscription = {
      leave: this.#hub.listen(listener),
      left: undefined,
      got: 0,
    };
    this.#subscriptions.set(sid, subscription);
    return true;
  }

  /** `max` counts from the beginning of the subscription. */
  #unsubscribe(sid: string, max: number | undefined): void {
    const subscription = this.#subscriptions.get(sid);
    if (subscription === undefined) return;
    const left = (max ?? 0) - subscription.got;
    if (left > 0) subscription.left = left;
    else this.#end(sid, subscription);
  }

  #end(sid: string, { leave }: Subscription): void {
    leave();
    this.#subscriptions.delete(sid);
  }

  #deliver(sid: string, subscription: Subscription, parcel: Parcel): void {
    if (!this.#isOpen) return;
    const { subject, reply, bytes } = parcel;
    const header = this.#options.headers ? parcel.header : undefined;
    const to = reply === undefined ? `${subject} ${sid}` : `${subject} ${sid} ${reply}`;
    this.#socket.cork();
    if (header === undefined) this.#say(`MSG ${to} ${bytes.length}${CRLF}`);
    else {
      this.#say(`HMSG ${to} ${header.length} ${header.length + bytes.length}${CRLF}`);
      this.#socket.write(header);
    }
    this.#socket.write(bytes);
    this.#say(CRLF);
    this.#socket.uncork();
    subscription.got++;
    if (subscription.left !== undefined && --subscription.left <= 0) this.#end(sid, subscription);
    if (this.#socket.writableLength > this.#limits.pendingMax) this.#refuse('Slow Consumer');
  }

  #say(text: string): void {
    // Subjects are what clients sent: bytes, not text, so they go back as they came.
    this.#socket.write(text, 'latin1');
  }

  #refuse(what: string): void {
    this.#say(`-ERR '${what}'${CRLF}`);
    this.#socket.uncork();
    this.#socket.end();
    this.#isOpen = false;
    for (const { leave } of this.#subscriptions.values()) leave();
    this.#subscriptions.clear();
    // Whoever does not read its last word either is cut.
    setTimeout(() => this.#socket.destroy(), 1_000).unref();
  }
}

/**
 * The simulated wire: one life's connection with the simulated NATS, as its client library would show
 * it. It loses its connection and finds it again; what is sent meanwhile is dropped, what it listens
 * to is listened to again.
 */
import { assert } from '#lib/assert.ts';
import { isFilter, isSubject, type Filter, type Subject } from '#protocols/subjects.ts';
import type { Arrival, Observer, Outgoing, Wire, WireState } from '#runtime/ports.ts';
import type { Listener } from '#runtime/routes.ts';
import { isQueue, reportFault } from '#runtime/wire-rules.ts';
import type { Owner } from '../timeline.ts';
import { SLOW_CONSUMER_BYTES, type Network, type Station } from './network.ts';
import { Parcel } from './parcel.ts';

/** What a NATS server allows by default. */
const BYTES_MAX = 1024 * 1024;

export interface Listening extends Listener {
  readonly wire: SimulatedWire;
  readonly receive: (arrival: Arrival) => void;
  isOpen: boolean;
}

export class SimulatedWire implements Wire {
  readonly bytesMax: number;
  readonly station: Station;
  readonly owner: Owner;
  /** One more at each loss: what was under way to an earlier one does not arrive. */
  session = 0;
  readonly #network: Network;
  readonly #observer: Observer;
  readonly #listening = new Set<Listening>();
  readonly #hearers = new Set<(state: WireState) => void>();
  #state: WireState;
  /** What the servers hold for this client while it does not read. */
  #unreadBytes = 0;

  constructor(
    network: Network,
    station: Station,
    owner: Owner,
    observer: Observer = {},
    bytesMax = BYTES_MAX,
  ) {
    this.#network = network;
    this.station = station;
    this.owner = owner;
    this.#observer = observer;
    this.bytesMax = bytesMax;
    station.wire = this;
    this.#state = network.isUpFor(station) ? 'up' : 'down';
    if (this.#state === 'down') this.#reconnect();
  }

  send(subject: Subject, bytes: Uint8Array, more: Outgoing = {}): void {
    if (this.#state !== 'up') return this.#observer.dropped?.(subject, 'down');
    const { reply } = more;
    const isFit = isSubject(subject) && (reply === undefined || isSubject(reply));
    if (!isFit) return this.#observer.dropped?.(subject.slice(0, 255), 'bad-subject');
    if (bytes.length > this.bytesMax) return this.#observer.dropped?.(subject, 'too-large');
    this.#network.publish(this, new Parcel(subject, bytes, more));
  }

  listen(filter: Filter, receive: (arrival: Arrival) => void, queue?: string): () => void {
    assert(isFilter(filter), 'a filter is dot-separated words');
    assert(queue === undefined || isQueue(queue), 'a queue group is one word');
    const listening: Listening = { filter, queue, wire: this, receive, isOpen: true };
    this.#listening.add(listening);
    // At once: word of it and what is published cross the same edge, in order.
    if (this.#state === 'up') this.#network.routes.add(listening);
    return () => this.#leave(listening);
  }

  onState(hear: (state: WireState) => void): () => void {
    this.#hearers.add(hear);
    hear(this.#state);
    return () => this.#hearers.delete(hear);
  }

  close(): void {
    for (const listening of this.#listening) this.#leave(listening);
    this.#become('closed', 'closed');
    if (this.station.wire === this) this.station.wire = undefined;
  }

  // --- for the network -------------------------------------------------------------------------------

  /** Hands a message over, unless whoever listened has left. */
  take(listening: Listening, parcel: Parcel): void {
    this.#unreadBytes = 0;
    if (!listening.isOpen) return;
    try {
      parcel.arrive(listening.receive);
    } catch (error) {
      reportFault(this.#observer, `a listener on ${parcel.subject}`, error);
    }
  }

  /** Whether the servers hold one more message for this client; a slow consumer is cut off. */
  admits(bytes: number): boolean {
    if (!this.owner.isPaused) return true;
    this.#unreadBytes += bytes;
    if (this.#unreadBytes <= SLOW_CONSUMER_BYTES) return true;
    this.lose('slow consumer');
    return false;
  }

  /** The connection is gone, and what was under way to it. The client tries again until it succeeds. */
  lose(why: string): void {
    if (this.#state !== 'up') return;
    this.session++;
    this.#unreadBytes = 0;
    for (const listening of this.#listening) this.#network.routes.remove(listening);
    this.#become('down', why);
    this.#reconnect();
  }

  /** The process is no more; the servers notice after so long. Nobody hears of it. */
  abandon(noticedAfterUs: number): void {
    this.#hearers.clear();
    this.#state = 'closed';
    if (this.station.wire === this) this.station.wire = undefined;
    this.#network.timeline.after(noticedAfterUs, 'unlisted', () => {
      for (const listening of this.#listening) this.#leave(listening);
    });
  }

  #reconnect(): void {
    this.#network.timeline.after(this.#network.reconnectUs(), 'reconnects', () => {
      if (this.#state !== 'down' || this.owner.isOver) return;
      if (this.owner.isPaused || !this.#network.isUpFor(this.station)) return this.#reconnect();
      for (const listening of this.#listening) this.#network.routes.add(listening);
      this.#become('up', 'connected again');
    });
  }

  #leave(listening: Listening): void {
    if (!listening.isOpen) return;
    listening.isOpen = false;
    this.#listening.delete(listening);
    this.#network.routes.remove(listening);
  }

  #become(state: WireState, detail: string): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#observer.wire?.(state, detail);
    for (const hear of this.#hearers) hear(state);
  }
}

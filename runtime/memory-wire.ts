/**
 * The wire inside one process: systems that share a hub hear one another as over NATS, without a
 * server. Delivery is never within `send`: what arrives waits for the scheduler's next turn, in order.
 */
import { assert } from '#lib/assert.ts';
import { isFilter, isSubject, type Filter, type Subject } from '#protocols/subjects.ts';
import { statusOf, traceHeader, traceparentOf } from './headers.ts';
import type { Hub, Parcel } from './hub.ts';
import type { Arrival, Observer, Outgoing, Scheduler, Wire, WireState } from './ports.ts';
import { isQueue, reportFault } from './wire-rules.ts';

/** What a NATS server allows by default. */
const BYTES_MAX = 1024 * 1024;

interface Listening {
  readonly receive: (arrival: Arrival) => void;
  isOpen: boolean;
}

export class MemoryWire implements Wire {
  readonly bytesMax: number;
  readonly #hub: Hub;
  readonly #scheduler: Scheduler;
  readonly #observer: Observer;
  readonly #listening = new Map<Listening, () => void>();
  readonly #hearers = new Set<(state: WireState) => void>();
  #arrived: (readonly [Listening, Parcel])[] = [];
  #state: WireState = 'up';

  constructor(hub: Hub, scheduler: Scheduler, observer: Observer = {}, bytesMax = BYTES_MAX) {
    this.#hub = hub;
    this.#scheduler = scheduler;
    this.#observer = observer;
    this.bytesMax = bytesMax;
  }

  send(subject: Subject, bytes: Uint8Array, more: Outgoing = {}): void {
    if (this.#state !== 'up') return this.#observer.dropped?.(subject, 'down');
    const { reply, traceparent } = more;
    const isFit = isSubject(subject) && (reply === undefined || isSubject(reply));
    if (!isFit) return this.#observer.dropped?.(subject.slice(0, 255), 'bad-subject');
    if (bytes.length > this.bytesMax) return this.#observer.dropped?.(subject, 'too-large');
    const header = traceparent === undefined ? undefined : traceHeader(traceparent);
    this.#hub.publish(this, { subject, reply, header, bytes });
  }

  listen(filter: Filter, receive: (arrival: Arrival) => void, queue?: string): () => void {
    assert(isFilter(filter), 'a filter is dot-separated words');
    assert(queue === undefined || isQueue(queue), 'a queue group is one word');
    const listening: Listening = { receive, isOpen: true };
    const take = (parcel: Parcel): void => this.#take(listening, parcel);
    this.#listening.set(listening, this.#hub.listen({ filter, queue, owner: this, take }));
    return () => this.#leave(listening);
  }

  onState(hear: (state: WireState) => void): () => void {
    this.#hearers.add(hear);
    hear(this.#state);
    return () => this.#hearers.delete(hear);
  }

  close(): void {
    for (const listening of this.#listening.keys()) this.#leave(listening);
    this.#state = 'closed';
    for (const hear of this.#hearers) hear('closed');
  }

  #leave(listening: Listening): void {
    listening.isOpen = false;
    this.#listening.get(listening)?.();
    this.#listening.delete(listening);
  }

  #take(listening: Listening, parcel: Parcel): void {
    this.#arrived.push([listening, parcel]);
    if (this.#arrived.length === 1) this.#scheduler.soon(() => this.#deliver());
  }

  #deliver(): void {
    const arrived = this.#arrived;
    this.#arrived = [];
    for (const [listening, parcel] of arrived) {
      if (!listening.isOpen) continue;
      try {
        listening.receive(arrivalOf(parcel));
      } catch (error) {
        reportFault(this.#observer, `a listener on ${parcel.subject}`, error);
      }
    }
  }
}

const arrivalOf = ({ subject, reply, header, bytes }: Parcel): Arrival => ({
  subject,
  // A copy for each listener, as if it had come through a socket. (A buffer's `slice` is a view.)
  bytes: new Uint8Array(bytes),
  reply,
  nobody: header !== undefined && bytes.length === 0 && statusOf(header) === 503,
  traceparent: traceparentOf(header),
});

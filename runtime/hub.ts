/**
 * A hub: NATS without a network. Members of one process publish and listen; who gets what is decided
 * as a NATS server decides it, at once, in the order in which it is published. The memory wire is a
 * member, and so is each client of the embedded bus: both sides of that door hear one another.
 *
 * A message that asks for a reply and that nobody takes comes back to its publisher as status 503.
 */
import { Routes, type Listener } from './routes.ts';

/** A message on its way. `header` is a block of the form `NATS/1.0...`, kept as it came. */
export interface Parcel {
  readonly subject: string;
  readonly reply: string | undefined;
  readonly header: Uint8Array | undefined;
  readonly bytes: Uint8Array;
}

export interface HubListener extends Listener {
  /** Whoever must not hear itself compares this with itself. */
  readonly owner: object;
  readonly take: (parcel: Parcel) => void;
}

export interface PublishOptions {
  /** Whether the publisher wants to hear what it publishes itself; it does, unless it says no. */
  readonly echo?: boolean;
  /** Whether it wants to be told that nobody listens. */
  readonly toldOfNobody?: boolean;
}

export const NO_RESPONDERS: Uint8Array = Buffer.from('NATS/1.0 503\r\n\r\n');
const EMPTY = new Uint8Array(0);

export class Hub {
  readonly #routes = new Routes<HubListener>();

  listen(listener: HubListener): () => void {
    this.#routes.add(listener);
    return () => this.#routes.remove(listener);
  }

  publish(owner: object, parcel: Parcel, { echo, toldOfNobody }: PublishOptions = {}): void {
    const isFor = echo === false ? (each: HubListener): boolean => each.owner !== owner : undefined;
    const taken = this.#routes.deliver(parcel.subject, ({ take }) => take(parcel), isFor);
    if (taken > 0 || parcel.reply === undefined || toldOfNobody === false) return;
    const { reply: subject } = parcel;
    const nobody: Parcel = { subject, reply: undefined, header: NO_RESPONDERS, bytes: EMPTY };
    const { alone } = this.#routes.match(subject);
    alone.find((each) => each.owner === owner)?.take(nobody);
  }
}

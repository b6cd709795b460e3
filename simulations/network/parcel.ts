/** A message on its way through the simulated network. */
import type { Arrival, Outgoing } from '#runtime/ports.ts';
import { hashBytes } from '../random.ts';

const EMPTY = new Uint8Array(0);

export class Parcel {
  readonly subject: string;
  readonly bytes: Uint8Array;
  readonly more: Outgoing;
  readonly nobody: boolean;
  #hash: number | undefined;

  constructor(subject: string, bytes: Uint8Array, more: Outgoing, nobody = false) {
    this.subject = subject;
    this.bytes = bytes;
    this.more = more;
    this.nobody = nobody;
  }

  static nobody(reply: string): Parcel {
    return new Parcel(reply, EMPTY, {}, true);
  }

  /** What was sent, for the trace. One number for all copies. */
  get hash(): number {
    this.#hash ??= hashBytes(this.bytes);
    return this.#hash;
  }

  /**
   * A copy for each listener, as from a socket; and like a socket's buffer it is used again: whoever
   * kept a view of it reads nonsense afterwards.
   */
  arrive(receive: (arrival: Arrival) => void): void {
    // Not `slice`: of a Buffer that is a view.
    const bytes = new Uint8Array(this.bytes);
    const { reply, traceparent } = this.more;
    try {
      receive({ subject: this.subject, bytes, reply, nobody: this.nobody, traceparent });
    } finally {
      bytes.fill(0xdb);
    }
  }
}

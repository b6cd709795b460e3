/**
 * A network that loses, repeats and delays, under a manual clock: for tests of what stands above it.
 * Every draw comes from one seeded generator. Brokers restart: then all wires are down, and whatever
 * was under way is gone. No replies: nobody is told that nobody listens.
 */
import type { Entropy } from '#protocols/effect.ts';
import { covers, type Filter, type Subject } from '#protocols/subjects.ts';
import type { Arrival, Wire, WireState } from '#runtime/ports.ts';
import type { Manual } from './manual.ts';

/** Chances in percent, delays in milliseconds. */
export interface Faults {
  readonly loss: number;
  readonly repeat: number;
  readonly delayMsMax: number;
}

export const NO_FAULTS: Faults = { loss: 0, repeat: 0, delayMsMax: 0 };

interface Ear {
  readonly wire: FaultyWire;
  readonly filter: Filter;
  readonly receive: (arrival: Arrival) => void;
}

export class FaultyNet {
  faults: Faults = NO_FAULTS;
  /** Those who hear nothing, while they are heard. */
  readonly deaf = new Set<FaultyWire>();
  readonly #manual: Manual;
  readonly #entropy: Entropy;
  readonly ears = new Set<Ear>();
  readonly #wires: FaultyWire[] = [];
  #outage = 0;

  constructor(manual: Manual, entropy: Entropy) {
    this.#manual = manual;
    this.#entropy = entropy;
  }

  join(): FaultyWire {
    const wire = new FaultyWire(this);
    this.#wires.push(wire);
    return wire;
  }

  /** The broker is no more; nothing gets through until `restore`. */
  breakDown(): void {
    this.#outage++;
    for (const wire of this.#wires) wire.become('down');
  }

  /** It is back; the wires in `late` have not noticed yet. */
  restore(...late: readonly FaultyWire[]): void {
    for (const wire of this.#wires) if (!late.includes(wire)) wire.become('up');
  }

  carry(subject: Subject, bytes: Uint8Array): void {
    for (const ear of this.ears) {
      if (!covers(ear.filter, subject) || this.deaf.has(ear.wire)) continue;
      if (this.#draws(this.faults.loss)) continue;
      this.#deliver(ear, subject, bytes);
      if (this.#draws(this.faults.repeat)) this.#deliver(ear, subject, bytes);
    }
  }

  #deliver(ear: Ear, subject: Subject, bytes: Uint8Array): void {
    const outage = this.#outage;
    this.#manual.clock.after(1 + this.#entropy.below(this.faults.delayMsMax + 1), () => {
      if (outage !== this.#outage || !this.ears.has(ear)) return;
      const [reply, traceparent] = [undefined, undefined];
      ear.receive({ subject, bytes: bytes.slice(), reply, traceparent, nobody: false });
    });
  }

  #draws(percent: number): boolean {
    return this.#entropy.below(100) < percent;
  }
}

export class FaultyWire implements Wire {
  readonly bytesMax = 1024 * 1024;
  readonly #net: FaultyNet;
  readonly #hearers = new Set<(state: WireState) => void>();
  #state: WireState = 'up';

  constructor(net: FaultyNet) {
    this.#net = net;
  }

  send(subject: Subject, bytes: Uint8Array): void {
    if (this.#state === 'up') this.#net.carry(subject, bytes);
  }

  listen(filter: Filter, receive: (arrival: Arrival) => void): () => void {
    const ear: Ear = { wire: this, filter, receive };
    this.#net.ears.add(ear);
    return () => this.#net.ears.delete(ear);
  }

  onState(hear: (state: WireState) => void): () => void {
    this.#hearers.add(hear);
    hear(this.#state);
    return () => this.#hearers.delete(hear);
  }

  become(state: WireState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    for (const hear of this.#hearers) hear(state);
  }

  /** The process is no more. */
  die(): void {
    this.become('closed');
    for (const ear of this.#net.ears) if (ear.wire === this) this.#net.ears.delete(ear);
  }
}

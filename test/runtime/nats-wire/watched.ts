/** A NATS wire with everything it said about itself. */
import { text, utf8 } from '#lib/bytes.ts';
import type { Filter, Subject } from '#protocols/subjects.ts';
import { NatsWire, type NatsWireOptions } from '#runtime/nats-wire.ts';
import type { DropReason, Observer, WireState } from '#runtime/ports.ts';

export class Watched {
  readonly states: WireState[] = [];
  readonly details: string[] = [];
  readonly dropped: Partial<Record<DropReason, number>> = {};
  readonly forbidden: string[] = [];
  readonly faults: unknown[] = [];
  readonly #observer: Observer = {
    wire: (_, detail) => this.details.push(detail),
    dropped: (_, why) => (this.dropped[why] = (this.dropped[why] ?? 0) + 1),
    forbidden: (what, subject) => this.forbidden.push(`${what} ${subject}`),
    fault: (_, error) => this.faults.push(error),
  };
  #wire: NatsWire | undefined;

  static async open(options: NatsWireOptions): Promise<Watched> {
    const watched = new Watched();
    const opened = await NatsWire.open({ ...options, observer: watched.#observer });
    if (!opened.ok) throw new Error(opened.error);
    watched.#wire = opened.value;
    opened.value.onState((state) => watched.states.push(state));
    return watched;
  }

  get wire(): NatsWire {
    return this.#wire!;
  }

  send(subject: string, message: string | Uint8Array): void {
    this.wire.send(subject as Subject, typeof message === 'string' ? utf8(message) : message);
  }

  hear(filter: string, queue?: string): string[] {
    const heard: string[] = [];
    this.wire.listen(filter as Filter, ({ bytes }) => heard.push(text(bytes)), queue);
    return heard;
  }

  /** Resolves when the wire is in that state. */
  reached(state: WireState): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.wire.onState((now) => {
        if (now !== state) return;
        queueMicrotask(() => stop());
        resolve();
      });
    });
  }
}

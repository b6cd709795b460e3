/**
 * One input on its way to an actor, and the queues they wait in. A delivery is also the `Moment` that
 * the actor sees, so that a message costs one small object and an idle actor holds none: the queue
 * is a linked list.
 */
import type { Entropy, Moment, Spoken, Ticket } from '#protocols/effect.ts';
import type { Millis } from '#protocols/ids.ts';
import type { Address } from '#protocols/subjects.ts';

/** What a moment is read from. `now` stands still while an actor handles its batch. */
export interface World {
  readonly now: Millis;
  readonly wall: Millis;
  readonly entropy: Entropy;
}

/** A ticket as the engine knows it. */
export interface Claim extends Ticket {
  /** Monotonic; whoever asked has given up by then. */
  readonly expiresAt: number;
}

export class Delivery implements Moment {
  next: Delivery | undefined = undefined;
  readonly input: Spoken;
  readonly from: Address | undefined;
  readonly ticket: Claim | undefined;
  readonly traceparent: string | undefined;
  /** Whether it counts towards the mailbox's bound: messages do, signals never. */
  readonly counted: boolean;
  readonly #world: World;

  constructor(
    world: World,
    input: Spoken,
    counted: boolean,
    from?: Address,
    ticket?: Claim,
    traceparent?: string,
  ) {
    this.#world = world;
    this.input = input;
    this.counted = counted;
    this.from = from;
    this.ticket = ticket;
    this.traceparent = traceparent;
  }

  get now(): Millis {
    return this.#world.now;
  }
  get wall(): Millis {
    return this.#world.wall;
  }
  get entropy(): Entropy {
    return this.#world.entropy;
  }
}

/** First in, first out. */
export class Queue {
  #head: Delivery | undefined = undefined;
  #tail: Delivery | undefined = undefined;
  /** How many of those waiting count towards the bound. */
  counted = 0;

  get isEmpty(): boolean {
    return this.#head === undefined;
  }

  push(delivery: Delivery): void {
    if (this.#tail === undefined) this.#head = delivery;
    else this.#tail.next = delivery;
    this.#tail = delivery;
    if (delivery.counted) this.counted++;
  }

  shift(): Delivery | undefined {
    const delivery = this.#head;
    if (delivery === undefined) return undefined;
    this.#head = delivery.next;
    if (this.#head === undefined) this.#tail = undefined;
    delivery.next = undefined;
    if (delivery.counted) this.counted--;
    return delivery;
  }

  /** Takes out the first delivery that `matches`. */
  take(matches: (delivery: Delivery) => boolean): Delivery | undefined {
    let before: Delivery | undefined;
    for (let at = this.#head; at !== undefined; before = at, at = at.next) {
      if (!matches(at)) continue;
      if (before === undefined) return this.shift();
      before.next = at.next;
      if (at === this.#tail) this.#tail = before;
      at.next = undefined;
      if (at.counted) this.counted--;
      return at;
    }
    return undefined;
  }

  /** What belongs to one incarnation goes; messages stay for the next. */
  dropSignals(): void {
    if (this.isEmpty) return;
    const all = [...this.drain()];
    for (const delivery of all) if (delivery.counted) this.push(delivery);
  }

  *drain(): Generator<Delivery> {
    for (let at = this.shift(); at !== undefined; at = this.shift()) yield at;
  }
}

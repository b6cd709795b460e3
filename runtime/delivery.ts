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

/**
 * First in, first out: a ring that is held by its newest member, which points at the oldest. So one
 * reference of the queue changes with each delivery, and not two: the queue is old, the delivery new,
 * and each reference from old to new costs the collector as much as a small object.
 */
export class Queue {
  #newest: Delivery | undefined = undefined;
  /** How many of those waiting count towards the bound. */
  counted = 0;

  get isEmpty(): boolean {
    return this.#newest === undefined;
  }

  push(delivery: Delivery): void {
    const newest = this.#newest;
    if (newest === undefined) delivery.next = delivery;
    else {
      delivery.next = newest.next;
      newest.next = delivery;
    }
    this.#newest = delivery;
    if (delivery.counted) this.counted++;
  }

  shift(): Delivery | undefined {
    const newest = this.#newest;
    return newest === undefined ? undefined : this.#takeAfter(newest);
  }

  /** Takes out the first delivery that `matches`. */
  take(matches: (delivery: Delivery) => boolean): Delivery | undefined {
    const newest = this.#newest;
    let before = newest;
    while (before !== undefined) {
      const at = before.next!;
      if (matches(at)) return this.#takeAfter(before);
      before = at === newest ? undefined : at;
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

  #takeAfter(before: Delivery): Delivery {
    const taken = before.next!;
    if (taken === before) this.#newest = undefined;
    else {
      before.next = taken.next;
      if (taken === this.#newest) this.#newest = before;
    }
    taken.next = undefined;
    if (taken.counted) this.counted--;
    return taken;
  }
}

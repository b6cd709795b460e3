/**
 * All timers of a process over one timer of its clock. Timers due in the same millisecond share a
 * bucket (a ring of links); a heap orders the buckets. Setting and cancelling cost a few links: most
 * timers are deadlines of asks that are answered, and never fire.
 *
 * Order: by time, then by when they were set. Never early.
 */
import { assert } from '#lib/assert.ts';
import type { Clock } from './ports.ts';

/** Buckets before it is looked whether they are in use. */
const SWEPT_MIN = 1_024;

class Link {
  before: Link = this;
  after: Link = this;
}

export class Timer extends Link {
  readonly run: () => void;
  constructor(run: () => void) {
    super();
    this.run = run;
  }
  /** Does nothing to a timer that has fired. */
  cancel(): void {
    this.before.after = this.after;
    this.after.before = this.before;
    this.before = this.after = this;
  }
}

export class Timers {
  readonly #clock: Clock;
  readonly #buckets = new Map<number, Link>();
  #ticks: number[] = [];
  #sweepAt = SWEPT_MIN;
  #armedFor = Infinity;
  #disarm: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  after(inMs: number, run: () => void): Timer {
    assert(!Number.isNaN(inMs), 'a timer has a time');
    const tick = Math.ceil(this.#clock.now() + Math.max(0, inMs));
    const timer = new Timer(run);
    const bucket = this.#bucket(tick);
    timer.before = bucket.before;
    timer.after = bucket;
    bucket.before.after = timer;
    bucket.before = timer;
    if (tick < this.#armedFor) this.#arm(tick);
    return timer;
  }

  /** Moments that are kept in order, at most about twice those that are waited for. */
  get size(): number {
    return this.#ticks.length;
  }

  /** Timers that will fire, counted one by one: for checkers and tests. */
  get waiting(): number {
    let waiting = 0;
    for (const bucket of this.#buckets.values()) {
      for (let at = bucket.after; at !== bucket; at = at.after) waiting++;
    }
    return waiting;
  }

  /** Lets go of the clock; nothing fires any more. */
  close(): void {
    this.#disarm();
    this.#buckets.clear();
    this.#ticks.length = 0;
  }

  #bucket(tick: number): Link {
    const known = this.#buckets.get(tick);
    if (known !== undefined) return known;
    if (this.#ticks.length >= this.#sweepAt) this.#sweep();
    const bucket = new Link();
    this.#buckets.set(tick, bucket);
    push(this.#ticks, tick);
    return bucket;
  }

  /** Whoever sets a far timer again and again leaves an empty bucket each time. */
  #sweep(): void {
    const isInUse = (tick: number): boolean => {
      const bucket = this.#buckets.get(tick)!;
      return bucket.after !== bucket || !this.#buckets.delete(tick);
    };
    // In order, hence also a heap.
    this.#ticks = this.#ticks.filter(isInUse).toSorted((a, b) => a - b);
    this.#sweepAt = Math.max(SWEPT_MIN, 2 * this.#ticks.length);
  }

  #arm(tick: number): void {
    this.#disarm();
    this.#armedFor = tick;
    this.#disarm = this.#clock.after(tick - this.#clock.now(), () => this.#fire());
  }

  #fire(): void {
    this.#armedFor = Infinity;
    const now = this.#clock.now();
    while (this.#ticks.length > 0 && this.#ticks[0]! <= now) {
      const tick = pop(this.#ticks);
      const bucket = this.#buckets.get(tick)!;
      this.#buckets.delete(tick);
      while (bucket.after !== bucket) {
        const timer = bucket.after as Timer;
        timer.cancel();
        timer.run();
      }
    }
    const next = this.#nextTick();
    if (next !== undefined && next < this.#armedFor) this.#arm(next);
  }

  /** The earliest bucket that still holds a timer; emptied ones are swept on the way. */
  #nextTick(): number | undefined {
    for (;;) {
      const tick = this.#ticks[0];
      if (tick === undefined) return undefined;
      const bucket = this.#buckets.get(tick)!;
      if (bucket.after !== bucket) return tick;
      this.#buckets.delete(tick);
      pop(this.#ticks);
    }
  }
}

/** A binary heap of numbers, least first. */
function push(heap: number[], value: number): void {
  let at = heap.length;
  heap.push(value);
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (heap[parent]! <= value) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = value;
}

function pop(heap: number[]): number {
  const least = heap[0]!;
  const last = heap.pop()!;
  if (heap.length === 0) return least;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= last) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return least;
}

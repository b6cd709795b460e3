/**
 * Time in a world: one heap of what is due, ordered by (microsecond, number of its setting). Numbers
 * come from one counter, so the order is total and nothing is ever simultaneous. Nothing else moves
 * time, and nothing happens outside of it.
 *
 * Whatever is due may have an owner. What belongs to an owner that is over does not happen any more;
 * what belongs to one that is paused waits, in order, until it goes on.
 */
import { assert } from '#lib/assert.ts';

/** Whoever things happen to: a process in one of its lives, a disk. */
export interface Owner {
  readonly name: string;
  isOver: boolean;
  isPaused: boolean;
  /** What came due while it was paused. */
  readonly held: Due[];
}

export const ownerOf = (name: string): Owner => ({
  name,
  isOver: false,
  isPaused: false,
  held: [],
});

export class Due {
  /** Whole microseconds since the world began. */
  at: number;
  order: number;
  readonly kind: string;
  readonly owner: Owner | undefined;
  /** For the transcript: who caused it, and what it is about. */
  readonly from: string;
  readonly about: unknown;
  run: (() => void) | undefined;

  constructor(
    at: number,
    order: number,
    kind: string,
    run: () => void,
    owner: Owner | undefined,
    from: string,
    about: unknown,
  ) {
    this.at = at;
    this.order = order;
    this.kind = kind;
    this.run = run;
    this.owner = owner;
    this.from = from;
    this.about = about;
  }

  cancel(): void {
    this.run = undefined;
  }
}

export class Timeline {
  /** Microseconds since the world began. */
  now = 0;
  readonly #heap: Due[] = [];
  readonly #happens: (due: Due) => void;
  #orders = 0;

  /** `happens` is told of everything right before it does. */
  constructor(happens: (due: Due) => void = () => undefined) {
    this.#happens = happens;
  }

  /** Whole microseconds from now on; 0 is after everything that is due already. */
  after(us: number, kind: string, run: () => void, owner?: Owner, from = '', about?: unknown): Due {
    assert(Number.isSafeInteger(us) && us >= 0, 'time is whole and does not go back');
    const due = new Due(this.now + us, ++this.#orders, kind, run, owner, from, about);
    push(this.#heap, due);
    return due;
  }

  /** Lets what was held back happen now, in order. */
  resume(owner: Owner): void {
    owner.isPaused = false;
    for (const due of owner.held.splice(0)) {
      due.at = this.now;
      due.order = ++this.#orders;
      push(this.#heap, due);
    }
  }

  /** When something is due next. */
  get next(): number | undefined {
    return this.#heap[0]?.at;
  }

  get waiting(): number {
    return this.#heap.length;
  }

  /** Lets the next thing happen; false when there is nothing. */
  step(): boolean {
    const due = pop(this.#heap);
    if (due === undefined) return false;
    const { owner, run } = due;
    if (run === undefined || owner?.isOver === true) return true;
    if (owner?.isPaused === true) {
      owner.held.push(due);
      return true;
    }
    this.now = due.at;
    due.run = undefined;
    this.#happens(due);
    run();
    return true;
  }
}

const isBefore = (a: Due, b: Due): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A heap of four branches: half as deep as a binary one, and its children share a cache line. */
function push(heap: Due[], due: Due): void {
  let at = heap.length;
  heap.push(due);
  while (at > 0) {
    const parent = (at - 1) >> 2;
    if (!isBefore(due, heap[parent]!)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = due;
}

function pop(heap: Due[]): Due | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (first === undefined || last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    const child = leastChild(heap, at);
    if (child === 0 || !isBefore(heap[child]!, last)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return first;
}

/** 0 where there is none: the root is nobody's child. */
function leastChild(heap: readonly Due[], parent: number): number {
  const first = 4 * parent + 1;
  const end = Math.min(first + 4, heap.length);
  if (first >= end) return 0;
  let least = first;
  for (let i = first + 1; i < end; i++) if (isBefore(heap[i]!, heap[least]!)) least = i;
  return least;
}

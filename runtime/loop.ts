/**
 * The loop: who has the next turn. Actors with something to do wait in a line; each handles a batch
 * and goes to its end if there is more. After a turn's worth of inputs (or of time, where handlers
 * are slow) the event loop gets its own turn, so that input and output are never starved.
 *
 * What actors say to one another waits for that; what came in from outside does not: one turn follows
 * it at once, while all that it needs is at hand, and what the turn says leaves with it.
 */
import { LIMITS } from '#config/limits.ts';
import type { Millis } from '#protocols/ids.ts';
import type { Cell } from './cell.ts';
import type { Clock, Scheduler } from './ports.ts';

/** Handles at most `max` inputs of a cell and says how many it handled. */
export type Batch = (cell: Cell, max: number) => number;

export class Loop {
  readonly #scheduler: Scheduler;
  readonly #clock: Clock;
  readonly #batch: Batch;
  readonly #turn = (): void => {
    this.#isTurnDue = false;
    this.#run();
  };
  readonly #earlyTurn = (): void => {
    this.#isEarlyTurnDue = false;
    this.#run();
  };
  #first: Cell | undefined = undefined;
  #last: Cell | undefined = undefined;
  #isTurnDue = false;
  #isEarlyTurnDue = false;
  #isArriving = false;
  #isClosed = false;
  /** The monotonic clock as handlers see it: it stands still for a few inputs at a time. */
  now: Millis;

  constructor(scheduler: Scheduler, clock: Clock, batch: Batch) {
    this.#scheduler = scheduler;
    this.#clock = clock;
    this.#batch = batch;
    this.now = clock.now();
  }

  /** The cell has something to do. */
  wake(cell: Cell): void {
    if (cell.isScheduled) return;
    cell.isScheduled = true;
    this.#enter(cell);
    this.#askForTurn();
  }

  /**
   * Whom `deliver` wakes has something from outside to do: its turn is as soon as whatever brought it
   * in has returned. The event loop brings in so much at a time, and then looks at everything else.
   */
  arrive<T>(deliver: (arrived: T) => void, arrived: T): void {
    this.#isArriving = true;
    try {
      deliver(arrived);
    } finally {
      this.#isArriving = false;
    }
  }

  close(): void {
    this.#isClosed = true;
  }

  #askForTurn(): void {
    if (this.#isArriving && this.#scheduler.onReturn !== undefined) return this.#askForEarlyTurn();
    if (this.#isTurnDue || this.#isClosed) return;
    this.#isTurnDue = true;
    this.#scheduler.soon(this.#turn);
  }

  #askForEarlyTurn(): void {
    if (this.#isEarlyTurnDue || this.#isClosed) return;
    this.#isEarlyTurnDue = true;
    this.#scheduler.onReturn?.(this.#earlyTurn);
  }

  #run(): void {
    if (this.#isClosed) return;
    this.now = this.#clock.now();
    const until = this.now + LIMITS.turnMs;
    let done = 0;
    let lookAgainAt = LIMITS.clockInputs;
    while (this.#first !== undefined && done < LIMITS.turnInputsMax && this.now < until) {
      done += this.#runOne();
      if (done < lookAgainAt) continue;
      this.now = this.#clock.now();
      lookAgainAt = done + LIMITS.clockInputs;
    }
    if (this.#first !== undefined) this.#askForTurn();
  }

  /** A batch of the first in the line; an actor with nothing to do counts as one input. */
  #runOne(): number {
    const cell = this.#leave();
    const handled = this.#batch(cell, LIMITS.actorBatchMax);
    if (handled === LIMITS.actorBatchMax) this.#enter(cell);
    else cell.isScheduled = false;
    return handled === 0 ? 1 : handled;
  }

  #enter(cell: Cell): void {
    if (this.#last === undefined) this.#first = cell;
    else this.#last.behind = cell;
    this.#last = cell;
  }

  #leave(): Cell {
    const cell = this.#first!;
    this.#first = cell.behind;
    if (this.#first === undefined) this.#last = undefined;
    cell.behind = undefined;
    return cell;
  }
}

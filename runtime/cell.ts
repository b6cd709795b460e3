/**
 * A cell: all that the engine knows of one actor, over all its incarnations. Data only; lives.ts says
 * how a cell lives and dies.
 *
 *   loading --> due --> starting --> running --> stopping --> waiting --(restart)--> loading
 *   (store)   (its turn)  (ready)                (children)     |
 *                                                               '--(buried)--> gone
 *
 * `starting` is passed through at once, except by actors that start later. `waiting` is only for
 * supervised actors: the name and the queued messages wait for the supervisor's verdict.
 *
 * An idle actor should cost little, so whatever few actors have is in `Belongings`, made on demand.
 */
import type { Reason, Signal, StopHow } from '#protocols/effect.ts';
import type { Incarnation } from '#protocols/ids.ts';
import type { Address } from '#protocols/subjects.ts';
import type { AnyActor, Kept } from './actor.ts';
import { Queue, type Claim, type Delivery } from './delivery.ts';
import type { Tally } from './tally.ts';
import type { Timer } from './timers.ts';

export type Phase = 'loading' | 'due' | 'starting' | 'running' | 'stopping' | 'waiting' | 'gone';

/** Shared by all who have no message waiting; never pushed to. */
const NO_QUEUE = new Queue();

export class Cell {
  actor: AnyActor;
  readonly address: Address;
  readonly parent: Cell | undefined;
  readonly supervised: boolean;
  incarnation: Incarnation;
  phase: Phase = 'loading';
  state: unknown = undefined;
  queue = NO_QUEUE;
  /** Signals that come before messages; theirs is a lane of its own, never bounded, never dropped. */
  signals: Queue | undefined = undefined;
  stopping: StopHow | undefined = undefined;
  isScheduled = false;
  /** Who is next in the loop's line. */
  behind: Cell | undefined = undefined;
  /** Whoever spawned it from outside any actor, and hears what a parent would. */
  hear: ((signal: Signal) => void) | undefined;
  belongings: Belongings | undefined = undefined;
  /** Whom it spoke to last; may be gone by now. */
  lastTo: Cell | undefined = undefined;
  readonly tally: Tally;

  constructor(
    actor: AnyActor,
    parent: Cell | undefined,
    supervised: boolean,
    incarnation: Incarnation,
    hear: ((signal: Signal) => void) | undefined,
    tally: Tally,
  ) {
    this.actor = actor;
    this.address = actor.address;
    this.parent = parent;
    this.supervised = supervised;
    this.incarnation = incarnation;
    this.hear = hear;
    this.tally = tally;
  }

  get isAlive(): boolean {
    return this.phase !== 'gone' && this.phase !== 'waiting';
  }

  push(delivery: Delivery): void {
    if (this.queue === NO_QUEUE) this.queue = new Queue();
    this.queue.push(delivery);
  }

  own(): Belongings {
    this.belongings ??= new Belongings();
    return this.belongings;
  }
}

export interface Ending {
  readonly reason: Reason;
  /** False for an end before it had started. */
  readonly hadStarted: boolean;
}

/** What an actor has beyond its state. All but the first three die with the incarnation. */
export class Belongings {
  /** Who hears of the end of the name (not of restarts). */
  watchers: Set<Address> | undefined = undefined;
  lastReason: Reason | undefined = undefined;
  restarts = 0;
  children: Set<Cell> | undefined = undefined;
  /** Whom it watches; true: an end of theirs is its own. */
  watching: Map<Address, boolean> | undefined = undefined;
  timers: Map<string, { readonly timer: Timer; readonly signal: Signal }> | undefined = undefined;
  /** Numbers of the asks it waits for. */
  asks: Set<number> | undefined = undefined;
  /** Asks it took up and has not answered. Numbers alone would not do: each process counts its own. */
  owed: Set<Claim> | undefined = undefined;
  /** Cancels jobs under way. */
  jobs: Set<() => void> | undefined = undefined;
  /** What the store had, until `start` has it. */
  kept: Kept | undefined = undefined;
  /** Its end, while its children are being stopped. */
  ending: Ending | undefined = undefined;
  hasHeardStop = false;
}

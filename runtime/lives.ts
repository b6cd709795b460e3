/**
 * How a cell lives and dies: spawn, start, stop, end, restart, burial. The picture is in cell.ts.
 *
 * An end takes its time in one order: what the incarnation had under way is cancelled, its children
 * are stopped, then its end is told. A supervised actor's name and queue then wait for the verdict
 * (`supervise` again or `bury`); everybody else is buried at once. Watchers hear of burials only.
 */
import { assert } from '#lib/assert.ts';
import {
  crashed,
  isAbnormal,
  KILLED,
  SHUTDOWN,
  type Effect,
  type Reason,
  type Signal,
  type StopHow,
} from '#protocols/effect.ts';
import type { Incarnation } from '#protocols/ids.ts';
import type { Address, NodeAddress } from '#protocols/subjects.ts';
import { IGNORE, type AnyActor, type Kept } from './actor.ts';
import { Cell } from './cell.ts';
import { Delivery, type Claim } from './delivery.ts';
import type { Engine } from './engine.ts';
import { messageOf } from './harmless.ts';
import type { Post } from './post.ts';
import type { Watching } from './watching.ts';
import { reportFault } from './wire-rules.ts';

/** What the rest of the system does when an actor comes, goes, or has taken its first step. */
export interface Hooks {
  readonly arrived: (cell: Cell, at: NodeAddress) => void;
  readonly left: (cell: Cell) => void;
  readonly carryOut: (cell: Cell, effects: readonly Effect[], cause: Delivery) => void;
}

export interface Birth {
  readonly parent?: Cell;
  readonly supervised?: boolean;
  readonly incarnation?: Incarnation;
  /** For what is spawned from outside any actor: hears what a parent would. */
  readonly hear?: ((signal: Signal) => void) | undefined;
}

/** What an actor that is stopped hears last. */
export const LAST_WORD: Signal = { kind: 'stop' };
const START: Signal = { kind: 'wake', id: 'start' };

export class Lives {
  readonly #engine: Engine;
  readonly #post: Post;
  readonly #watching: Watching;
  readonly #hooks: Hooks;
  /** All starts have the same: nobody spoke, and now is now. */
  readonly #firstMoment: Delivery;

  constructor(engine: Engine, post: Post, watching: Watching, hooks: Hooks) {
    this.#engine = engine;
    this.#post = post;
    this.#watching = watching;
    this.#hooks = hooks;
    this.#firstMoment = new Delivery(engine, START, false);
  }

  spawn(actor: AnyActor, birth: Birth): Cell | undefined {
    const known = this.#engine.cells.get(actor.address);
    if (known !== undefined) return this.#restart(known, actor, birth);
    const { parent, supervised = false, incarnation = 1, hear } = birth;
    const { node, tally } = this.#engine.tallies.kinOf(actor.address);
    const cell = new Cell(actor, parent, supervised, incarnation, hear, tally);
    if (parent !== undefined) (parent.own().children ??= new Set()).add(cell);
    this.#engine.cells.set(actor.address, cell);
    this.#hooks.arrived(cell, node);
    this.#load(cell);
    return cell;
  }

  /** Ends an actor from outside; what kind of end is its own affair unless it is killed. */
  stop(cell: Cell, how: StopHow): void {
    if (!cell.isAlive) return;
    if (cell.phase === 'stopping') {
      return how === 'kill' ? this.#endChildren(cell, 'kill') : undefined;
    }
    if (cell.phase === 'loading' || cell.phase === 'due') {
      return this.end(cell, how === 'kill' ? KILLED : SHUTDOWN);
    }
    if (URGENCY[how] <= URGENCY[cell.stopping ?? 'never']) return;
    cell.stopping = how;
    if (how === 'drain') this.#post.signalInOrder(cell, LAST_WORD);
    else this.#engine.loop.wake(cell);
  }

  /** Runs `start`; the actor's turn has come. */
  start(cell: Cell, kept: Kept): void {
    cell.phase = 'starting';
    const moment = this.#firstMoment;
    try {
      const first = cell.actor.start(moment, kept);
      if (first === IGNORE) return this.#decline(cell);
      cell.state = first[0];
      if (first[1].length > 0) this.#hooks.carryOut(cell, first[1], moment);
      if (cell.actor.startsLater !== true) this.started(cell);
    } catch (error) {
      this.end(cell, crashed(messageOf(error)));
    }
  }

  /** The actor said `ready`, or its `start` returned and that was all. */
  started(cell: Cell): void {
    if (cell.phase !== 'starting') return;
    cell.phase = 'running';
    const { address: who, incarnation } = cell;
    cell.tally.started++;
    this.#engine.observer.spawned?.(who, incarnation);
    this.#tellParent(cell, { kind: 'started', who, incarnation });
    this.#engine.loop.wake(cell);
  }

  end(cell: Cell, reason: Reason): void {
    if (!cell.isAlive || cell.phase === 'stopping') return;
    const hadStarted = cell.phase === 'running';
    cell.phase = 'stopping';
    this.#cancel(cell);
    const children = cell.belongings?.children;
    if (children === undefined || children.size === 0) {
      return this.#finish(cell, reason, hadStarted);
    }
    cell.own().ending = { reason, hadStarted };
    this.#endChildren(cell, isAbnormal(reason) ? 'kill' : 'stop');
  }

  /** The verdict that a waiting actor will not come back. */
  bury(cell: Cell): void {
    if (cell.phase === 'gone') return;
    assert(cell.phase === 'waiting', 'only an actor that has ended is buried');
    this.#remove(cell);
  }

  #restart(cell: Cell, actor: AnyActor, birth: Birth): Cell | undefined {
    const isVerdict = cell.phase === 'waiting' && cell.parent === birth.parent;
    if (!isVerdict) {
      const incarnation = birth.incarnation ?? 1;
      const reason = crashed('the name is taken');
      const signal: Signal = { kind: 'unstarted', who: actor.address, incarnation, reason };
      if (birth.parent === undefined) this.#tellOutside(birth.hear, signal);
      else this.#post.signal(birth.parent, signal);
      return undefined;
    }
    assert(
      (actor.anyone === true) === (cell.actor.anyone === true),
      'a name serves its role always',
    );
    cell.actor = actor;
    cell.hear = birth.hear ?? cell.hear;
    cell.incarnation = birth.incarnation ?? cell.incarnation + 1;
    cell.stopping = undefined;
    const own = cell.own();
    own.restarts++;
    cell.tally.restarted++;
    own.hasHeardStop = false;
    this.#load(cell);
    return cell;
  }

  #load(cell: Cell): void {
    const { store } = this.#engine;
    const { keeps = false } = cell.actor;
    if (keeps === false || store === undefined) {
      cell.phase = 'due';
      return this.#engine.loop.wake(cell);
    }
    cell.phase = 'loading';
    const life = lifeOf(cell);
    const prefix = keyPrefix(cell.address);
    store.scan(keeps === true ? prefix : prefix + keeps, (found) => {
      if (cell.phase !== 'loading' || lifeOf(cell) !== life) return;
      if (!found.ok) return this.end(cell, crashed(`store: ${found.error}`));
      const kept = new Map(found.value.map(([key, value]) => [key.slice(prefix.length), value]));
      cell.own().kept = kept;
      cell.phase = 'due';
      this.#engine.loop.wake(cell);
    });
  }

  #endChildren(cell: Cell, how: StopHow): void {
    for (const child of cell.belongings?.children ?? []) {
      if (child.phase === 'waiting') this.#remove(child);
      else this.stop(child, how);
    }
  }

  /** Completes an end; no child is left. */
  #finish(cell: Cell, reason: Reason, hadStarted: boolean): void {
    cell.state = undefined;
    const { address: who, incarnation } = cell;
    if (isAbnormal(reason)) cell.tally.failed++;
    this.#engine.observer.ended?.(who, incarnation, reason.how, reason.detail);
    this.#rest(cell, reason, hadStarted);
    const kind = hadStarted ? 'child-ended' : 'unstarted';
    this.#tellParent(cell, { kind, who, incarnation, reason });
  }

  #decline(cell: Cell): void {
    const { address: who, incarnation } = cell;
    this.#cancel(cell);
    this.#remove(cell);
    this.#tellParent(cell, { kind: 'unstarted', who, incarnation, reason: undefined });
  }

  /** Waits for the verdict, or is gone when there is nobody to give one. */
  #rest(cell: Cell, reason: Reason, hadStarted: boolean): void {
    const { parent } = cell;
    const isJudged = parent === undefined ? cell.hear !== undefined : isPresent(parent);
    // What never ran has no name to keep: a first start that fails leaves nothing behind.
    const hasRun = hadStarted || (cell.belongings?.restarts ?? 0) > 0;
    if (!cell.supervised || !isJudged || !hasRun) return this.#remove(cell);
    cell.own().lastReason = reason;
    cell.own().ending = undefined;
    cell.phase = 'waiting';
  }

  #remove(cell: Cell): void {
    cell.phase = 'gone';
    this.#engine.cells.delete(cell.address);
    this.#hooks.left(cell);
    if (!cell.queue.isEmpty) {
      for (const delivery of cell.queue.drain()) this.#toDeadLetter(cell, delivery);
    }
    const watchers = cell.belongings?.watchers;
    if (watchers !== undefined) for (const watcher of watchers) this.#watching.tell(watcher, cell);
    if (cell.parent !== undefined) this.#leaveParent(cell, cell.parent);
  }

  #leaveParent(cell: Cell, parent: Cell): void {
    const own = parent.own();
    own.children?.delete(cell);
    const { ending, children } = own;
    if (ending === undefined || children?.size !== 0) return;
    this.#finish(parent, ending.reason, ending.hadStarted);
  }

  #toDeadLetter(cell: Cell, { input, ticket, counted }: Delivery): void {
    if (!counted) return;
    this.#post.deadLetter(cell.address, input, 'stopped');
    if (ticket !== undefined) this.#post.refuse(ticket.asker, ticket.number, 'dead', cell);
  }

  #tellParent(cell: Cell, signal: Signal): void {
    if (cell.parent === undefined) this.#tellOutside(cell.hear, signal);
    else if (isPresent(cell.parent)) this.#post.signal(cell.parent, signal);
  }

  /** Whoever is outside hears in the middle of some actor's turn, which is not to blame for what it throws. */
  #tellOutside(hear: Birth['hear'], signal: Signal): void {
    try {
      hear?.(signal);
    } catch (error) {
      reportFault(this.#engine.observer, 'outside', error);
    }
  }

  #refuseOwed(cell: Cell, { asker, number, expiresAt }: Claim): void {
    if (expiresAt >= this.#engine.now) this.#post.refuse(asker, number, 'dead', cell);
  }

  /** Ends everything that the incarnation had under way. */
  #cancel(cell: Cell): void {
    cell.signals = undefined;
    cell.queue.dropSignals();
    const own = cell.belongings;
    if (own === undefined) return;
    for (const { timer } of own.timers?.values() ?? []) timer.cancel();
    for (const number of own.asks ?? []) this.#engine.asks.forget(number);
    for (const cancel of own.jobs ?? []) cancel();
    for (const who of own.watching?.keys() ?? []) this.#watching.unwatch(cell, who);
    for (const claim of own.owed ?? []) this.#refuseOwed(cell, claim);
    own.timers = own.asks = own.jobs = own.watching = own.owed = undefined;
  }
}

const URGENCY = { never: 0, drain: 1, stop: 2, kill: 3 } as const;

/** Which of a cell's incarnations it is, by the engine's own count: numbers from outside may repeat. */
export const lifeOf = (cell: Cell): number => cell.belongings?.restarts ?? 0;

/** Still able to hear of its children: an actor that is ending has no more verdicts to give. */
const isPresent = (cell: Cell): boolean => cell.phase === 'running' || cell.phase === 'starting';

/** Still in that incarnation, and able to hear of what it had asked for. */
export const isSame = (cell: Cell, life: number): boolean =>
  lifeOf(cell) === life && isPresent(cell);

/** The part of the store that is an actor's own. */
export const keyPrefix = (of: Address): string => `${of}/`;

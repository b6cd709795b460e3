/**
 * Watching: who wants to hear that whom is no more. One notice for each watch, whether the watched is
 * in this process or another, was alive or never existed; none for a restart.
 *
 * A notice keeps its place behind the messages that the dead had sent before.
 */
import { assert } from '#lib/assert.ts';
import { LIMITS } from '#config/limits.ts';
import type { Signal } from '#protocols/effect.ts';
import { isAny, nodeOf, type Address, type NodeAddress } from '#protocols/subjects.ts';
import type { Cell } from './cell.ts';
import type { Engine } from './engine.ts';
import type { Post } from './post.ts';
import { Watches } from './watches.ts';

type Ended = Extract<Signal, { kind: 'ended' }>;

export class Watching {
  readonly #engine: Engine;
  readonly #post: Post;
  readonly #elsewhere: Watches;

  constructor(engine: Engine, post: Post) {
    this.#engine = engine;
    this.#post = post;
    this.#elsewhere = new Watches(engine.carrier, (watcher, who) => this.#hear(watcher, who));
  }

  watch(cell: Cell, who: Address, isLink: boolean): void {
    const watching = (cell.own().watching ??= new Map());
    const isNew = !watching.has(who);
    watching.set(who, isLink);
    if (!isNew) return;
    const watched = this.#engine.cells.get(who);
    if (watched !== undefined) (watched.own().watchers ??= new Set()).add(cell.address);
    else if (this.#engine.hosts.has(nodeOf(who))) this.#hear(cell.address, who);
    else {
      assert(!isAny(who), 'somebody in particular is watched');
      this.#elsewhere.add(cell.address, cell.incarnation, who);
    }
  }

  unwatch(cell: Cell, who: Address): void {
    if (cell.belongings?.watching?.delete(who) !== true) return;
    this.#engine.cells.get(who)?.belongings?.watchers?.delete(cell.address);
    this.#elsewhere.remove(cell.address, cell.incarnation, who);
    cell.queue.take(({ input }) => input.kind === 'ended' && (input as Ended).who === who);
  }

  /** Tells a watcher, here or elsewhere, that a name is no more. */
  tell(watcher: Address, who: Cell): void {
    if (this.#engine.hosts.has(nodeOf(watcher))) return this.#hear(watcher, who.address);
    const { address: from, incarnation } = who;
    this.#engine.carrier.send({ form: 'ended', to: watcher, from, incarnation });
  }

  receiveWatch(watched: Address, watcher: Address): void {
    const cell = this.#engine.cells.get(watched);
    const watchers = cell === undefined ? undefined : (cell.own().watchers ??= new Set());
    if (watchers !== undefined && watchers.size < LIMITS.watchersMax) {
      return void watchers.add(watcher);
    }
    this.#engine.carrier.send({ form: 'ended', to: watcher, from: watched, incarnation: 0 });
  }

  receiveUnwatch(watched: Address, watcher: Address): void {
    this.#engine.cells.get(watched)?.belongings?.watchers?.delete(watcher);
  }

  receiveEnded(watcher: Address, who: Address): void {
    this.#elsewhere.ended(watcher, who);
  }

  gone(peer: NodeAddress): void {
    this.#elsewhere.gone(peer);
  }

  close(): void {
    this.#elsewhere.close();
  }

  #hear(watcher: Address, who: Address): void {
    const cell = this.#engine.cells.get(watcher);
    if (cell?.belongings?.watching?.has(who) !== true) return;
    this.#post.signalInOrder(cell, { kind: 'ended', who });
  }
}

/**
 * Watching: who wants to hear that whom is no more. One notice for each watch, whether the watched is
 * in this process or another, was alive or never existed; none for a restart.
 *
 * A notice keeps its place behind the messages that the dead had sent before.
 *
 *   watches.ts    who here watches whom elsewhere        watchers.ts   who elsewhere watches whom here
 */
import { assert } from '#lib/assert.ts';
import { LIMITS } from '#config/limits.ts';
import type { Signal } from '#protocols/effect.ts';
import { isAny, nodeOf, type Address, type NodeAddress } from '#protocols/subjects.ts';
import type { Cell } from './cell.ts';
import type { Engine } from './engine.ts';
import type { Post } from './post.ts';
import { Watchers, type RemoteWatch } from './watchers.ts';
import { Watches } from './watches.ts';

type Ended = Extract<Signal, { kind: 'ended' }>;

export class Watching {
  readonly #engine: Engine;
  readonly #post: Post;
  readonly #elsewhere: Watches;
  readonly #fromElsewhere: Watchers;

  constructor(engine: Engine, post: Post) {
    this.#engine = engine;
    this.#post = post;
    const { carrier, asks, plantedBug } = engine;
    const number = (): number => asks.number();
    const tell = (watcher: Address, who: Address): void => this.#hear(watcher, who);
    this.#elsewhere = new Watches(carrier, number, tell, plantedBug === 'stale-end-believed');
    this.#fromElsewhere = new Watchers(carrier);
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
  tell(watcher: Address, { address: from, incarnation }: Cell): void {
    if (this.#engine.hosts.has(nodeOf(watcher))) return this.#hear(watcher, from);
    const number = this.#fromElsewhere.take(from, watcher);
    if (number === undefined) return;
    this.#engine.carrier.send({ form: 'ended', to: watcher, from, incarnation, number });
  }

  receiveWatch(watch: RemoteWatch): void {
    if (!this.#take(watch)) this.#refuse(watch);
  }

  receiveUnwatch({ watched, watcher, number }: RemoteWatch): void {
    if (this.#fromElsewhere.take(watched, watcher, number) === undefined) return;
    this.#engine.cells.get(watched)?.belongings?.watchers?.delete(watcher);
  }

  receiveEnded(watcher: Address, who: Address, number: number): void {
    this.#elsewhere.ended(watcher, who, number);
  }

  /** Whoever was watched there is no more, and whoever watched from there is forgotten. */
  gone(peer: NodeAddress): void {
    this.#elsewhere.gone(peer);
    for (const watch of this.#fromElsewhere.gone(peer)) {
      const { watched, watcher } = watch;
      this.#engine.cells.get(watched)?.belongings?.watchers?.delete(watcher);
      // It may be alive, and only out of our hearing: then it must not wait for word from here.
      this.#refuse(watch);
    }
  }

  close(): void {
    this.#elsewhere.close();
    this.#fromElsewhere.close();
  }

  #take(watch: RemoteWatch): boolean {
    const { watched, watcher } = watch;
    const cell = this.#engine.cells.get(watched);
    if (cell === undefined) return false;
    const watchers = (cell.own().watchers ??= new Set());
    if (watchers.size >= LIMITS.watchersMax && !watchers.has(watcher)) return false;
    if (!this.#fromElsewhere.add(watch)) return false;
    watchers.add(watcher);
    return true;
  }

  #refuse({ watched: from, watcher: to, number }: RemoteWatch): void {
    this.#engine.carrier.send({ form: 'ended', to, from, incarnation: 0, number });
  }

  #hear(watcher: Address, who: Address): void {
    const cell = this.#engine.cells.get(watcher);
    if (cell?.belongings?.watching?.has(who) !== true) return;
    this.#post.signalInOrder(cell, { kind: 'ended', who });
  }
}

/**
 * Watches over actors of other nodes: who here watches whom there. Each watched node is tracked while
 * anybody here watches anybody there; when it is gone, so are all who were watched on it. A notice
 * takes its entry with it, so nobody hears twice.
 *
 * Each watch has a number of its own, which its notice repeats: one that answers an earlier watch of the
 * same two is under way while a later one begins, and says nothing about it.
 *
 *   here   watch 1 -->         unwatch 1, watch 2 -->               (ended 1: not mine any more)
 *   there           ends, ended 1 -->            begins anew; watches 2
 */
import { nodeOf, type Address, type NodeAddress } from '#protocols/subjects.ts';
import type { Carrier } from './carrier.ts';

interface Peer {
  /** Whom, and who here watches them, by number. */
  readonly watched: Map<Address, Map<Address, number>>;
  readonly untrack: () => void;
}

export class Watches {
  readonly #peers = new Map<NodeAddress, Peer>();
  readonly #carrier: Carrier;
  readonly #number: () => number;
  readonly #believesStale: boolean;
  readonly #tell: (watcher: Address, ended: Address) => void;

  /**
   * `number` gives one that was never given before, not even to a former life of the process. A bug to
   * plant: `believesStale`, whatever number an end has.
   */
  constructor(
    carrier: Carrier,
    number: () => number,
    tell: (watcher: Address, ended: Address) => void,
    believesStale = false,
  ) {
    this.#believesStale = believesStale;
    this.#carrier = carrier;
    this.#number = number;
    this.#tell = tell;
  }

  add(watcher: Address, incarnation: number, who: Address): void {
    const node = nodeOf(who);
    let peer = this.#peers.get(node);
    if (peer === undefined) {
      peer = { watched: new Map(), untrack: this.#carrier.track(nodeOf(watcher), node) };
      this.#peers.set(node, peer);
    }
    const number = this.#number();
    const watchers = peer.watched.get(who) ?? new Map<Address, number>();
    peer.watched.set(who, watchers.set(watcher, number));
    this.#carrier.send({ form: 'watch', to: who, from: watcher, incarnation, number });
  }

  remove(watcher: Address, incarnation: number, who: Address): void {
    const number = this.#drop(watcher, who);
    if (number === undefined) return;
    this.#carrier.send({ form: 'unwatch', to: who, from: watcher, incarnation, number });
  }

  /** Word from `who`'s node, about the watch of that number, that it is no more. */
  ended(watcher: Address, who: Address, number: number): void {
    const present = this.#peers.get(nodeOf(who))?.watched.get(who)?.get(watcher);
    if (present === undefined || (present !== number && !this.#believesStale)) return;
    this.#drop(watcher, who);
    this.#tell(watcher, who);
  }

  /** A whole node is no more. */
  gone(node: NodeAddress): void {
    const peer = this.#peers.get(node);
    if (peer === undefined) return;
    this.#peers.delete(node);
    peer.untrack();
    for (const [who, watchers] of peer.watched) {
      for (const watcher of watchers.keys()) this.#tell(watcher, who);
    }
  }

  close(): void {
    for (const peer of this.#peers.values()) peer.untrack();
    this.#peers.clear();
  }

  /** Its number, if there was such a watch. */
  #drop(watcher: Address, who: Address): number | undefined {
    const peer = this.#peers.get(nodeOf(who));
    const watchers = peer?.watched.get(who);
    const number = watchers?.get(watcher);
    if (peer === undefined || watchers === undefined || number === undefined) return undefined;
    watchers.delete(watcher);
    if (watchers.size === 0) peer.watched.delete(who);
    if (peer.watched.size === 0) {
      this.#peers.delete(nodeOf(who));
      peer.untrack();
    }
    return number;
  }
}

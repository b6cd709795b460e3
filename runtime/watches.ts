/**
 * Watches over actors of other nodes: who here watches whom there. Each watched node is tracked while
 * anybody here watches anybody there; when it is gone, so are all who were watched on it. A notice
 * takes its entry with it, so nobody hears twice.
 */
import { nodeOf, type Address, type NodeAddress } from '#protocols/subjects.ts';
import type { Carrier } from './carrier.ts';

interface Peer {
  /** Whom, and who here watches them. */
  readonly watched: Map<Address, Set<Address>>;
  readonly untrack: () => void;
}

export class Watches {
  readonly #peers = new Map<NodeAddress, Peer>();
  readonly #carrier: Carrier;
  readonly #tell: (watcher: Address, ended: Address) => void;

  constructor(carrier: Carrier, tell: (watcher: Address, ended: Address) => void) {
    this.#carrier = carrier;
    this.#tell = tell;
  }

  add(watcher: Address, incarnation: number, who: Address): void {
    const node = nodeOf(who);
    let peer = this.#peers.get(node);
    if (peer === undefined) {
      peer = { watched: new Map(), untrack: this.#carrier.track(nodeOf(watcher), node) };
      this.#peers.set(node, peer);
    }
    const watchers = peer.watched.get(who) ?? new Set();
    peer.watched.set(who, watchers.add(watcher));
    this.#carrier.send({ form: 'watch', to: who, from: watcher, incarnation });
  }

  remove(watcher: Address, incarnation: number, who: Address): void {
    if (!this.#drop(watcher, who)) return;
    this.#carrier.send({ form: 'unwatch', to: who, from: watcher, incarnation });
  }

  /** Word from `who`'s node that it is no more. */
  ended(watcher: Address, who: Address): void {
    if (this.#drop(watcher, who)) this.#tell(watcher, who);
  }

  /** A whole node is no more. */
  gone(node: NodeAddress): void {
    const peer = this.#peers.get(node);
    if (peer === undefined) return;
    this.#peers.delete(node);
    peer.untrack();
    for (const [who, watchers] of peer.watched) {
      for (const watcher of watchers) this.#tell(watcher, who);
    }
  }

  close(): void {
    for (const peer of this.#peers.values()) peer.untrack();
    this.#peers.clear();
  }

  #drop(watcher: Address, who: Address): boolean {
    const peer = this.#peers.get(nodeOf(who));
    const watchers = peer?.watched.get(who);
    if (peer === undefined || watchers?.delete(watcher) !== true) return false;
    if (watchers.size === 0) peer.watched.delete(who);
    if (peer.watched.size === 0) {
      this.#peers.delete(nodeOf(who));
      peer.untrack();
    }
    return true;
  }
}

/**
 * Watchers from elsewhere: who on other nodes watches whom here, and by which number. The other side of
 * watches.ts.
 *
 * A node that has watchers here is tracked, as the watched one is tracked by it: when it is gone, so are
 * its watchers, instead of being remembered until whoever they watched ends. It has room for so many in
 * all, whomever they watch: watchers are memory of ours that another node orders.
 */
import { LIMITS } from '#config/limits.ts';
import { nodeOf, type Address, type NodeAddress } from '#protocols/subjects.ts';
import type { Carrier } from './carrier.ts';

export interface RemoteWatch {
  readonly watched: Address;
  readonly watcher: Address;
  readonly number: number;
}

interface Peer {
  /** Whom, and who watches them, by number. */
  readonly watched: Map<Address, Map<Address, number>>;
  readonly untrack: () => void;
  /** How many in all. */
  count: number;
}

export class Watchers {
  readonly #peers = new Map<NodeAddress, Peer>();
  readonly #carrier: Carrier;

  constructor(carrier: Carrier) {
    this.#carrier = carrier;
  }

  /** False: its node has as many as it may. A watch takes the place of an earlier one of the same two. */
  add({ watched, watcher, number }: RemoteWatch): boolean {
    const peer = this.#peerOf(watched, nodeOf(watcher));
    const watchers = peer.watched.get(watched) ?? new Map<Address, number>();
    if (!watchers.has(watcher)) {
      if (peer.count === LIMITS.watchersPerNodeMax) return false;
      peer.count++;
    }
    peer.watched.set(watched, watchers.set(watcher, number));
    return true;
  }

  /** The number of a watch that is over now; `undefined` where there is none (or another than `number`). */
  take(watched: Address, watcher: Address, number?: number): number | undefined {
    const peer = this.#peers.get(nodeOf(watcher));
    const watchers = peer?.watched.get(watched);
    const present = watchers?.get(watcher);
    if (peer === undefined || watchers === undefined || present === undefined) return undefined;
    if (number !== undefined && number !== present) return undefined;
    watchers.delete(watcher);
    if (watchers.size === 0) peer.watched.delete(watched);
    if (--peer.count === 0) this.#forget(nodeOf(watcher), peer);
    return present;
  }

  /** A whole node is no more: the watches that it had. */
  gone(node: NodeAddress): RemoteWatch[] {
    const peer = this.#peers.get(node);
    if (peer === undefined) return [];
    this.#forget(node, peer);
    return Array.from(peer.watched, ([watched, watchers]) =>
      Array.from(watchers, ([watcher, number]) => ({ watched, watcher, number })),
    ).flat();
  }

  close(): void {
    for (const [node, peer] of this.#peers) this.#forget(node, peer);
  }

  #peerOf(watched: Address, node: NodeAddress): Peer {
    const known = this.#peers.get(node);
    if (known !== undefined) return known;
    const untrack = this.#carrier.track(nodeOf(watched), node);
    const peer: Peer = { watched: new Map(), untrack, count: 0 };
    this.#peers.set(node, peer);
    return peer;
  }

  #forget(node: NodeAddress, { untrack }: Peer): void {
    this.#peers.delete(node);
    untrack();
  }
}

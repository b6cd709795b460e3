/**
 * The peers of one host, and how one is forgotten. Bounded, since anybody may write to an inbox: when
 * the table is full, a peer that has long been idle makes room. What its link knew goes with it;
 * a link made afterwards has a life of its own, so that its numbers never mix with former ones.
 */
import { Link, type CountEvents, type NewLife } from '#protocols/link/link.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { Peer } from './peer.ts';
import type { Shell } from './shell.ts';

/** Beats of silence after which a peer may be forgotten: nothing is under way any more. */
const IDLE_BEATS = 60;
/** How many are looked at for one that is idle. */
const LOOKED_AT_MAX = 64;

export class Peers {
  readonly #own: NodeAddress;
  readonly #shell: Shell;
  readonly #byNode = new Map<NodeAddress, Peer>();
  readonly #byId = new Map<number, Peer>();
  #lastId = 0;

  constructor(own: NodeAddress, shell: Shell) {
    this.#own = own;
    this.#shell = shell;
  }

  find(node: NodeAddress): Peer | undefined {
    return this.#byNode.get(node);
  }

  byId(id: number): Peer | undefined {
    return this.#byId.get(id);
  }

  /** `undefined` when there are too many, none of them idle. */
  getOrMake(node: NodeAddress): Peer | undefined {
    const known = this.#byNode.get(node);
    if (known !== undefined) return known;
    const { observer, plantedBug, peersMax, beat } = this.#shell;
    const newLife: NewLife = (above) => this.#shell.newLife(above);
    if (this.#byNode.size >= peersMax && !this.#forgetOne()) {
      observer.link?.(node, 'refused', 1);
      return undefined;
    }
    const count: CountEvents = (what, n) => observer.link?.(node, what, n);
    const link = new Link(this.#own, node, newLife, count, plantedBug);
    const peer = new Peer(link, ++this.#lastId, beat);
    this.#byNode.set(node, peer);
    this.#byId.set(peer.id, peer);
    return peer;
  }

  [Symbol.iterator](): Iterator<Peer> {
    return this.#byNode.values();
  }

  #forgetOne(): boolean {
    let looked = 0;
    for (const [node, peer] of this.#byNode) {
      // Whoever is looked at goes to the end of the line, so that all have their turn.
      this.#byNode.delete(node);
      if (this.#isForgettable(peer)) {
        this.#byId.delete(peer.id);
        return true;
      }
      this.#byNode.set(node, peer);
      if (++looked === LOOKED_AT_MAX) return false;
    }
    return false;
  }

  #isForgettable({ link, isWatched, tracked, activeAt }: Peer): boolean {
    const isSilent = this.#shell.beat - activeAt >= IDLE_BEATS;
    return isSilent && tracked === 0 && !isWatched && link.isIdle;
  }
}

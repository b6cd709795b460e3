/**
 * Links: the carrier over a wire. Each hosted node speaks with each other node through a link
 * (protocols/link/); here are the wire, the clock and the turns, of which links know nothing.
 *
 *   system --> host.send --> link --(end of turn)--> publisher --> wire
 *   system <-- receiver  <-- link <-- host.arrive <--------------- wire
 *
 * Five timers, each armed only while somebody needs it: beats (are they alive who are waited for?),
 * mending (what is unconfirmed or stuck?), telling (confirmations that found no frame to go along
 * with), the end of the turn (all that was said in it leaves as one publish for each peer), and, for a
 * moment after the wire came up, regaining (are the others back as well?).
 *
 * Bodies are handed over as views of what arrived: whoever receives an envelope reads it at once.
 */
import { Writer } from '#protocols/codec.ts';
import type { Envelope } from '#protocols/envelope.ts';
import type { PlantedBug } from '#protocols/link/link.ts';
import {
  nodeOf,
  type Address,
  type NodeAddress,
  type Place,
  type Subject,
} from '#protocols/subjects.ts';
import type { Carrier, Receiver } from '../carrier.ts';
import type { Clock, Observer, Scheduler, Wire, WireState } from '../ports.ts';
import { Host } from './host.ts';
import { BEAT_MS } from './peer.ts';
import { Recurring } from './recurring.ts';
import type { Shell } from './shell.ts';

const MEND_MS = 250;
/** How long a confirmation waits for a frame to go along with. */
const TELL_MS = 20;
/** For as long as this after our own wire went down, no peer is judged by its silence. */
const OUTAGE_MS_MAX = 10_000;
/** For as long as this after it came up, others may still be on their way back. */
const EARLY_MS = 3_000;
/** They are asked again after so long, then twice as long, and so on: most come within a few of these. */
const REGAIN_MS = 20;
/** Nodes that one node talks with: a city's lights, at about 1 KB each. */
const PEERS_MAX = 131_072;

export interface LinkPorts {
  readonly wire: Wire;
  readonly clock: Clock;
  /** Calls back when all is said that belongs together. */
  readonly turnEnd: Scheduler;
  readonly observer?: Observer;
}

export interface LinkOptions {
  /** Greater at each start of the process, by more than it makes links: see `lifeFrom`. */
  readonly life: number;
  /** Off: every envelope leaves at once, alone. */
  readonly coalesces?: boolean;
  readonly peersMax?: number;
  /** For simulations, to see that it is caught. */
  readonly plantedBug?: PlantedBug;
}

export class Links implements Carrier, Shell {
  readonly wire: Wire;
  readonly clock: Clock;
  readonly observer: Observer;
  readonly writer = new Writer();
  readonly coalesces: boolean;
  readonly peersMax: number;
  readonly plantedBug: PlantedBug | undefined;
  readonly #turnEnd: Scheduler;
  readonly #hosts = new Map<NodeAddress, Host>();
  readonly #beats: Recurring;
  readonly #mending: Recurring;
  readonly #telling: Recurring;
  readonly #unhear: () => void;
  #due: Host[] = [];
  /** Who spoke last, and the host of its node: several messages of one actor leave one by one. */
  #lastFrom: Address | undefined;
  #lastHost: Host | undefined;
  #life: number;
  #state: WireState = 'down';
  #changedAt: number;
  #unregain = nothing;

  constructor({ wire, clock, turnEnd, observer }: LinkPorts, options: LinkOptions) {
    this.wire = wire;
    this.clock = clock;
    this.observer = observer ?? {};
    this.coalesces = options.coalesces ?? true;
    this.peersMax = options.peersMax ?? PEERS_MAX;
    this.plantedBug = options.plantedBug;
    this.#turnEnd = turnEnd;
    this.#life = options.life;
    this.#changedAt = clock.now();
    this.#beats = new Recurring(clock, BEAT_MS, () =>
      this.#everyHost((host) => host.beat(this.#isFair)),
    );
    this.#mending = new Recurring(clock, MEND_MS, () => this.#everyHost((host) => host.mend()));
    this.#telling = new Recurring(clock, TELL_MS, () => this.#everyHost((host) => host.tell()));
    this.#unhear = wire.onState((state) => this.#hearState(state));
  }

  // --- the carrier ----------------------------------------------------------------------------------

  host(node: NodeAddress, receiver: Receiver): () => void {
    const host = new Host(node, receiver, this);
    this.#hosts.set(node, host);
    this.#lastFrom = undefined;
    return () => {
      host.leave();
      this.#lastFrom = undefined;
      if (this.#hosts.get(node) === host) this.#hosts.delete(node);
    };
  }

  serve(node: NodeAddress, at: Place, role: string): () => void {
    return this.#hosts.get(node)?.serve(at, role) ?? nothing;
  }

  send(envelope: Envelope, reliable = false): void {
    const { from } = envelope;
    const own = this.#hostOfActor(from);
    if (own !== undefined) return own.send(envelope, reliable);
    for (const host of this.#hosts.values()) {
      if (host.serves(from)) return host.sendForRole(envelope, reliable);
    }
  }

  track(from: NodeAddress, peer: NodeAddress): () => void {
    return this.#hosts.get(from)?.track(peer) ?? nothing;
  }

  note(subject: Subject, bytes: Uint8Array): void {
    this.wire.send(subject, bytes);
  }

  /** Says what is left to say, and lets go of wire and clock. */
  close(): void {
    for (const host of this.#hosts.values()) host.leave();
    this.#hosts.clear();
    this.#lastFrom = undefined;
    this.#unhear();
    this.#unregain();
    for (const timer of [this.#beats, this.#mending, this.#telling]) timer.disarm();
  }

  // --- the shell of its hosts -----------------------------------------------------------------------

  newLife(above: number): number {
    if (above > this.#life) {
      this.#life = above;
      for (const host of this.#hosts.values()) host.liveAgain();
    }
    return ++this.#life;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  get isEarly(): boolean {
    return this.clock.now() - this.#changedAt < EARLY_MS;
  }

  get beat(): number {
    return Math.floor(this.clock.now() / BEAT_MS);
  }

  due(host: Host): void {
    this.#due.push(host);
    if (this.#due.length === 1) this.#turnEnd.soon(this.#endTurn);
  }

  watch(): void {
    this.#beats.arm();
  }

  mend(): void {
    this.#mending.arm();
  }

  tellSoon(): void {
    this.#telling.arm();
  }

  // --- inside ---------------------------------------------------------------------------------------

  readonly #endTurn = (): void => {
    const due = this.#due;
    this.#due = [];
    for (const host of due) host.flush();
  };

  #hearState(state: WireState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#changedAt = this.clock.now();
    this.#unregain();
    if (state === 'up' && this.#everyHost((host) => host.up())) this.#regain(REGAIN_MS);
  }

  #regain(inMs: number): void {
    this.#unregain = this.clock.after(inMs, () => {
      const isMore = this.#everyHost((host) => host.regain());
      if (isMore && this.isEarly) this.#regain(2 * inMs);
    });
  }

  /** Whether a peer's silence is its own. */
  get #isFair(): boolean {
    return this.isUp || this.clock.now() - this.#changedAt > OUTAGE_MS_MAX;
  }

  hostOf(node: NodeAddress): Host | undefined {
    return this.#hosts.get(node);
  }

  isServed(any: Address): boolean {
    for (const host of this.#hosts.values()) if (host.serves(any)) return true;
    return false;
  }

  #hostOfActor(who: Address): Host | undefined {
    if (who !== this.#lastFrom) {
      this.#lastHost = this.#hosts.get(nodeOf(who));
      this.#lastFrom = who;
    }
    return this.#lastHost;
  }

  #everyHost(run: (host: Host) => boolean): boolean {
    let isMore = false;
    for (const host of this.#hosts.values()) isMore = run(host) || isMore;
    return isMore;
  }
}

const nothing = (): void => undefined;

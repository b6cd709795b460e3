/**
 * The simulated NATS: what a cluster of servers does with what its clients publish, and all that can
 * go wrong on the way.
 *
 *   station a --edge--> server --(cut? lost? clogged? late?)--> server --edge--> station b
 *
 * Kept from NATS: subjects, wildcards and queue groups are judged by the same `Routes` as in
 * production; order from one sender to one receiver; at most once; nobody to take a question means 503
 * to its asker; messages larger than allowed, bad subjects and slow consumers are the sender's or
 * consumer's problem. A cut is not noticed at once: for a while messages across it just vanish, then
 * the other side's interest is gone (`staleUs`).
 *
 * A station is one process' place in the network; each life of it connects anew (wire.ts).
 */
import type { Place } from '#protocols/subjects.ts';
import type { Outgoing } from '#runtime/ports.ts';
import { Routes } from '#runtime/routes.ts';
import { between, happens, type Span } from '../chance.ts';
import { EDGE_US, oneWayUs } from '../latency.ts';
import type { Random } from '../random.ts';
import type { Timeline } from '../timeline.ts';
import { Parcel } from './parcel.ts';
import { CALM_WEATHER, type Weather } from './weather.ts';
import type { Listening, SimulatedWire } from './wire.ts';

/** What the servers keep for a client that does not read: nats-server's 64 MB would take for ever. */
export const SLOW_CONSUMER_BYTES = 256 * 1024;
/** Every pair of nodes has subjects of its own, and all of them pass here. */
const ROUTES_REMEMBERED_MAX = 131_072;
const REPEATED_US: Span = [0, 100_000];
const OVERTAKEN_US: Span = [1_000, 50_000];
const RECONNECT_US: Span = [50_000, 500_000];
const STALE_US: Span = [500_000, 3_000_000];

export class Station {
  readonly number: number;
  readonly name: string;
  readonly place: Place;
  wire: SimulatedWire | undefined = undefined;
  /** Everything to and from here takes so many times as long. */
  slowness = 1;
  /** Cut off until this moment, whatever the servers do. */
  downUntil = 0;

  constructor(number: number, name: string, place: Place) {
    this.number = number;
    this.name = name;
    this.place = place;
  }
}

/** Whether nothing gets from one station to another. */
export type Severs = (from: Station, to: Station) => boolean;

interface Cut {
  readonly severs: Severs;
  /** From then on the servers know. */
  readonly staleAt: number;
}

interface Clog {
  until: number;
  /** What goes on its way when it is over. */
  readonly waiting: (() => void)[];
}

export class Network {
  readonly timeline: Timeline;
  readonly random: Random;
  readonly routes = new Routes<Listening>(ROUTES_REMEMBERED_MAX);
  readonly stations: Station[] = [];
  weather: Weather = CALM_WEATHER;
  /** One way, in fair weather. */
  distanceUs: (from: Place, to: Place) => number = oneWayUs;
  readonly #cuts = new Set<Cut>();
  /** By pair. */
  readonly #clogs = new Map<number, Clog>();
  /** By pair: when the last message arrives. */
  readonly #last = new Map<number, number>();
  #serversDownUntil = 0;

  constructor(timeline: Timeline, random: Random) {
    this.timeline = timeline;
    this.random = random;
  }

  station(name: string, place: Place): Station {
    const station = new Station(this.stations.length, name, place);
    this.stations.push(station);
    return station;
  }

  // --- what goes wrong -------------------------------------------------------------------------------

  /** The result mends it. */
  cut(severs: Severs): () => void {
    const cut = { severs, staleAt: this.timeline.now + between(this.random, STALE_US) };
    this.#cuts.add(cut);
    return () => this.#cuts.delete(cut);
  }

  /** Whatever `from` sends to `to` waits for so long; order is kept. */
  clog(from: Station, to: Station, us: number): void {
    const pair = pairOf(from, to);
    const until = this.timeline.now + us;
    const known = this.#clogs.get(pair);
    if (known !== undefined && known.until >= until) return;
    const clog = known ?? { until, waiting: [] };
    clog.until = until;
    this.#clogs.set(pair, clog);
    this.timeline.after(us, 'unclogs', () => {
      if (clog.until === until) this.#unclog(pair, clog);
    });
  }

  /** All servers are down for so long; what was under way is lost. */
  outage(us: number): void {
    this.#serversDownUntil = Math.max(this.#serversDownUntil, this.timeline.now + us);
    for (const { wire } of this.stations) wire?.lose('the servers are down');
  }

  /** One station loses its connection for so long. */
  disconnect(station: Station, us: number): void {
    station.downUntil = Math.max(station.downUntil, this.timeline.now + us);
    station.wire?.lose('the connection is lost');
  }

  heal(): void {
    this.weather = CALM_WEATHER;
    this.#cuts.clear();
    for (const [pair, clog] of this.#clogs) this.#unclog(pair, clog);
    this.#serversDownUntil = 0;
    for (const station of this.stations) {
      station.slowness = 1;
      station.downUntil = 0;
    }
  }

  /** Whether a station can have a connection now. */
  isUpFor(station: Station): boolean {
    const { now } = this.timeline;
    return now >= this.#serversDownUntil && now >= station.downUntil;
  }

  /** Clients do not come back all at the same moment. */
  reconnectUs(): number {
    return between(this.random, RECONNECT_US);
  }

  // --- what a message meets --------------------------------------------------------------------------

  publish(from: SimulatedWire, parcel: Parcel): void {
    const { alone, groups } = this.routes.match(parcel.subject);
    let taken = 0;
    for (const listening of alone) {
      if (!this.#isKnown(from, listening)) continue;
      this.#carry(from, listening, parcel);
      taken++;
    }
    for (const group of groups) {
      const known =
        this.#cuts.size === 0 ? group : group.filter((each) => this.#isKnown(from, each));
      if (known.length === 0) continue;
      this.#carry(from, known[this.random.below(known.length)]!, parcel);
      taken++;
    }
    if (taken === 0 && parcel.more.reply !== undefined) this.#nobody(from, parcel.more.reply);
  }

  #nobody(from: SimulatedWire, reply: NonNullable<Outgoing['reply']>): void {
    const parcel = Parcel.nobody(reply);
    const { alone } = this.routes.match(reply);
    const back = alone.find(({ wire }) => wire === from);
    if (back !== undefined) this.#deliver(2 * EDGE_US, from.station, back, parcel);
  }

  /** Whether the servers that `from` talks to know of a listener. */
  #isKnown(from: SimulatedWire, { wire }: Listening): boolean {
    for (const { severs, staleAt } of this.#cuts) {
      if (staleAt <= this.timeline.now && severs(from.station, wire.station)) return false;
    }
    return true;
  }

  #isSevered(from: Station, to: Station): boolean {
    for (const { severs } of this.#cuts) if (severs(from, to)) return true;
    return false;
  }

  #carry({ station }: SimulatedWire, to: Listening, parcel: Parcel): void {
    const { weather, random } = this;
    const receiver = to.wire.station;
    if (this.#isSevered(station, receiver) || happens(random, weather.loss)) return;
    if (!to.wire.admits(parcel.bytes.length)) return;
    const us = this.#delayUs(station, receiver);
    if (happens(random, weather.reordering)) {
      this.#deliver(us + between(random, OVERTAKEN_US), station, to, parcel);
    } else this.#inOrder(us, station, to, parcel);
    if (happens(random, weather.duplication)) {
      this.#deliver(us + between(random, REPEATED_US), station, to, parcel);
    }
  }

  #delayUs(from: Station, to: Station): number {
    const { weather, random } = this;
    const farther = Math.max(from.slowness, to.slowness);
    const us = farther * this.distanceUs(from.place, to.place) + between(random, weather.jitterUs);
    return happens(random, weather.delayed) ? us + 1_000 * between(random, weather.delayMs) : us;
  }

  /** Not before what the same station sent to the same station earlier. */
  #inOrder(us: number, from: Station, to: Listening, parcel: Parcel): void {
    const pair = pairOf(from, to.wire.station);
    const clog = this.#clogs.size === 0 ? undefined : this.#clogs.get(pair);
    if (clog !== undefined) {
      clog.waiting.push(() => this.#inOrder(us, from, to, parcel));
      return;
    }
    const { now } = this.timeline;
    const at = Math.max(now + us, this.#last.get(pair) ?? 0);
    this.#last.set(pair, at);
    this.#deliver(at - now, from, to, parcel);
  }

  #unclog(pair: number, clog: Clog): void {
    // A healed world has forgotten it already.
    if (this.#clogs.get(pair) !== clog) return;
    this.#clogs.delete(pair);
    for (const goOn of clog.waiting) goOn();
  }

  #deliver(us: number, from: Station, to: Listening, parcel: Parcel): void {
    const { wire } = to;
    const { session } = wire;
    const run = (): void => {
      if (session === wire.session) wire.take(to, parcel);
    };
    this.timeline.after(us, 'arrives', run, wire.owner, from.name, parcel);
  }
}

const STATIONS_MAX = 65_536;
const pairOf = (from: Station, to: Station): number => from.number * STATIONS_MAX + to.number;

/**
 * A calm city in virtual time: the actors of production, each node on a machine of its own, all as far from each other
 * or as far as their places are, disks that sync in 1 to 10 ms, jobs that take what they cost. Nothing fails, unless
 * whoever builds it makes it.
 */
import type { Policy } from '#config/policy.ts';
import type { State } from '#protocols/client/word.ts';
import type { Place } from '#protocols/subjects.ts';
import { Applications, type Sent } from '../city/applications.ts';
import { ANCHORS, DELEGATES, type CityDrawn } from '../city/draw.ts';
import { buildTown, type Moods, type Town } from '../city/town.ts';
import { NO_FAULTS } from '../faults.ts';
import { CALM_POOL } from '../pool.ts';
import { PRICED } from '../prices.ts';
import type { World } from '../world.ts';

export const ONE_WAY_MS = 25;
/** Where clients live, by number. */
export const [IN_CITY, IN_TOKYO, IN_PARIS] = [0, 1, 2];
const TEXT_BYTES = 1_200;
/** Everybody is on the list, and lists come as they always do. */
const WARM_MS = 6_000;
const END_MS_MAX = 20_000;
const LOOK_MS = 50;

/** When what was told of a transaction, in milliseconds from when it was sent. */
export interface Life {
  readonly sentAt: number;
  ackedMs: number | undefined;
  committedMs: number | undefined;
}

export interface Calm {
  readonly nodes: number;
  /** Of a text. */
  readonly bytes?: number;
  readonly clients?: number;
  /** One way; `ONE_WAY_MS` between all, unless told otherwise. */
  readonly distanceUs?: (from: Place, to: Place) => number;
  readonly policy?: Policy;
  readonly moods?: Moods;
}

const drawnFor = ({ nodes, clients = 1, policy }: Calm): CityDrawn => ({
  lights: nodes - ANCHORS - DELEGATES,
  lightsPerMachine: 1,
  anchorsPerMachine: 1,
  clients,
  numbers: { k: 10, margin: 15, lights: 30, anchors: 12 },
  ...(policy === undefined ? {} : { policy }),
  allowance: { perSecond: 1_000_000, burst: 1_000_000 },
  warmMs: WARM_MS,
  liars: [],
  lie: undefined,
  hasRogue: false,
  wanted: [],
  plan: NO_FAULTS,
});

export class CalmTown {
  readonly world: World;
  readonly town: Town;
  readonly lives = new Map<string, Life>();
  readonly applications: Applications;
  readonly #bytes: number;
  #sent = 0;
  #ended = 0;
  #onEnd: () => void = () => undefined;

  constructor(world: World, calm: Calm) {
    const { bytes = TEXT_BYTES, distanceUs = () => ONE_WAY_MS * 1_000, moods } = calm;
    this.#bytes = bytes;
    this.world = world;
    world.network.distanceUs = distanceUs;
    const drawn = drawnFor(calm);
    const applications = new Applications(world, drawn);
    this.applications = applications;
    this.town = buildTown(world, drawn, (node) => applications.children(node), moods);
    applications.onKept = (sent) => this.#acked(sent);
    applications.onEnd = (sent, state) => this.#over(sent, state);
    for (const machine of world.machines) {
      machine.poolFaults = { ...CALM_POOL, priced: PRICED };
      machine.boot();
    }
    world.pass(WARM_MS);
    applications.begin(this.town.genesis, this.town.clients, this.town.machineOf);
  }

  /** At moments that have nothing to do with each other. */
  sendOver(count: number, ms: number): void {
    const random = this.world.random.fork(`sent ${this.#sent}`);
    for (let i = 0; i < count; i++) this.world.later(random.below(ms), () => void this.send());
    this.world.pass(ms);
    this.finish();
  }

  /** So many under way until `ms` have passed; how many were committed. */
  keepUnderWay(count: number, ms: number): number {
    const before = this.#ended;
    const until = this.world.nowMs + ms;
    this.#onEnd = () => {
      if (this.world.nowMs < until) this.world.later(0, () => void this.send());
    };
    for (let i = 0; i < count; i++) this.send();
    this.world.pass(ms);
    const committed = this.#ended - before;
    this.finish();
    return committed;
  }

  send(client = IN_CITY): Sent {
    this.#sent++;
    const sentAt = this.world.nowMs;
    this.applications.want({ client, sender: this.#sent % 3, want: 'fair', bytes: this.#bytes });
    const { sent } = this.applications.calls.at(-1)!;
    this.lives.set(sent.name, { sentAt, ackedMs: undefined, committedMs: undefined });
    return sent;
  }

  /** Until every one has come to its end. */
  finish(): void {
    this.world.passUntil(() => this.#ended === this.#sent, END_MS_MAX, LOOK_MS);
    if (this.#ended !== this.#sent) throw new Error('a transaction did not come to its end');
  }

  #acked({ name }: Sent): void {
    const life = this.lives.get(name)!;
    life.ackedMs ??= this.world.nowMs - life.sentAt;
  }

  #over({ name }: Sent, state: State): void {
    if (state !== 'COMMITTED') throw new Error(`a transaction was ${state} in a calm city`);
    const life = this.lives.get(name)!;
    life.committedMs = this.world.nowMs - life.sentAt;
    life.ackedMs ??= life.committedMs;
    this.#ended++;
    this.#onEnd();
  }
}

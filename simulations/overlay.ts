/**
 * Scenario: nodes on two continents pass on what is spread among them, while processes die and the network does
 * its worst; then comes one disaster of three, and then a calm in which it is counted.
 *
 * Safety, at every moment (checkers/overlay.ts): nobody is a neighbour who has not agreed; nothing unfit is passed on;
 * views are bounded and apart (the machine's own invariants). Liveness: once healed, all are connected and
 * whoever has a neighbour is one of it; the same among the living a minute after half of them went at once, and
 * everywhere three minutes after two halves were cut off from each other; what is spread reaches everybody,
 * once, in the rain too; in the calm it takes one whole copy for each node, and nobody loses a neighbour.
 */
import { overlay as overlayOn } from '#actors/overlay.ts';
import { hex } from '#lib/bytes.ts';
import { payloadId, Spread } from '#protocols/overlay.messages.ts';
import { SHUFFLE_MS } from '#protocols/overlay/bounds.ts';
import { OVERLAY_PLANTS, overlayOf, type OverlayPlant } from '#protocols/overlay/state.ts';
import { address, nodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import type { AnyActor } from '#runtime/actor.ts';
import { supervisor } from '#supervision/supervisor.ts';
import { overlayAt, overlayChecker, type Watched } from './checkers/overlay.ts';
import { drawPlan, SURVIVABLE, type FaultKind, type FaultPlan } from './faults.ts';
import { inject } from './inject.ts';
import type { Machine } from './machine.ts';
import { CALM_WEATHER } from './network/weather.ts';
import { FIT, LISTENER, listener } from './overlay/listener.ts';
import type { Drawn, Scenario } from './scenario.ts';
import type { World } from './world.ts';

const PLACES = ['asia.ishikawa.komatsu', 'europe.hesse.frankfurt'].map(place);
const SEEDS = 3;
const FAULTS_MS = 12_000;
const LOOK_MS = 500;
const WHOLE_MS_MAX = 180_000;
const SURVIVED_MS_MAX = 60_000;
const CUT_MS = 40_000;
const SPREAD_EVERY_MS = 400;
/** Graft after graft; in the rain, a still after the other. */
const HEARD_MS_MAX = 25_000;
const WARM = 6;
const COUNTED = 10;
const QUIET_MS = 30_000;
/** Those who were only told of it ask for it first. */
const LIED_MS = 3_000;
/** Nothing here is kept on a disk. */
const KINDS: readonly FaultKind[] = SURVIVABLE.filter((kind) => !kind.endsWith('-disk'));
const DISASTERS = ['half', 'halves', 'rain'] as const;

export interface OverlayDrawn extends Drawn {
  readonly nodes: number;
  readonly disaster: (typeof DISASTERS)[number];
  readonly plan: FaultPlan;
}

export const overlay: Scenario<OverlayDrawn> = {
  name: 'overlay',
  about: 'neighbours pass on what is spread: everybody hears it once, half of them dead or cut off',
  sometimes: [
    ...KINDS.map((kind) => `fault: ${kind}`),
    ...DISASTERS.map((disaster) => `overlay: ${disaster}`),
    ...['stranger', 'unfit', 'barred'].map((why) => `overlay: refused: ${why}`),
    'overlay: a neighbour is out of reach',
    'overlay: what did not come is asked for',
  ],
  draw: (random) => {
    const nodes = 4 + random.below(17);
    const bounds = { machines: nodes, forMs: FAULTS_MS, faultsMax: 12, kinds: KINDS };
    return {
      nodes,
      disaster: random.pick(DISASTERS),
      plan: drawPlan(random.fork('plan'), bounds),
    };
  },
  run: (world, { nodes, disaster, plan }) => {
    const town = new Town(world, nodes);
    const heal = inject(world, plan);
    for (let ms = 0; ms < FAULTS_MS; ms += SPREAD_EVERY_MS) {
      town.spread(ms % nodes);
      world.pass(SPREAD_EVERY_MS);
      world.look();
    }
    heal();
    town.becomesWhole(WHOLE_MS_MAX, 'a healed overlay');
    world.pass(SHUFFLE_MS);
    world.probe.sometimes(`overlay: ${disaster}`);
    DISASTER_OF[disaster](town, world);
    town.becomesWhole(WHOLE_MS_MAX, `an overlay after ${disaster}`);
    town.isCheap();
    town.barsLiars();
  },
};

const DISASTER_OF = { half, halves, rain } as const;

/** Half of them, at one moment, without a word. */
function half(town: Town, world: World): void {
  const { random } = world;
  const dead = random
    .fork('dead')
    .shuffled(town.machines)
    .slice(0, town.machines.length >> 1);
  for (const machine of dead) machine.powerCut();
  town.becomesWhole(SURVIVED_MS_MAX, 'who is left');
  town.hears(3);
  for (const machine of dead) machine.boot();
}

/** Two parts, for long enough that each is whole by itself. */
function halves(town: Town, world: World): void {
  const side = new Set(
    world.random
      .fork('side')
      .shuffled(town.machines)
      .slice(0, town.machines.length >> 1),
  );
  const stations = new Set([...side].map(({ station }) => station));
  const mend = world.network.cut((from, to) => stations.has(from) !== stations.has(to));
  for (let ms = 0; ms < CUT_MS; ms += LOOK_MS) {
    world.pass(LOOK_MS);
    world.look();
  }
  mend();
}

/** One message in twenty is lost. */
function rain(town: Town, world: World): void {
  world.network.weather = { ...CALM_WEATHER, loss: [1, 20] };
  town.hears(8);
  world.network.weather = CALM_WEATHER;
}

class Town {
  readonly machines: Machine[];
  readonly #world: World;
  readonly #machineOf: ReadonlyMap<NodeAddress, Machine>;
  readonly #watched: Watched;
  #spread = 0;

  constructor(world: World, count: number) {
    const nodes = Array.from({ length: count }, (_, i) =>
      nodeAddress(PLACES[i % PLACES.length]!, `n${i}`),
    );
    const machineOf = nodes.map((node, i) => {
      const root = (): AnyActor => rootOf(world, node, nodes.slice(0, SEEDS));
      const at = PLACES[i % PLACES.length]!;
      return [node, world.machine({ name: `p${i}`, place: at, nodes: [node], root })] as const;
    });
    this.#world = world;
    this.#machineOf = new Map(machineOf);
    this.machines = [...this.#machineOf.values()];
    this.#watched = overlayChecker(world, this.#machineOf);
    world.checkers.push(this.#watched.checker);
    for (const machine of this.machines) machine.boot();
  }

  /** Something new, from a node of that place if it is there; its name. */
  spread(at: number, first = FIT): string {
    const payload = Uint8Array.of(first, ++this.#spread & 0xff, this.#spread >> 8);
    const node = [...this.#machineOf.keys()][at]!;
    const spread = Spread.of({ topic: 'city-head', payload });
    this.#machineOf.get(node)!.life?.system.send(overlayOf(node), spread);
    return hex(payloadId('city-head', payload));
  }

  becomesWhole(withinMs: number, who: string): void {
    const isWhole = (): boolean => this.#fault() === undefined;
    this.#world.passUntil(isWhole, withinMs, LOOK_MS);
    const fault = this.#fault();
    this.#world.claim(fault === undefined, () => `${who} is whole: ${fault}`);
    this.#world.look();
  }

  /** Whatever is spread now, everybody who is there hears, once. */
  hears(times: number): void {
    const from = this.#living()[0]!;
    const ids = Array.from({ length: times }, () => {
      const id = this.spread(this.#placeOf(from));
      this.#world.pass(SPREAD_EVERY_MS);
      return id;
    });
    const lack = (): string[] =>
      ids.flatMap((id) =>
        this.#living().flatMap((node) => {
          const heard = this.#watched.told.get(id)?.get(node) ?? 0;
          return heard === (node === from ? 0 : 1)
            ? []
            : [`${node} heard ${id.slice(0, 8)} ${heard} times`];
        }),
      );
    this.#world.passUntil(() => lack().length === 0, HEARD_MS_MAX, LOOK_MS);
    this.#world.claim(lack().length === 0, () => `everybody hears once: ${lack().join(', ')}`);
    this.#world.look();
  }

  /** Once the tree stands, what is spread costs one whole copy for each node; and nobody loses a neighbour. */
  isCheap(): void {
    const calls = (): boolean =>
      this.#living().some((node) => overlayAt(this.#machineOf, node)!.lost.size > 0);
    this.#world.passUntil(() => !calls(), WHOLE_MS_MAX, LOOK_MS);
    this.#world.claim(!calls(), () => 'whoever is back is called no more');
    this.hears(WARM);
    const spreading = this.#count(() => this.hears(COUNTED));
    const idle = this.#count(() => this.#world.pass(QUIET_MS));
    const each = (spreading['gossip'] ?? 0) / COUNTED / (this.#living().length - 1);
    const lost = (spreading['disconnect'] ?? 0) + (idle['disconnect'] ?? 0);
    this.#world.tell('overlay', 'costs', JSON.stringify({ spreading, idle }));
    this.#world.claim(each <= 1.25, () => `one copy for each node, once the tree stands: ${each}`);
    this.#world.claim(lost < this.machines.length, () => `views are at rest: ${lost} disconnects`);
  }

  /** What was said meanwhile, by kind. */
  #count(meanwhile: () => void): Readonly<Record<string, number>> {
    const before = new Map(this.#watched.said);
    meanwhile();
    const counts = [...this.#watched.said].map(
      ([kind, times]) => [nameOfKind(kind), times - (before.get(kind) ?? 0)] as const,
    );
    return Object.fromEntries(counts.filter(([, times]) => times > 0));
  }

  /** Whoever spreads what is not fit is let go by those who heard it. */
  barsLiars(): void {
    const [liar] = this.#living().slice(-1);
    const neighbours = [...overlayAt(this.#machineOf, liar!)!.active.keys()];
    const id = this.spread(this.#placeOf(liar!), 1 - FIT);
    this.#world.pass(LIED_MS);
    const heard = this.#watched.told.get(id);
    const friends = neighbours.filter(
      (node) => heard?.has(node) !== true || overlayAt(this.#machineOf, node)?.active.has(liar!),
    );
    this.#world.claim(
      friends.length === 0,
      () => `${liar} lied, and ${friends.join(' ')} mind not`,
    );
    this.#world.pass(QUIET_MS);
    this.#world.look();
  }

  #placeOf(node: NodeAddress): number {
    return [...this.#machineOf.keys()].indexOf(node);
  }

  #living(): NodeAddress[] {
    return [...this.#machineOf].flatMap(([node, { life }]) => (life === undefined ? [] : [node]));
  }

  /** Who is no neighbour of its neighbour, or cannot be reached from the first one. */
  #fault(): string | undefined {
    const living = this.#living();
    const neighbours = (node: NodeAddress): NodeAddress[] => [
      ...(overlayAt(this.#machineOf, node)?.active.keys() ?? []),
    ];
    for (const node of living)
      for (const peer of neighbours(node))
        if (!living.includes(peer) || !neighbours(peer).includes(node))
          return `${peer} is no neighbour of ${node}`;
    const reached = new Set(living.slice(0, 1));
    for (const node of reached) for (const peer of neighbours(node)) reached.add(peer);
    const apart = living.filter((node) => !reached.has(node));
    return apart.length === 0 ? undefined : `${apart.join(' ')} are apart`;
  }
}

const nameOfKind = (kind: string): string => kind.slice(kind.indexOf('.') + 1);

const plantOf = ({ plant }: World): OverlayPlant | undefined =>
  plant !== undefined && Object.hasOwn(OVERLAY_PLANTS, plant) ? (plant as OverlayPlant) : undefined;

const rootOf = (world: World, node: NodeAddress, seeds: readonly NodeAddress[]): AnyActor =>
  supervisor({
    address: address(node, 'root'),
    flags: { intensity: 5, periodMs: 2_000 },
    children: [
      { id: 'listener', start: () => listener(node) },
      {
        id: 'overlay',
        start: () =>
          overlayOn({
            node,
            seeds,
            listeners: new Map([['city-head', LISTENER]]),
            probe: world.probe,
            plant: plantOf(world),
          }),
      },
    ],
  });

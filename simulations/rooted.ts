/**
 * Scenario: what cities on two continents commit is rooted at the globe, through their municipalities and continents, while
 * delegates die, disks forget, the network does its worst, and one continent is cut off for a while. Each delegate runs all
 * that it does above its city; below that stands a ledger that only shows what its city has committed.
 *
 * Safety, at every moment: of each number of a municipality one batch, on each level one block at each height, each of
 * them with what comes next and nothing that was not committed, sealed or ordered below; what a city is told to be rooted
 * is rooted there; nobody is accused, no branch left. Liveness: once healed, all that was committed is rooted at the globe,
 * and each delegate knows.
 */
import { jobs } from '#actors/jobs.ts';
import { levels, type LevelsOptions } from '#actors/levels.ts';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { utf8 } from '#lib/bytes.ts';
import { COIN_SEED_BYTES, dealCoin } from '#protocols/abba/deal.ts';
import {
  cityBatch,
  headDigest,
  NONE,
  type Committed,
  type CityHead,
} from '#protocols/city-batch.ts';
import type { Json } from '#protocols/effect.ts';
import type { Genesis } from '#protocols/genesis.ts';
import { committeeFor, handedOver, lineageOf, newestIn, type Lineage } from '#protocols/lineage.ts';
import { ROOTS, type Root } from '#protocols/rooting.messages.ts';
import { rootingOf, type Rooting } from '#protocols/rooting/state.ts';
import type { Self } from '#protocols/self.ts';
import { address, nodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import { memberOf, type Member } from '#protocols/municipality/state.ts';
import {
  chosen,
  GLOBE,
  municipalitiesOf,
  municipalityMembers,
  municipalityOf,
} from '#protocols/world.ts';
import { supervisor } from '#supervision/supervisor.ts';
import { delegateWith, signingWith } from './delegates.ts';
import { drawPlan, SURVIVABLE, type FaultPlan } from './faults.ts';
import { inject } from './inject.ts';
import { shownLedger } from './levels/shown-ledger.ts';
import type { Machine } from './machine.ts';
import type { Random } from './random.ts';
import type { Drawn, Scenario } from './scenario.ts';
import { sealedBy } from './sealed.ts';
import type { World } from './world.ts';

const NETWORK = utf8('simulated');
const PLACES = ['asia.ishikawa.komatsu', 'europe.catalonia.barcelona', 'asia.ishikawa.hakui'].map(
  place,
);
const DELEGATES = 4;
/** Of a level: where two cities are in a municipality, not all who order there are members. */
const SIZE = 7;
const FAULTS_MS = 6_000;
const HEALED_MS = 1_000;
const REST_MS_MAX = 25_000;
const STEP_MS = 200;
const LOOK_MS = 500;

export interface RootedDrawn extends Drawn {
  readonly cities: number;
  /** Batches of an epoch: then others order in each city. */
  readonly epochBatches: number;
  /** How often a city commits: once in so many steps. */
  readonly pace: number;
  readonly plan: FaultPlan;
}

export const rooted: Scenario<RootedDrawn> = {
  name: 'rooted',
  about: 'what cities on two continents commit is rooted at the globe, and each city knows how far',
  sometimes: [
    ...SURVIVABLE.map((kind) => `fault: ${kind}`),
    'rooting: a later life goes on where another one ended',
    'municipality: who orders in a city was asked of its ledger',
    'municipality: an epoch was entered',
    'municipality: a delegate became a member',
    'municipality: a member became a follower',
  ],
  draw: (random) => {
    const cities = random.pick([2, 2, 3]);
    const machines = cities * DELEGATES;
    const bounds = { machines, forMs: FAULTS_MS, faultsMax: 6, kinds: SURVIVABLE };
    const plan = drawPlan(random.fork('plan'), bounds);
    // Machines go round by city: those of Barcelona.
    const side = Array.from({ length: DELEGATES }, (_, i) => i * cities + 1);
    const cut = {
      do: 'partition',
      shape: 'halves',
      side,
      atMs: random.below(FAULTS_MS / 2),
      forMs: 1_000 + random.below(FAULTS_MS / 2),
    } as const;
    return {
      cities,
      epochBatches: random.pick([3, 7, 1_000]),
      pace: random.pick([2, 4, 8]),
      plan: { ...plan, faults: [...plan.faults, cut] },
    };
  },
  run: (world, { cities, epochBatches, pace, plan }) => {
    const network = new Network(world, cities);
    world.checkers.push({ noted: (subject, fact) => network.check(subject, fact) });
    const live = (forMs: number): void => {
      for (let ms = 0; ms < forMs; ms += STEP_MS) {
        network.live(pace, epochBatches, world.nowMs);
        world.pass(STEP_MS);
        world.look();
      }
    };
    for (const machine of world.machines) machine.boot();
    const heal = inject(world, plan);
    live(FAULTS_MS);
    heal();
    live(HEALED_MS);
    let lacking = '';
    const isDone = (): boolean => (lacking = network.lack()) === '';
    world.passUntil(isDone, REST_MS_MAX, LOOK_MS);
    world.claim(lacking === '', () => `all that was committed is rooted: ${lacking}`);
    const wrong = network.wrongSealers();
    world.claim(wrong === '', () => `those seal who order in its cities: ${wrong}`);
    world.look();
  },
};

interface City {
  readonly genesis: Genesis;
  readonly seeds: readonly Uint8Array[];
  readonly chain: Committed[];
  lineage: Lineage;
}

/** One level's chain, as it was noted first. */
interface Seen {
  readonly blocks: Map<number, string>;
  readonly ordered: Map<string, number>;
}
const nothingSeen = (): Seen => ({ blocks: new Map(), ordered: new Map() });

class Network {
  readonly #world: World;
  readonly #random: Random;
  readonly #cities: readonly City[];
  readonly #machineOf = new Map<NodeAddress, Machine>();
  /** By chain: municipalities, continents, the globe. */
  readonly #seen = new Map<string, Seen>();

  constructor(world: World, count: number) {
    this.#world = world;
    this.#random = world.random.fork('rooted');
    this.#cities = PLACES.slice(0, count).map((at) => this.#found(at));
    const sizes = { municipality: SIZE, continent: SIZE, globe: SIZE };
    const all = this.#cities.map(({ genesis }) => genesis);
    const cities = all.toSorted((a, b) => (a.place < b.place ? -1 : 1));
    const founding = { version: 1, network: NETWORK, cities, sizes };
    const coinOf = new Map<NodeAddress, readonly bigint[]>();
    const coins = municipalitiesOf(founding).map((name) => {
      const members = municipalityMembers(founding, name);
      const stakes = members.map(({ stake }) => stake);
      const { key, shares } = dealCoin(stakes, this.#random.bytes(COIN_SEED_BYTES));
      for (const [i, { node }] of members.entries()) coinOf.set(node, shares[i]!);
      return { name, key };
    });
    for (let i = 0; i < DELEGATES; i++)
      for (const city of this.#cities) {
        const { node } = city.genesis.delegates[i]!;
        this.#host(city, i, (self) =>
          levels({
            self,
            world: { ...founding, coins },
            coin: coinOf.get(node) ?? [],
            plant: world.plant as LevelsOptions['plant'],
          }),
        );
      }
  }

  #found(at: (typeof PLACES)[number]): City {
    const seeds = Array.from({ length: DELEGATES }, () => this.#random.bytes(32));
    const delegates = seeds.map((seed, i) => delegateWith(nodeAddress(at, `d${i + 1}`), 1, seed));
    const grantor = delegates[0]!.signing;
    const genesis = { version: 1, network: NETWORK, place: at, delegates, grantor };
    return { genesis, seeds, chain: [], lineage: lineageOf(genesis) };
  }

  #host(
    { genesis, seeds, chain }: City,
    i: number,
    above: (self: Self) => ReturnType<typeof levels>,
  ): void {
    const { node } = genesis.delegates[i]!;
    const seed = seeds[i]!;
    const secrets = {
      signing: signingWith(seed),
      sealing: { suite: 'x-wing', seed },
      vrf: seed,
    } as const;
    const self: Self = { genesis, node, secrets, isRooted: true, probe: this.#world.probe };
    // A ledger that is behind shows less.
    const lag = i % 2;
    const children = [
      { id: 'ledger', start: () => shownLedger(node, () => chain.slice(0, chain.length - lag)) },
      { id: 'levels', start: () => above(self) },
    ];
    const machine = this.#world.machine({
      name: node.replaceAll('.', '-'),
      place: genesis.place,
      nodes: [node],
      jobs,
      root: () =>
        supervisor({
          address: address(node, 'root'),
          flags: { intensity: 10, periodMs: 1_000 },
          children,
        }),
    });
    this.#machineOf.set(node, machine);
  }

  live(pace: number, epochBatches: number, nowMs: number): void {
    for (const city of this.#cities)
      if (this.#random.below(pace) === 0) commitOne(city, epochBatches, nowMs);
  }

  /** Who does not know that what is rooted. */
  lack(): string {
    return this.#cities
      .flatMap(({ genesis, chain }) =>
        genesis.delegates.flatMap(({ node }) => {
          const { life } = this.#machineOf.get(node)!;
          const state = life?.system.stateOf(rootingOf(node)) as Rooting | undefined;
          const known = state?.reached.globe ?? 0;
          const member = life?.system.stateOf(memberOf(node)) as Member | undefined;
          const its = member?.cities.find((city) => city.place === genesis.place)?.height ?? 0;
          // The last batch may not be shown to anybody yet.
          const least = Math.min(known, its);
          return least >= chain.length - 1 ? [] : [`${node} knows ${least} of ${chain.length}`];
        }),
      )
      .join('; ');
  }

  /** Who goes by other members of its municipality than those chosen among all who order where its cities are taken in. */
  wrongSealers(): string {
    return this.#cities
      .flatMap(({ genesis }) => genesis.delegates)
      .flatMap(({ node }) => {
        const { life } = this.#machineOf.get(node)!;
        const state = life?.system.stateOf(memberOf(node)) as Member | undefined;
        if (state === undefined) return [];
        const parts = state.cities.map(({ place: at, height }) => {
          const { lineage } = this.#cities.find(({ genesis }) => genesis.place === at)!;
          return lineage.eras.findLast(({ after }) => after <= height)!.committee.members;
        });
        const [wanted, its] = [chosen(parts, SIZE), state.municipality.members].map((all) =>
          all.map((each) => each.node).join(', '),
        );
        return its === wanted ? [] : [`${node} goes by ${its}, not ${wanted}`];
      })
      .join('; ');
  }

  // --- what must be true -----------------------------------------------------------------------------------

  check(subject: string, fact: Json): void {
    const claim = (isTrue: boolean, what: string): void =>
      this.#world.claim(isTrue, () => `${what}: ${subject} ${JSON.stringify(fact)}`);
    claim(!subject.includes('.evidence.'), 'nobody is accused');
    claim(!subject.endsWith('.forked'), 'no branch is left');
    const at = this.#cities.find(({ genesis }) => subject.startsWith(`cc1.note.${genesis.place}.`));
    const topic = subject.slice(`cc1.note.${at!.genesis.place}.`.length);
    const [continent] = at!.genesis.place.split('.');
    if (topic === 'municipality.sealed') {
      const { id, cities } = fact as unknown as SealedFact;
      const items = cities.map(({ city, from, to }) => ({ name: city, from, id: to }));
      this.#append(municipalityOf(at!.genesis.place), id, items, claim);
    }
    if (topic === 'continent.committed') this.#appendBlock(continent!, fact, claim);
    if (topic === 'globe.committed') this.#appendBlock(GLOBE, fact, claim);
    if (topic.startsWith('root.')) {
      const { height, root } = fact as unknown as { height: number; root: Root };
      claim(height <= at!.chain.length, 'what is rooted was committed');
      claim(this.#isRooted(at!.genesis.place, height, root), 'what is said to be rooted is');
    }
  }

  #appendBlock(chain: string, fact: Json, claim: Claim): void {
    const { height, items } = fact as unknown as BlockFact;
    this.#append(
      chain,
      height,
      items.map(({ name, id }) => ({ name, from: id, id })),
      claim,
    );
  }

  /** What is at a height of a chain is the same for everybody, and the next of all that is below. */
  #append(chain: string, height: number, items: readonly Item[], claim: Claim): void {
    const seen = this.#seen.get(chain) ?? nothingSeen();
    this.#seen.set(chain, seen);
    const text = JSON.stringify(items);
    const other = seen.blocks.get(height);
    claim(other === undefined || other === text, `one thing at ${chain} ${height}, not ${other}`);
    if (other !== undefined) return;
    claim(height === seen.blocks.size + 1, `${chain} has ${seen.blocks.size}`);
    seen.blocks.set(height, text);
    for (const { name, from, id } of items) {
      claim(from === (seen.ordered.get(name) ?? 0) + 1, `${name} is next in ${chain}`);
      claim(id <= this.#made(name), `${name} ${id} is there`);
      seen.ordered.set(name, id);
    }
  }

  /** How many a city, a municipality or a continent has made. */
  #made(name: string): number {
    const city = this.#cities.find(({ genesis }) => genesis.place === name);
    return city === undefined ? (this.#seen.get(name)?.blocks.size ?? 0) : city.chain.length;
  }

  /** By what was sealed and ordered, and not by what anybody says of it. */
  #isRooted(at: string, height: number, root: Root): boolean {
    const [continent, municipality] = at.split('.') as [string, string];
    const chains = [`${continent}.${municipality}`, continent, GLOBE];
    const levelsUp = { MUNICIPALITY: 1, TAKEN_IN: 1, CONTINENT: 2, GLOBE: 3 }[root];
    let [name, id] = [at, height];
    for (const chain of chains.slice(0, levelsUp)) {
      const found = [...(this.#seen.get(chain)?.blocks ?? [])].find(([, text]) =>
        (JSON.parse(text) as Item[]).some(
          (item) => item.name === name && item.from <= id && id <= item.id,
        ),
      );
      if (found === undefined) return false;
      [name, id] = [chain, found[0]];
    }
    return ROOTS.includes(root);
  }
}

type Claim = (isTrue: boolean, what: string) => void;
interface Item {
  readonly name: string;
  readonly from: number;
  readonly id: number;
}
interface SealedFact {
  readonly id: number;
  readonly cities: readonly { readonly city: string; readonly from: number; readonly to: number }[];
}
interface BlockFact {
  readonly height: number;
  readonly items: readonly { readonly name: string; readonly id: number }[];
}

/** By those who order in its epoch; its last batch says who does in the next one: one delegate less, another one each time. */
function commitOne(city: City, epochBatches: number, nowMs: number): void {
  const { genesis, seeds, chain } = city;
  const last: CityHead | undefined = chain.at(-1)?.batch.head;
  const height = chain.length + 1;
  const epoch = newestIn(city.lineage);
  const seats = genesis.delegates.flatMap(({ stake }, of) =>
    of === epoch % (2 * DELEGATES) ? [] : [{ of, stake }],
  );
  const batch = cityBatch(
    {
      place: genesis.place,
      epoch,
      height,
      prev: last === undefined ? NONE : headDigest(last),
      proposer: genesis.delegates[0]!.node,
      round: height,
      at: stampBytes({ wallMs: nowMs, count: 0 }),
      stateRoot: NONE,
      ...(height % epochBatches === 0 ? { next: seats } : {}),
    },
    [],
    undefined,
  );
  const { members } = committeeFor(city.lineage, batch.head)!;
  const signers = members.slice(0, 3).map(({ node }, member) => {
    const of = genesis.delegates.findIndex((each) => each.node === node);
    return { member, key: signingWith(seeds[of]!) };
  });
  chain.push({ batch, quorum: sealedBy(NETWORK, batch.head, signers) });
  city.lineage = handedOver(city.lineage, batch.head);
}

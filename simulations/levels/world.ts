/**
 * Continents, and the globe above them, over the runtime: what municipalities seal goes up as far as there are levels.
 *
 * Somebody who has no say follows the globe from its genesis.
 *
 * Safety, at every moment: on each level one block at each height; of each of those below what it makes one after
 * another, each once; nobody is accused, no branch left; what the follower verifies is what was committed. Liveness: once healed, all that was sealed is ordered on every
 * level, and known to all of its delegates, and to the follower.
 */
import { continent } from '#actors/continent.ts';
import { globe } from '#actors/globe.ts';
import { follower } from '#actors/follower.ts';
import { jobs } from '#actors/jobs.ts';
import { hex, utf8 } from '#lib/bytes.ts';
import type { Json } from '#protocols/effect.ts';
import type { Following } from '#protocols/follow/follow.ts';
import { continentBelow } from '#protocols/level/below.ts';
import {
  delegateOf,
  heightOf,
  type DelegateState,
  type Level,
  type LevelPlant,
  type LevelSelf,
} from '#protocols/level/state.ts';
import {
  address,
  continentOf,
  nodeAddress,
  type NodeAddress,
  type Place,
} from '#protocols/subjects.ts';
import { GLOBE } from '#protocols/world.ts';
import { supervisor } from '#supervision/supervisor.ts';
import { delegateWith, signingWith } from '../delegates.ts';
import type { Machine } from '../machine.ts';
import type { Random } from '../random.ts';
import type { World } from '../world.ts';
import { offersOf, sealerAt, sealerBelow, sealOne, type Sealer } from './sealers.ts';

const NETWORK = utf8('simulated');
const PATIENCE_MS = 700;
const POLL_MS = 300;
/** Of each continent so many delegates order for the globe as well. */
const IN_GLOBE = 2;

export interface Settings {
  /** Of each continent: the stakes of its delegates, and where its municipalities are. */
  readonly continents: readonly {
    readonly stakes: readonly number[];
    readonly places: readonly Place[];
  }[];
  readonly hasGlobe: boolean;
}

/** A level as one sees it from outside. */
export interface Seen {
  readonly level: Level;
  readonly nodes: readonly NodeAddress[];
  /** What was committed, by height: the first that anybody noted. */
  readonly chain: Map<number, string>;
  readonly ordered: Map<string, number>;
}

interface Delegate {
  readonly node: NodeAddress;
  readonly place: Place;
  readonly seed: Uint8Array;
  readonly stake: number;
}

export class Levels {
  readonly continents: Seen[];
  readonly globe: Seen | undefined;
  readonly sealers: readonly Sealer[][];
  readonly random: Random;
  readonly #world: World;
  /** How far the one who follows the globe is. */
  #following = 0;
  readonly #machineOf = new Map<NodeAddress, Machine>();

  constructor(world: World, { continents, hasGlobe }: Settings) {
    this.#world = world;
    this.random = world.random.fork('levels');
    this.sealers = continents.map(({ places }) => places.map((at) => sealerAt(at, this.random)));
    const delegates = continents.map(({ stakes, places }) =>
      stakes.map((stake, i): Delegate => {
        const place = places[i % places.length]!;
        return { node: nodeAddress(place, `c${i}`), place, seed: this.random.bytes(32), stake };
      }),
    );
    this.continents = delegates.map((all, i) => this.#continent(all, this.sealers[i]!));
    this.globe = hasGlobe
      ? this.#globe(delegates.flatMap((all) => all.slice(0, IN_GLOBE)))
      : undefined;
    for (const [i, all] of delegates.entries())
      for (const each of all) this.#host(each, this.continents[i]!.level);
    if (this.globe !== undefined) this.#follow(this.globe, continents[0]!.places[0]!);
    world.checkers.push({ noted: (subject, fact) => this.#check(subject, fact) });
  }

  #continent(all: readonly Delegate[], sealers: readonly Sealer[]): Seen {
    const below = sealers.map((each) => sealerBelow(NETWORK, each));
    return seen({ role: 'continent', name: continentOf(all[0]!.place), below, ...common(all) });
  }

  #globe(all: readonly Delegate[]): Seen {
    const below = this.continents.map(({ level }) => continentBelow(level));
    return seen({ role: 'globe', name: GLOBE, below, ...common(all) });
  }

  #host({ node, place, seed }: Delegate, level: Level): void {
    const { probe } = this.#world;
    const plant = this.#world.plant as LevelPlant | undefined;
    const isIn = this.globe?.nodes.includes(node) === true;
    const above = this.globe?.nodes.map((each) => delegateOf('globe', each)) ?? [];
    const signing = signingWith(seed);
    const self: LevelSelf = { level, node, signing, above, probe, plant };
    const children = [{ id: 'continent', start: () => continent(self) }];
    if (isIn) {
      const own: LevelSelf = { ...self, level: this.globe!.level, above: [] };
      children.push({ id: 'globe', start: () => globe(own) });
    }
    const machine = this.#world.machine({
      name: node.replaceAll('.', '-'),
      place,
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

  #follow({ level, nodes }: Seen, place: Place): void {
    const delegates = nodes.map((node) => delegateOf('globe', node));
    const at = nodeAddress(place, 'follower');
    const start = () =>
      follower(address(at, 'follower'), { chain: level, delegates, pollMs: POLL_MS }, (seenBy) =>
        this.#followed(seenBy),
      );
    this.#world.machine({
      name: 'follower',
      place,
      nodes: [at],
      jobs,
      root: () =>
        supervisor({
          address: address(at, 'root'),
          flags: { intensity: 10, periodMs: 1_000 },
          children: [{ id: 'follower', start }],
        }),
    });
  }

  #followed({ fresh, fork, last }: Following): void {
    this.#world.claim(fork === undefined, () => `a follower sees a fork at ${last?.height}`);
    this.#following = last?.height ?? 0;
    for (const { height, id } of fresh) {
      const known = this.globe!.chain.get(height);
      this.#world.claim(
        known?.includes(hex(id)) === true,
        () => `a follower believes ${hex(id)} at ${height}, where there is ${known}`,
      );
    }
  }

  get all(): readonly Seen[] {
    return this.globe === undefined ? this.continents : [...this.continents, this.globe];
  }

  stateOf({ level }: Seen, node: NodeAddress): DelegateState | undefined {
    const { life } = this.#machineOf.get(node)!;
    return life?.system.stateOf(delegateOf(level.role, node)) as DelegateState | undefined;
  }

  /** Each municipality seals once in so many times, and offers to some. */
  live(pace: number): void {
    for (const [i, sealers] of this.sealers.entries())
      for (const each of sealers) {
        if (this.random.below(pace) > 0) continue;
        sealOne(NETWORK, each);
        const { nodes } = this.continents[i]!;
        this.offer(
          i,
          each,
          this.random.shuffled(nodes).slice(0, 1 + this.random.below(nodes.length)),
        );
      }
  }

  /** All that is not ordered yet, as far as anybody knows from outside. */
  offer(continentAt: number, sealer: Sealer, nodes: readonly NodeAddress[]): void {
    const ordered = this.continents[continentAt]!.ordered.get(sealer.name) ?? 0;
    for (const node of nodes)
      for (const offer of offersOf(sealer, ordered))
        this.#machineOf.get(node)!.life?.system.send(delegateOf('continent', node), offer);
  }

  /** Whoever was offered something may have died of it: municipalities offer again. */
  offerAgain(): void {
    for (const [i, sealers] of this.sealers.entries())
      for (const each of sealers)
        this.offer(i, each, [this.random.pick(this.continents[i]!.nodes)]);
  }

  /** Who does not know of what as ordered. */
  lack(): string {
    const lacking = this.continents.flatMap((seenOf, i) =>
      this.#lackOf(
        seenOf,
        this.sealers[i]!.map(({ name, sealed }) => [name, sealed.length]),
      ),
    );
    const made = this.continents.map(({ level, chain }) => [level.name, chain.size] as const);
    if (this.globe === undefined) return lacking.join('; ');
    lacking.push(...this.#lackOf(this.globe, made));
    const { size } = this.globe.chain;
    if (this.#following < size)
      lacking.push(`the follower knows ${this.#following} headers of ${size}`);
    return lacking.join('; ');
  }

  #lackOf(of: Seen, made: readonly (readonly [string, number])[]): string[] {
    return of.nodes.flatMap((node) => {
      const state = this.stateOf(of, node);
      return made.flatMap(([name, all]) => {
        const last = state?.ordered.get(name) ?? 0;
        return last === all ? [] : [`${node} knows ${name} up to ${last} of ${all}`];
      });
    });
  }

  // --- what must be true -----------------------------------------------------------------------------------

  #check(subject: string, fact: Json): void {
    this.#world.claim(
      !subject.includes('.evidence.'),
      () => `nobody is accused: ${JSON.stringify(fact)}`,
    );
    this.#world.claim(
      !subject.endsWith('.forked'),
      () => `no branch is left: ${JSON.stringify(fact)}`,
    );
    if (subject.endsWith('.globe.committed')) this.#committed(this.globe!, fact);
    if (!subject.endsWith('.continent.committed')) return;
    const of = this.continents.find(({ level }) => subject.startsWith(`cc1.note.${level.name}.`));
    this.#committed(of!, fact);
  }

  #committed({ level, chain, ordered }: Seen, fact: Json): void {
    const { height, items } = fact as {
      height: number;
      items: readonly { name: string; id: number }[];
    };
    const text = JSON.stringify(fact);
    const other = chain.get(height);
    this.#world.claim(
      other === undefined || other === text,
      () => `${level.name}: one block at height ${height}: ${other} and ${text}`,
    );
    if (other !== undefined) return;
    this.#world.claim(
      height === chain.size + 1,
      () => `${level.name}: block ${height} comes after ${chain.size} others`,
    );
    chain.set(height, text);
    for (const { name, id } of items) {
      const last = ordered.get(name) ?? 0;
      this.#world.claim(id === last + 1, () => `${level.name}: ${name} ${id} after ${last}`);
      ordered.set(name, id);
    }
  }

  /** What is committed is not in anybody's memory. */
  checkMemory(): void {
    for (const of of this.all)
      for (const node of of.nodes) {
        const state = this.stateOf(of, node);
        if (state === undefined) continue;
        const { bodies, waiting, jolteon, gathering } = state;
        const sizes = [bodies.size, waiting.size, jolteon.tree.blocks.size, gathering.atWork.size];
        this.#world.claim(
          Math.max(...sizes) < 80,
          () => `${node} at ${heightOf(state)} remembers ${sizes.join(', ')}`,
        );
      }
  }
}

const common = (all: readonly Delegate[]) => ({
  network: NETWORK,
  epoch: 0,
  members: all.map(({ node, stake, seed }) => delegateWith(node, stake, seed)),
  patienceMs: PATIENCE_MS,
});

const seen = (level: Level): Seen => ({
  level,
  nodes: level.members.map(({ node }) => node),
  chain: new Map(),
  ordered: new Map(),
});

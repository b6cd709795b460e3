/**
 * Scenario: the order alone. Four or seven delegates, each a city over the least of a ledger, order certificates that
 * mean nothing, while processes die, disks are slow and the network does its worst; up to f of the delegates are twins:
 * two honest copies with one key that talk with different others, and whose clock says another time to each that asks.
 *
 * Epochs are short. What a city has against another is brought into the order, where it convicts.
 *
 * Safety, at every moment: no height has two batches on any honest disk, each is sealed by those who order in its epoch,
 * and whoever was convicted orders in no later one; what is ordered was offered; no honest delegate says two vertices of a round, or one that is not durable (checkers/city-vertices.ts). Liveness: once healed,
 * whatever an honest ledger holds is in one chain on all honest disks.
 */
import { city } from '#actors/city.ts';
import { clock } from '#actors/clock.ts';
import { jobs } from '#actors/jobs.ts';
import { domain, hash } from '#algorithms/hash/hash.ts';
import { vrfKeyOf } from '#algorithms/vrf.ts';
import { hex, utf8 } from '#lib/bytes.ts';
import { Committed, headDigest, type Entry } from '#protocols/city-batch.ts';
import { whole } from '#protocols/codec.ts';
import { ACCUSED } from '#protocols/dag/hear.ts';
import type { Genesis } from '#protocols/genesis.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import { address, nodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import { DagEquivocation } from '#protocols/vertex-head.ts';
import type { AnyActor } from '#runtime/actor.ts';
import { keyPrefix } from '#runtime/lives.ts';
import type { Jobs } from '#runtime/pool/jobs.ts';
import { supervisor } from '#supervision/supervisor.ts';
import { verticesChecker } from './checkers/city-vertices.ts';
import { plantOf, secretsFrom, verifyingOf } from './city/town.ts';
import { CHAIN, leastLedger, OfferEntries } from './dag/ledger.ts';
import { lyingClock } from './dag/lying-clock.ts';
import { Reckoning } from './dag/reckoning.ts';
import { Sealings } from './dag/sealings.ts';
import { twin } from './dag/twin.ts';
import { drawPlan, SURVIVABLE, type FaultKind } from './faults.ts';
import { inject } from './inject.ts';
import type { Machine } from './machine.ts';
import type { Random } from './random.ts';
import type { Drawn, Scenario } from './scenario.ts';
import type { World } from './world.ts';

const AT = place('asia.ishikawa.komatsu');
const FAULTS_MS = 8_000;
const HEALED_MS_MAX = 40_000;
const LOOK_MS = 500;
const CERT = domain('simulated certificate');
const KINDS: readonly FaultKind[] = SURVIVABLE.filter((kind) => kind !== 'full-disk');

export interface DagDrawn extends Drawn {
  readonly delegates: number;
  /** So many of the first ones. */
  readonly twins: number;
  readonly pauseMsMax: number;
  /** With whom the copies of a twin talk changes so often. */
  readonly turnMsMax: number;
  readonly epochBatches: number;
  readonly seats: number;
}

export const dag: Scenario<DagDrawn> = {
  name: 'dag',
  about: 'the order of a city alone, with twins: one chain, whoever says two things',
  sometimes: [
    ...KINDS.map((kind) => `fault: ${kind}`),
    'city: a delegate was seen to speak twice in a round',
    'city: an epoch was entered',
    'dag: an epoch began without those who were convicted',
    'city: a life began by watching',
    'city: a vertex was said again by a later life',
    'city: a vertex was stood on and rejected',
    'city: what was decided without us was fetched',
  ],
  draw: (random) => {
    const delegates = random.pick([4, 7]);
    const bounds = { machines: delegates, forMs: FAULTS_MS, faultsMax: 10, kinds: KINDS };
    const twins = random.below((delegates - 1) / 3 + 1);
    // A committee bears so many twins by itself.
    const fewest = 3 * Math.max(1, twins) + 1;
    return {
      delegates,
      twins,
      epochBatches: random.pick([4, 10]),
      seats: fewest + random.below(delegates - fewest + 1),
      pauseMsMax: random.pick([60, 400]),
      turnMsMax: random.pick([100, 1_500]),
      plan: drawPlan(random.fork('plan'), bounds),
    };
  },
  run: (world, drawn) => {
    const order = new Order(world, drawn);
    for (const machine of world.machines) machine.boot();
    const heal = inject(world, drawn.plan);
    order.offerSome();
    for (let ms = 0; ms < FAULTS_MS; ms += LOOK_MS) {
      world.pass(LOOK_MS);
      world.look();
    }
    order.isOver = true;
    heal();
    world.passUntil(() => order.isDone, HEALED_MS_MAX, LOOK_MS);
    world.claim(order.isDone, () => `all is in one chain when healed: ${order.heights.join(' ')}`);
    world.look();
  },
};

/** What a delegate is made of; whoever measures has it counted. */
export interface Parts {
  readonly city: typeof city;
  readonly jobs: Jobs;
}

/** Delegates with their machines, and what was offered to them. */
export class Order {
  isOver = false;
  readonly genesis: Genesis;
  readonly machineOf = new Map<NodeAddress, Machine>();
  readonly honest: readonly NodeAddress[];
  readonly reckoning: Reckoning;
  readonly offered = new Map<string, Entry>();
  readonly #world: World;
  readonly #random: Random;
  readonly #drawn: DagDrawn;
  readonly #parts: Parts;
  readonly #sides = new Map<NodeAddress, 'a' | 'b'>();
  readonly #digests = new Map<string, string>();
  readonly #held = new Set<string>();
  readonly #sealings: Sealings;
  /** Delegates against which evidence was offered. */
  readonly #accused = new Set<number>();

  constructor(world: World, drawn: DagDrawn, parts: Partial<Parts> = {}) {
    this.#parts = { city, jobs, ...parts };
    this.#world = world;
    this.#drawn = drawn;
    this.#random = world.random.fork('order');
    const secrets = Array.from({ length: drawn.delegates }, (_, i) =>
      secretsFrom(this.#random.fork(`d${i}`)),
    );
    this.genesis = genesisOf(secrets);
    const { epochBatches, seats } = drawn;
    this.reckoning = new Reckoning(this.genesis, { epochBatches, seats, presentPermille: 300 });
    this.#sealings = new Sealings(this.genesis, this.reckoning);
    const nodes = this.genesis.delegates.map(({ node }) => node);
    this.honest = nodes.slice(drawn.twins);
    for (const node of nodes.slice(0, drawn.twins)) world.hostile.add(node);
    for (const [i, node] of nodes.entries())
      this.machineOf.set(node, this.#machine(node, secrets[i]!, i < drawn.twins));
    if (drawn.twins > 0) this.#turnTwins();
    const authorOf = (epoch: number, author: number): NodeAddress | undefined =>
      this.#sealings.authorOf(epoch, author);
    world.checkers.push(verticesChecker(world, this, authorOf), { look: () => this.#look() });
  }

  #machine(node: NodeAddress, secrets: NodeSecrets, isTwin: boolean): Machine {
    const world = this.#world;
    const self = {
      genesis: this.genesis,
      node,
      secrets,
      probe: world.probe,
      plant: plantOf(world),
    };
    const cityOf = (): AnyActor =>
      isTwin
        ? twin(
            () => this.#parts.city(self),
            (peer) => this.#sides.get(peer) ?? 'a',
          )
        : this.#parts.city(self);
    const lies = this.#random.fork(`clock of ${node}`);
    const clockOf = (): AnyActor => (isTwin ? lyingClock(self, lies) : clock(self));
    return world.machine({
      name: `p${world.machines.length}`,
      place: AT,
      nodes: [node],
      jobs: this.#parts.jobs,
      root: () =>
        supervisor({
          address: address(node, 'root'),
          flags: { intensity: 3, periodMs: 1_000 },
          children: [
            { id: 'ledger', start: () => leastLedger(node, this.reckoning) },
            { id: 'clock', start: clockOf },
            { id: 'city', start: cityOf },
          ],
        }),
    });
  }

  /** The others are divided anew among the copies. */
  #turnTwins(): void {
    for (const { node } of this.genesis.delegates)
      this.#sides.set(node, this.#random.pick(['a', 'b'] as const));
    this.#world.later(1 + this.#random.below(this.#drawn.turnMsMax), () => this.#turnTwins());
  }

  /** Now and then a few certificates, each to some of the ledgers, until the faults are over. */
  offerSome(): void {
    if (this.isOver) return;
    this.offer(1 + this.#random.below(4), () => this.#random.below(3) > 0);
    const pauseMs = 1 + this.#random.below(this.#drawn.pauseMsMax);
    this.#world.later(pauseMs, () => this.offerSome());
  }

  offer(count: number, isFor: (node: NodeAddress) => boolean): readonly Entry[] {
    const entries = Array.from({ length: count }, () => this.#fresh());
    for (const [node, { state, life }] of this.machineOf) {
      if (state !== 'up' || !isFor(node)) continue;
      life!.system.send(address(node, 'ledger'), OfferEntries.of({ entries }));
    }
    return entries;
  }

  #fresh(): Entry {
    const number = utf8(String(this.offered.size));
    const entry = { txId: hash(CERT, number), cert: hash(CERT, utf8(`cert ${this.offered.size}`)) };
    this.offered.set(hex(entry.cert), entry);
    return entry;
  }

  chainOf(node: NodeAddress): readonly Committed[] {
    return this.#rows(node, CHAIN)
      .map(([, value]) => whole(Committed, value))
      .toSorted((a, b) => a.batch.head.height - b.batch.head.height);
  }

  /** Those above a height. */
  batchesAfter(node: NodeAddress, height: number): readonly Committed[] {
    const prefix = keyPrefix(address(node, 'ledger')) + CHAIN;
    const found: Committed[] = [];
    for (let at = height + 1; ; at++) {
      const row = this.machineOf.get(node)!.disk.durable(prefix + at);
      if (row === undefined) return found;
      found.push(whole(Committed, row));
    }
  }

  #rows(node: NodeAddress, under: string): readonly (readonly [string, Uint8Array])[] {
    return this.machineOf.get(node)!.disk.durableUnder(keyPrefix(address(node, 'ledger')) + under);
  }

  get heights(): readonly number[] {
    return this.honest.map((node) => this.#rows(node, CHAIN).length);
  }

  /** All honest disks have one chain, and everything that one of them holds is in it. */
  get isDone(): boolean {
    const heights = new Set(this.heights);
    if (heights.size > 1 || this.machineOf.size === 0) return false;
    const ordered = new Set(
      this.chainOf(this.honest[0]!).flatMap(({ batch }) =>
        batch.entries.map(({ cert }) => hex(cert)),
      ),
    );
    for (const node of this.honest)
      for (const [key] of this.#rows(node, 'held/')) this.#held.add(key.split('/').at(-1)!);
    return [...this.#held].every((cert) => ordered.has(cert));
  }

  /** What its city has against others is brought into the order. */
  #accuse(node: NodeAddress): void {
    const prefix = keyPrefix(address(node, 'city')) + ACCUSED;
    for (const [, row] of this.machineOf.get(node)!.disk.durableUnder(prefix)) {
      const { delegate } = whole(DagEquivocation, row);
      const who = this.genesis.delegates.findIndex((each) => each.node === delegate);
      if (this.#accused.size === this.#accused.add(who).size) continue;
      const [entry] = this.offer(1, () => true);
      this.reckoning.convicts.set(hex(entry!.cert), who);
    }
  }

  /** Sealed by those who order at its height, and by nobody else; whoever was convicted orders in no later epoch. */
  #checkSealed(committed: Committed): void {
    const wrong = this.#sealings.next(committed);
    this.#world.claim(wrong === undefined, () => wrong!);
    if (this.#sealings.hasFreed)
      this.#world.probe.sometimes('dag: an epoch began without those who were convicted');
  }

  #look(): void {
    for (const node of this.honest) this.#accuse(node);
    for (const node of this.honest)
      for (const committed of this.chainOf(node)) {
        const { batch } = committed;
        if (!this.#digests.has(`${batch.head.height}`)) this.#checkSealed(committed);
        const { height } = batch.head;
        const digest = hex(headDigest(batch.head));
        const before = this.#digests.get(`${height}`) ?? digest;
        this.#digests.set(`${height}`, before);
        this.#world.claim(before === digest, () => `batch ${height} of ${node} is another one`);
        const isOurs = batch.entries.every(({ cert }) => this.offered.has(hex(cert)));
        this.#world.claim(isOurs, () => `batch ${height} names what nobody offered`);
      }
  }
}

function genesisOf(secrets: readonly NodeSecrets[]): Genesis {
  return {
    version: 1,
    network: utf8('simulated'),
    place: AT,
    delegates: secrets.map((each, i) => ({
      node: nodeAddress(AT, `d${i}`),
      stake: 1n,
      signing: verifyingOf(each),
      vrf: vrfKeyOf(each.vrf),
    })),
    grantor: verifyingOf(secrets[0]!),
  };
}

/**
 * How long what a city has committed takes upward, in virtual time: seven members of a municipality, who are the seven
 * delegates of its continent as well, and a globe of four of them and three of another continent, by the machines of
 * production. 25 ms one way within a continent and 110 between two; disks that sync in 1 to 10 ms, jobs at their prices.
 *
 *   city commits (told to all members) --> sealed by the municipality --> committed by the continent --> by the globe
 *
 * The city commits each second, so that nothing waits for what came before. Times are those of the first who knows, the
 * certificate of a block being what its author proposes the next one on.
 */
import { continent } from '#actors/continent.ts';
import { globe } from '#actors/globe.ts';
import { jobs } from '#actors/jobs.ts';
import { municipality as member } from '#actors/municipality.ts';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { assert } from '#lib/assert.ts';
import { hex, utf8 } from '#lib/bytes.ts';
import { COIN_SEED_BYTES, dealCoin } from '#protocols/abba/deal.ts';
import { cityBatch, headDigest, NONE, type CityHead } from '#protocols/city-batch.ts';
import { blockId } from '#protocols/jolteon/block.ts';
import { Proposal, Receipt } from '#protocols/level.messages.ts';
import { continentBelow, municipalityBelow } from '#protocols/level/below.ts';
import { delegateOf, type Level } from '#protocols/level/state.ts';
import type { Municipality } from '#protocols/municipality-batch.ts';
import { Top } from '#protocols/municipality.messages.ts';
import { GLOBE } from '#protocols/world.ts';
import { memberOf } from '#protocols/municipality/state.ts';
import { address, nodeAddress, nodeOf, place, type NodeAddress } from '#protocols/subjects.ts';
import { bodyOf } from '#simulations/checkers/city-pieces.ts';
import type { AnyActor } from '#runtime/actor.ts';
import { delegateWith, signingWith } from '#simulations/delegates.ts';
import { measured } from '#simulations/measured.ts';
import { CALM_POOL } from '#simulations/pool.ts';
import { PRICED } from '#simulations/prices.ts';
import { sealedBy } from '#simulations/sealed.ts';
import type { World } from '#simulations/world.ts';
import { supervisor } from '#supervision/supervisor.ts';
import { median, type Row } from '../bench.ts';

const SEED = 11;
const NETWORK = utf8('simulated');
const CITY = place('asia.ishikawa.komatsu');
const ABROAD = place('europe.catalonia.barcelona');
const MEMBERS = 7;
const OF_GLOBE = 4;
const GUESTS = 3;
const BATCHES = 20;
const PAUSE_MS = 1_000;
const REST_MS = 3_000;
const NEAR_MS = 25;
const FAR_MS = 110;
const PATIENCE_MS = 700;

interface Delegate {
  readonly node: NodeAddress;
  readonly seed: Uint8Array;
}

interface Child {
  readonly id: string;
  readonly start: () => AnyActor;
}

/** When what was committed at `begun` came to each level, in ms after it. */
interface Climb {
  readonly sealed: number[];
  /** Since it was sealed, when more than a third of the continent's delegates have said that they have it. */
  readonly received: number[];
  readonly certified: number[];
  readonly committed: number[];
  readonly rooted: number[];
  readonly words: number;
}

export function towerRows(): readonly Row[] {
  const climb = measured(SEED, (world) => climbed(world));
  const row = (name: string, values: readonly number[], goal?: string): Row => {
    assert(values.length === BATCHES, `${name}: each batch came so far`);
    const against = { against: 'one way, 25 ms', ratio: median(values) / NEAR_MS };
    return { name, value: median(values), unit: 'ms', ...against, ...(goal && { goal }) };
  };
  return [
    row('city commit to its municipality, p50', climb.sealed),
    row(
      'seal of the municipality to the receipt of its continent, p50',
      climb.received,
      '<= 100 ms',
    ),
    row('city commit to the certificate of its continent, p50', climb.certified, '<= 285 ms'),
    row('city commit to the commit of its continent, p50', climb.committed),
    row('city commit to the globe, 110 ms one way, p50', climb.rooted, '<= 2000 ms'),
    {
      name: 'messages above the city, for one batch of it',
      value: climb.words / BATCHES,
      unit: '',
    },
  ];
}

function climbed(world: World): Climb {
  world.network.distanceUs = (from, to) => 1_000 * (from === to ? NEAR_MS : FAR_MS);
  const random = world.random.fork('tower');
  const all = (at: typeof CITY, count: number): Delegate[] =>
    Array.from({ length: count }, (_, i) => ({
      node: nodeAddress(at, `m${i}`),
      seed: random.bytes(32),
    }));
  const [home, guests] = [all(CITY, MEMBERS), all(ABROAD, GUESTS)];
  const city = all(CITY, 4);
  const level = common(home);
  const coin = dealCoin(
    home.map(() => 1n),
    random.bytes(COIN_SEED_BYTES),
  );
  const municipality: Municipality = {
    network: NETWORK,
    name: 'asia.ishikawa',
    epoch: 0,
    members: level.members,
    size: MEMBERS,
    coin: coin.key,
    cities: [
      {
        version: 1,
        network: NETWORK,
        place: CITY,
        delegates: common(city).members,
        grantor: common(city).members[0]!.signing,
      },
    ],
  };
  const asia: Level = {
    role: 'continent',
    name: 'asia',
    below: [
      { ...municipalityBelow(municipality), watching: () => [address(home[0]!.node, 'rooting')] },
    ],
    ...level,
  };
  const earth: Level = {
    role: 'globe',
    name: GLOBE,
    below: [continentBelow(asia)],
    ...common([...home.slice(0, OF_GLOBE), ...guests]),
  };
  const inGlobe = earth.members.map(({ node }) => delegateOf('globe', node));
  const { probe } = world;
  for (const [i, { node, seed }] of [...home, ...guests].entries()) {
    const own = { node, signing: signingWith(seed), probe };
    const children: Child[] = [];
    if (i < MEMBERS) {
      const above = home.map((each) => delegateOf('continent', each.node));
      const self = { ...own, municipality, coin: coin.shares[i]!, above };
      children.push({ id: 'municipality', start: () => member(self) });
      children.push({
        id: 'continent',
        start: () => continent({ ...own, level: asia, above: inGlobe }),
      });
    }
    if (i < OF_GLOBE || i >= MEMBERS)
      children.push({ id: 'globe', start: () => globe({ ...own, level: earth, above: [] }) });
    const machine = world.machine({
      name: `p${i}`,
      place: i < MEMBERS ? CITY : ABROAD,
      nodes: [node],
      jobs,
      root: () =>
        supervisor({
          address: address(node, 'root'),
          flags: { intensity: 3, periodMs: 1_000 },
          children,
        }),
    });
    machine.poolFaults = { ...CALM_POOL, priced: PRICED };
    machine.boot();
  }
  return watched(world, (climb) => {
    world.pass(REST_MS);
    const heads: CityHead[] = [];
    for (let i = 0; i < BATCHES; i++) {
      heads.push(headAfter(heads.at(-1), city[0]!.node));
      const signers = [0, 1, 2].map((at) => ({ member: at, key: signingWith(city[at]!.seed) }));
      const top = { heads: heads.slice(-1), quorum: sealedBy(NETWORK, heads.at(-1)!, signers) };
      climb.begun.push(world.nowMs);
      for (const [at, { node }] of home.entries())
        world.machines[at]!.life!.system.send(memberOf(node), Top.of({ top }));
      world.pass(PAUSE_MS);
    }
    world.pass(REST_MS);
  });
}

const common = (all: readonly Delegate[]) => ({
  network: NETWORK,
  epoch: 0,
  members: all.map(({ node, seed }) => delegateWith(node, 1, seed)),
  patienceMs: PATIENCE_MS,
});

function headAfter(last: CityHead | undefined, proposer: NodeAddress): CityHead {
  const height = (last?.height ?? 0) + 1;
  const prev = last === undefined ? NONE : headDigest(last);
  const at = stampBytes({ wallMs: height, count: 0 });
  const chosen = {
    place: CITY,
    epoch: 0,
    height,
    prev,
    proposer,
    round: height,
    at,
    stateRoot: NONE,
  };
  return cityBatch(chosen, [], undefined).head;
}

/** Notes when what began at a moment has come how far; each height of the city is one batch of its municipality. */
function watched(world: World, run: (climb: { begun: number[] }) => void): Climb {
  const begun: number[] = [];
  const climb = {
    sealed: [] as number[],
    received: [] as number[],
    certified: [] as number[],
    committed: [] as number[],
    rooted: [] as number[],
  };
  let words = 0;
  const came = (to: keyof typeof climb, number: number): void => {
    climb[to][number - 1] ??= world.nowMs - begun[number - 1]!;
  };
  const gave = new Map<number, Set<NodeAddress>>();
  const hearReceipt = (id: number, from: NodeAddress): void => {
    const all = (gave.get(id) ?? new Set()).add(from);
    gave.set(id, all);
    if (3 * all.size <= MEMBERS) return;
    // The way back is still before it.
    climb.received[id - 1] ??= world.nowMs + NEAR_MS - begun[id - 1]! - climb.sealed[id - 1]!;
  };
  /** What blocks of the continent carry, by their names. */
  const carried = new Map<string, readonly number[]>();
  /** Which of them a block of the continent has, by its height. */
  const atHeight = new Map<number, readonly number[]>();
  world.checkers.push({
    sent: (envelope) => {
      if (!('kind' in envelope)) return;
      if (begun.length > 0 && /^(municipality|level)\./.test(envelope.kind)) words++;
      const receipt = bodyOf(envelope, Receipt);
      if (receipt !== undefined) hearReceipt(receipt.id, nodeOf(envelope.from));
      const proposal = bodyOf(envelope, Proposal);
      if (proposal === undefined || !envelope.to.endsWith('.continent')) return;
      const { block, refs } = proposal.full;
      carried.set(
        hex(blockId(block.head)),
        refs.map(({ id }) => id),
      );
      for (const id of carried.get(hex(block.parent.block)) ?? []) came('certified', id);
    },
    noted: (subject, fact) => {
      const { id, height, items } = fact as {
        id: number;
        height: number;
        items: readonly { id: number }[];
      };
      if (subject.endsWith('.municipality.sealed')) came('sealed', id);
      if (subject.endsWith('.continent.committed')) {
        atHeight.set(
          height,
          items.map((each) => each.id),
        );
        for (const each of items) came('committed', each.id);
      }
      if (subject.endsWith('.globe.committed'))
        for (const each of items) for (const of of atHeight.get(each.id) ?? []) came('rooted', of);
    },
  });
  run({ begun });
  return { ...climb, words };
}

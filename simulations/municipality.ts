/**
 * Scenario: the members of a municipality take in what its cities commit, while members die, disks forget, and the network
 * does its worst. Each batch of a city is told to some of the members only, now and then to a single one; one city is silent
 * for a while. In some of them one member is a twin: two copies with one key, each of which hears others of the members and other news,
 * so that it contradicts itself without anybody having written an attacker.
 *
 * Safety, at every moment: of each number there is one batch; nobody but a twin is seen to say two things, and what is kept of that convicts it by its key alone; a city's spans follow each other, and hold nothing that it did
 * not commit. Liveness: once healed, all that the cities have committed is taken in by everybody.
 */
import { jobs } from '#actors/jobs.ts';
import { municipality as member } from '#actors/municipality.ts';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { verifyMany } from '#algorithms/signature.ts';
import { unhex, utf8 } from '#lib/bytes.ts';
import { COIN_SEED_BYTES, dealCoin } from '#protocols/abba/deal.ts';
import { cityBatch, headDigest, NONE, type CityHead, type Quorum } from '#protocols/city-batch.ts';
import { whole } from '#protocols/codec.ts';
import type { Json } from '#protocols/effect.ts';
import type { Delegate } from '#protocols/genesis.ts';
import { LevelFault, levelFaultJobs } from '#protocols/level-evidence.ts';
import { HEADS_MAX, type Municipality } from '#protocols/municipality-batch.ts';
import { Top } from '#protocols/municipality.messages.ts';
import type { MunicipalityPlant } from '#protocols/municipality/plants.ts';
import { memberOf, type Member } from '#protocols/municipality/state.ts';
import { address, nodeAddress, place, type NodeAddress, type Place } from '#protocols/subjects.ts';
import { supervisor } from '#supervision/supervisor.ts';
import { delegateWith, signingWith } from './delegates.ts';
import { twin } from './dag/twin.ts';
import { drawPlan, SURVIVABLE, type FaultPlan } from './faults.ts';
import { inject } from './inject.ts';
import type { Machine } from './machine.ts';
import type { Random } from './random.ts';
import type { Drawn, Scenario } from './scenario.ts';
import { sealedBy } from './sealed.ts';
import type { World } from './world.ts';

const NETWORK = utf8('simulated');
const CITIES = ['asia.ishikawa.komatsu', 'asia.ishikawa.kanazawa', 'asia.ishikawa.hakui'].map(
  place,
);
const FAULTS_MS = 8_000;
const HEALED_MS = 2_000;
const REST_MS_MAX = 12_000;
const STEP_MS = 100;
const LOOK_MS = 500;
/** The copies of a twin hear others after so long. */
const TURN_MS_MAX = 60;

export interface MunicipalityDrawn extends Drawn {
  readonly stakes: readonly number[];
  readonly cities: number;
  /** How often a city commits: once in so many steps. */
  readonly pace: number;
  /** Of all members, those who are told: none in so many means that only one is. */
  readonly told: number;
  /** One city says nothing before this. */
  readonly silentMs: number;
  /** The last member is two copies. */
  readonly hasTwin: boolean;
  readonly plan: FaultPlan;
}

export const municipality: Scenario<MunicipalityDrawn> = {
  name: 'municipality',
  about:
    'what cities commit is taken in by their municipality, each batch once, whoever was told of it',
  sometimes: [
    ...SURVIVABLE.map((kind) => `fault: ${kind}`),
    'municipality: a batch was sealed without us',
    'municipality: a coin was tossed',
    'municipality: a later life stands by its words',
    'municipality: something was decided in that is not here',
  ],
  draw: (random) => {
    const stakes = random.pick([
      [1, 1, 1, 1],
      [1, 1, 1, 1, 1],
      [3, 2, 2, 2, 1],
      [1, 1, 1, 1, 1, 1, 1],
    ]);
    const bounds = { machines: stakes.length, forMs: FAULTS_MS, faultsMax: 10, kinds: SURVIVABLE };
    return {
      stakes,
      cities: 1 + random.below(CITIES.length),
      pace: random.pick([1, 3, 8]),
      told: random.pick([1, 2, 4]),
      silentMs: random.pick([0, 3_000, 6_000]),
      hasTwin: random.fork('double').below(3) === 0,
      plan: drawPlan(random.fork('plan'), bounds),
    };
  },
  run: (world, drawn) => {
    const town = build(world, drawn);
    world.checkers.push({ noted: (subject, fact) => check(world, town, subject, fact) });
    for (const machine of world.machines) machine.boot();
    const heal = inject(world, drawn.plan);
    for (let ms = 0; ms < FAULTS_MS; ms += STEP_MS) live(world, town, drawn, ms);
    heal();
    for (let ms = 0; ms < HEALED_MS; ms += STEP_MS) live(world, town, drawn, FAULTS_MS + ms);
    let lacking = '';
    // Whoever was told of something may have died of it: cities tell again.
    const isDone = (): boolean => {
      for (const city of town.cities) tell(town, city, town.nodes);
      return (lacking = lack(town)) === '';
    };
    world.passUntil(isDone, REST_MS_MAX, LOOK_MS);
    world.claim(lacking === '', () => `all that cities have committed is taken in: ${lacking}`);
    world.look();
  },
};

interface City {
  readonly place: Place;
  readonly delegates: readonly Delegate[];
  readonly seeds: readonly Uint8Array[];
  readonly heads: CityHead[];
  readonly quorums: Quorum[];
}
interface Town {
  readonly random: Random;
  readonly municipality: Municipality;
  /** Honest ones, and the twin where there is one. */
  readonly nodes: readonly NodeAddress[];
  readonly twin: NodeAddress | undefined;
  readonly machineOf: ReadonlyMap<NodeAddress, Machine>;
  readonly cities: readonly City[];
  /** What was sealed, by number: the first that anybody noted. */
  readonly sealed: Map<number, string>;
  readonly reached: Map<string, number>;
}

// --- what there is -------------------------------------------------------------------------------------

function build(world: World, { stakes, cities: count, hasTwin }: MunicipalityDrawn): Town {
  const random = world.random.fork('municipality');
  const cities = CITIES.slice(0, count).map((at): City => {
    const seeds = [0, 1, 2, 3].map(() => random.bytes(32));
    const delegates = seeds.map((seed, i) => delegateWith(nodeAddress(at, `d${i}`), 1, seed));
    return { place: at, delegates, seeds, heads: [], quorums: [] };
  });
  const nodes = stakes.map((_, i) => nodeAddress(CITIES[i % CITIES.length]!, `m${i}`));
  const seeds = nodes.map(() => random.bytes(32));
  const members = nodes.map((node, i) => delegateWith(node, stakes[i]!, seeds[i]!));
  const dealt = dealCoin(
    members.map(({ stake }) => stake),
    random.bytes(COIN_SEED_BYTES),
  );
  const municipality: Municipality = {
    network: NETWORK,
    name: 'asia.ishikawa',
    epoch: 0,
    members,
    size: members.length,
    coin: dealt.key,
    cities: cities.map(({ place: at, delegates }) => ({
      version: 1,
      network: NETWORK,
      place: at,
      delegates,
      grantor: delegates[0]!.signing,
    })),
  };
  const machineOf = new Map<NodeAddress, Machine>();
  const double = hasTwin ? nodes.at(-1) : undefined;
  if (double !== undefined) world.hostile.add(double);
  const sideOf = hasTwin ? turningSides(world, nodes) : (): 'a' => 'a';
  const manners = { outside: () => [random.pick(['a', 'b'] as const)], isLoud: true };
  for (const [i, node] of nodes.entries()) {
    const coin = dealt.shares[i]!;
    const signing = signingWith(seeds[i]!);
    const plant = world.plant as MunicipalityPlant | undefined;
    const self = { municipality, node, signing, coin, above: [], probe: world.probe, plant };
    const machine = world.machine({
      name: `p${i}`,
      place: CITIES[i % CITIES.length]!,
      nodes: [node],
      jobs,
      root: () =>
        supervisor({
          address: address(node, 'root'),
          flags: { intensity: 10, periodMs: 1_000 },
          children: [
            {
              id: 'municipality',
              start: () =>
                node === double ? twin(() => member(self), sideOf, manners) : member(self),
            },
          ],
        }),
    });
    machineOf.set(node, machine);
  }
  const seen = { sealed: new Map(), reached: new Map() };
  return { random, municipality, nodes, twin: double, machineOf, cities, ...seen };
}

/** Which copy hears each of the others; it changes. */
function turningSides(
  world: World,
  nodes: readonly NodeAddress[],
): (peer: NodeAddress) => 'a' | 'b' {
  const random = world.random.fork('sides');
  const sides = new Map<NodeAddress, 'a' | 'b'>();
  const turn = (): void => {
    for (const node of nodes) sides.set(node, random.pick(['a', 'b'] as const));
    world.later(1 + random.below(TURN_MS_MAX), turn);
  };
  turn();
  return (peer) => sides.get(peer) ?? 'a';
}

// --- what happens --------------------------------------------------------------------------------------

function live(
  world: World,
  town: Town,
  { pace, told, silentMs }: MunicipalityDrawn,
  ms: number,
): void {
  const { random, cities, nodes } = town;
  for (const [i, city] of cities.entries()) {
    if (random.below(pace) > 0 || (i === 0 && ms < silentMs)) continue;
    commitOne(city, ms);
    const few =
      random.below(told) === 0
        ? [random.pick(nodes)]
        : random.shuffled(nodes).slice(random.below(2));
    tell(town, city, few);
  }
  world.pass(STEP_MS);
  world.look();
}

function commitOne({ place: at, delegates, seeds, heads, quorums }: City, ms: number): void {
  const last = heads.at(-1);
  const { head } = cityBatch(
    {
      place: at,
      epoch: 0,
      height: heads.length + 1,
      prev: last === undefined ? NONE : headDigest(last),
      proposer: delegates[0]!.node,
      round: heads.length + 1,
      at: stampBytes({ wallMs: ms, count: 0 }),
      stateRoot: NONE,
    },
    [],
    undefined,
  );
  const signers = [0, 1, 2].map((i) => ({
    member: i,
    key: signingWith(seeds[i]!),
  }));
  heads.push(head);
  quorums.push(sealedBy(NETWORK, head, signers));
}

/** Whoever is told gets what it lacks, as far as anybody knows from outside. */
function tell(
  { machineOf }: Town,
  { place: at, heads, quorums }: City,
  nodes: readonly NodeAddress[],
): void {
  for (const node of nodes) {
    const { life } = machineOf.get(node)!;
    const state = life?.system.stateOf(memberOf(node)) as Member | undefined;
    const known = state?.cities?.find((city) => city.place === at)?.height ?? 0;
    const to = Math.min(heads.length, known + HEADS_MAX);
    if (to <= known) continue;
    const top = { heads: heads.slice(known, to), quorum: quorums[to - 1]! };
    life?.system.send(memberOf(node), Top.of({ top }));
  }
}

// --- what must be true ---------------------------------------------------------------------------------

function check(world: World, town: Town, subject: string, fact: Json): void {
  if (subject.endsWith('.evidence.municipality')) checkEvidence(world, town, fact);
  const isFork = subject.endsWith('.municipality.forked');
  world.claim(!isFork, () => `nobody sees a fork: ${JSON.stringify(fact)}`);
  if (!subject.endsWith('.municipality.sealed')) return;
  const { id, cities } = fact as {
    id: number;
    cities: { city: string; from: number; to: number }[];
  };
  const text = JSON.stringify(fact);
  const other = town.sealed.get(id);
  world.claim(
    other === undefined || other === text,
    () => `one batch of number ${id}: ${other} and ${text}`,
  );
  if (other !== undefined) return;
  world.claim(
    id === town.sealed.size + 1,
    () => `batch ${id} comes after ${town.sealed.size} others`,
  );
  town.sealed.set(id, text);
  for (const { city, from, to } of cities) {
    const before = town.reached.get(city) ?? 0;
    const committed = town.cities.find(({ place: at }) => at === city)!.heads.length;
    world.claim(
      from === before + 1 && to <= committed,
      () => `${city} from ${from} to ${to} after ${before}, of ${committed}`,
    );
    town.reached.set(city, to);
  }
}

/** It is the twin that is accused, and what is kept of it convicts it. */
function checkEvidence(world: World, { twin: double, municipality }: Town, fact: Json): void {
  const { node, evidence } = fact as { node: string; evidence: string };
  world.claim(node === double, () => `nobody honest is accused: ${node}`);
  const { network, members: delegates } = municipality;
  const said = levelFaultJobs({ network, delegates }, whole(LevelFault, unhex(evidence)!));
  const isGood = said !== undefined && verifyMany(said).every(Boolean);
  world.claim(isGood, () => `what accuses ${node} convicts it`);
}

/** Who has not taken in what. */
function lack({ nodes, twin: double, machineOf, cities }: Town): string {
  return nodes
    .filter((node) => node !== double)
    .flatMap((node) => {
      const state = machineOf.get(node)!.life?.system.stateOf(memberOf(node)) as Member | undefined;
      return cities.flatMap(({ place: at, heads }) => {
        const height = state?.cities.find((city) => city.place === at)?.height;
        return height === heads.length
          ? []
          : [`${node} has ${at} up to ${height} of ${heads.length}`];
      });
    })
    .join('; ');
}

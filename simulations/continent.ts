/**
 * Scenario: the delegates of a continent order what its municipalities have sealed, while delegates die, disks forget, and
 * the network does its worst. Each batch is offered to some of them only.
 *
 * Safety, at every moment: one block at each height; of each municipality the batches one after another, each once; nobody
 * is accused, no branch left. Liveness: once healed, all that was sealed is ordered, and known to everybody.
 */
import { continent as delegate } from '#actors/continent.ts';
import { jobs } from '#actors/jobs.ts';
import { hash, domain } from '#algorithms/hash/hash.ts';
import { sign, verifyingKeyOf } from '#algorithms/signature.ts';
import { utf8 } from '#lib/bytes.ts';
import { Offer } from '#protocols/continent.messages.ts';
import {
  delegateOf,
  type Continent,
  type ContinentPlant,
  type DelegateState,
} from '#protocols/continent/state.ts';
import type { Json } from '#protocols/effect.ts';
import type { Delegate } from '#protocols/genesis.ts';
import {
  batchDigest,
  municipalityBatch,
  NO_BATCH,
  sealSignJob,
  type Sealed,
} from '#protocols/municipality-batch.ts';
import { address, nodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import { supervisor } from '#supervision/supervisor.ts';
import { drawPlan, SURVIVABLE, type FaultPlan } from './faults.ts';
import { inject } from './inject.ts';
import type { Machine } from './machine.ts';
import type { Random } from './random.ts';
import type { Drawn, Scenario } from './scenario.ts';
import type { World } from './world.ts';

const NETWORK = utf8('simulated');
const PLACES = ['asia.ishikawa.komatsu', 'asia.tokyo.chiyoda', 'asia.osaka.sakai'].map(place);
const HEAD = domain('simulated city head');
const FAULTS_MS = 8_000;
const HEALED_MS = 2_000;
const REST_MS_MAX = 15_000;
const STEP_MS = 200;
const LOOK_MS = 500;

export interface ContinentDrawn extends Drawn {
  readonly stakes: readonly number[];
  readonly municipalities: number;
  /** How often a municipality seals: once in so many steps. */
  readonly pace: number;
  readonly plan: FaultPlan;
}

export const continent: Scenario<ContinentDrawn> = {
  name: 'continent',
  about:
    'what municipalities seal is ordered by their continent, in one chain, whoever was offered it',
  sometimes: [
    ...SURVIVABLE.map((kind) => `fault: ${kind}`),
    'continent: a round was given up',
    'continent: something that was missing was asked for',
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
      municipalities: 1 + random.below(PLACES.length),
      pace: random.pick([1, 3, 8]),
      plan: drawPlan(random.fork('plan'), bounds),
    };
  },
  run: (world, drawn) => {
    const town = build(world, drawn);
    world.checkers.push({ noted: (subject, fact) => check(world, town, subject, fact) });
    for (const machine of world.machines) machine.boot();
    const heal = inject(world, drawn.plan);
    for (let ms = 0; ms < FAULTS_MS; ms += STEP_MS) live(world, town, drawn);
    heal();
    for (let ms = 0; ms < HEALED_MS; ms += STEP_MS) live(world, town, drawn);
    let lacking = '';
    // Whoever was offered something may have died of it: municipalities offer again.
    const isDone = (): boolean => {
      for (const each of town.municipalities) offer(town, each, [town.random.pick(town.nodes)]);
      return (lacking = lack(town)) === '';
    };
    world.passUntil(isDone, REST_MS_MAX, LOOK_MS);
    world.claim(lacking === '', () => `all that was sealed is ordered: ${lacking}`);
    world.look();
  },
};

interface Municipality {
  readonly name: string;
  readonly members: readonly Delegate[];
  readonly seeds: readonly Uint8Array[];
  readonly sealed: Sealed[];
}
interface Town {
  readonly random: Random;
  readonly nodes: readonly NodeAddress[];
  readonly machineOf: ReadonlyMap<NodeAddress, Machine>;
  readonly municipalities: readonly Municipality[];
  /** What was committed, by height: the first that anybody noted. */
  readonly chain: Map<number, string>;
  readonly ordered: Map<string, number>;
}

function delegateWith(node: NodeAddress, stake: number, seed: Uint8Array): Delegate {
  const key = verifyingKeyOf('ed25519', seed);
  return { node, stake: BigInt(stake), signing: { suite: 'ed25519', key }, vrf: key };
}

function build(world: World, { stakes, municipalities: count }: ContinentDrawn): Town {
  const random = world.random.fork('continent');
  const municipalities = PLACES.slice(0, count).map((at): Municipality => {
    const seeds = [0, 1, 2, 3].map(() => random.bytes(32));
    const members = seeds.map((seed, i) => delegateWith(nodeAddress(at, `m${i}`), 1, seed));
    return { name: at.split('.').slice(0, 2).join('.'), members, seeds, sealed: [] };
  });
  const nodes = stakes.map((_, i) => nodeAddress(PLACES[i % PLACES.length]!, `c${i}`));
  const seeds = nodes.map(() => random.bytes(32));
  const members = nodes.map((node, i) => delegateWith(node, stakes[i]!, seeds[i]!));
  const known = municipalities.map(({ name, members: of }) => ({
    network: NETWORK,
    name,
    epoch: 0,
    members: of,
  }));
  const here: Continent = {
    network: NETWORK,
    name: 'asia',
    epoch: 0,
    members,
    municipalities: known,
  };
  const plant = world.plant as ContinentPlant | undefined;
  const machineOf = new Map<NodeAddress, Machine>();
  for (const [i, node] of nodes.entries()) {
    const signing = { suite: 'ed25519', seed: seeds[i]! } as const;
    const self = { continent: here, node, signing, probe: world.probe, plant };
    const machine = world.machine({
      name: `p${i}`,
      place: PLACES[i % PLACES.length]!,
      nodes: [node],
      jobs,
      root: () =>
        supervisor({
          address: address(node, 'root'),
          flags: { intensity: 10, periodMs: 1_000 },
          children: [{ id: 'continent', start: () => delegate(self) }],
        }),
    });
    machineOf.set(node, machine);
  }
  return { random, nodes, machineOf, municipalities, chain: new Map(), ordered: new Map() };
}

// --- what happens --------------------------------------------------------------------------------------

function live(world: World, town: Town, { pace }: ContinentDrawn): void {
  const { random, nodes, municipalities } = town;
  for (const each of municipalities) {
    if (random.below(pace) > 0) continue;
    sealOne(each);
    offer(town, each, random.shuffled(nodes).slice(0, 1 + random.below(nodes.length)));
  }
  world.pass(STEP_MS);
  world.look();
}

function sealOne({ name, seeds, sealed }: Municipality): void {
  const last = sealed.at(-1);
  const prev = last === undefined ? NO_BATCH : batchDigest(last.batch);
  const id = sealed.length + 1;
  const head = hash(HEAD, utf8(`${name} ${id}`));
  const batch = municipalityBatch({ name, epoch: 0, id, prev }, [
    { city: PLACES[0]!, from: id, heads: [head] },
  ]);
  const seal = { name, id, batch: batchDigest(batch) };
  const seals = [0, 1, 2].map((i) => {
    const key = { suite: 'ed25519', seed: seeds[i]! } as const;
    return { member: i, signature: sign(sealSignJob(NETWORK, seal, key)) };
  });
  sealed.push({ batch, seals });
}

/** All that is not ordered yet, as far as anybody knows from outside. */
function offer(
  { machineOf, ordered }: Town,
  { name, sealed }: Municipality,
  nodes: readonly NodeAddress[],
): void {
  for (const node of nodes)
    for (const each of sealed.slice(ordered.get(name) ?? 0).slice(0, 16))
      machineOf.get(node)!.life?.system.send(delegateOf(node), Offer.of({ sealed: each }));
}

// --- what must be true ---------------------------------------------------------------------------------

function check(world: World, town: Town, subject: string, fact: Json): void {
  world.claim(
    !subject.endsWith('.evidence.continent'),
    () => `nobody is accused: ${JSON.stringify(fact)}`,
  );
  world.claim(
    !subject.endsWith('.continent.forked'),
    () => `no branch is left: ${JSON.stringify(fact)}`,
  );
  if (!subject.endsWith('.continent.committed')) return;
  const { height, batches } = fact as { height: number; batches: { name: string; id: number }[] };
  const text = JSON.stringify(fact);
  const other = town.chain.get(height);
  world.claim(
    other === undefined || other === text,
    () => `one block at height ${height}: ${other} and ${text}`,
  );
  if (other !== undefined) return;
  world.claim(
    height === town.chain.size + 1,
    () => `block ${height} comes after ${town.chain.size} others`,
  );
  town.chain.set(height, text);
  for (const { name, id } of batches) {
    const last = town.ordered.get(name) ?? 0;
    world.claim(id === last + 1, () => `${name}: batch ${id} after ${last}`);
    town.ordered.set(name, id);
  }
}

/** Who does not know of what as ordered. */
function lack({ nodes, machineOf, municipalities }: Town): string {
  return nodes
    .flatMap((node) => {
      const state = machineOf.get(node)!.life?.system.stateOf(delegateOf(node)) as
        | DelegateState
        | undefined;
      return municipalities.flatMap(({ name, sealed }) => {
        const last = state?.ordered.get(name) ?? 0;
        return last === sealed.length
          ? []
          : [`${node} knows ${name} up to ${last} of ${sealed.length}`];
      });
    })
    .join('; ');
}

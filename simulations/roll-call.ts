/**
 * Scenario: four delegates with their presences and a dozen lights with their hearts, while processes die,
 * power is cut and the network does its worst.
 *
 * Safety, at every moment: no two lists that delegates endorsed have one number, whichever presences
 * believe to be active. Liveness: once healed, lists go on, every presence has the same newest one, and
 * everybody who is there stands on it.
 */
import { heart } from '#actors/heart.ts';
import { presence } from '#actors/presence.ts';
import { jobs } from '#actors/jobs.ts';
import { KEM_SUITES } from '#algorithms/kem.ts';
import { sign, verifyingKeyOf } from '#algorithms/signature.ts';
import { hex } from '#lib/bytes.ts';
import { whole } from '#protocols/codec.ts';
import { deviceDigest, grantJob, operatorDigest, type Grant } from '#protocols/credential.ts';
import { eligibleDigest, isEndorsed } from '#protocols/eligibility.ts';
import type { Genesis } from '#protocols/genesis.ts';
import type { HeartOptions } from '#protocols/heart.ts';
import { ListFrozen } from '#protocols/presence.messages.ts';
import type { Presence } from '#protocols/presence/state.ts';
import type { Self } from '#protocols/self.ts';
import { address, nodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import type { VerifyingKey } from '#protocols/terms.ts';
import { fingerprintOf } from '#protocols/transaction.ts';
import type { AnyActor } from '#runtime/actor.ts';
import { supervisor } from '#supervision/supervisor.ts';
import { drawPlan, SURVIVABLE, type FaultPlan } from './faults.ts';
import { inject } from './inject.ts';
import type { Machine } from './machine.ts';
import type { Drawn, Scenario } from './scenario.ts';
import type { Checker, World } from './world.ts';

const DELEGATES = 4;
const FAULTS_MS = 30_000;
const HEALED_MS_MAX = 120_000;
const LOOK_MS = 500;
const KOMATSU = place('asia.ishikawa.komatsu');
const SUITE = 'ml-dsa-65';
const FOREVER = 8_640_000_000_000_000;

export interface RollCallDrawn extends Drawn {
  readonly lights: number;
  readonly lightsPerMachine: number;
  readonly plan: FaultPlan;
}

export const rollCall: Scenario<RollCallDrawn> = {
  name: 'roll-call',
  about: 'one node list of a city, whoever dies: a number never means two lists',
  sometimes: [
    ...SURVIVABLE.map((kind) => `fault: ${kind}`),
    'buggify: presence: nobody is told of a list',
    'presence: one gives up the lead',
    'presence: one takes over a list',
  ],
  draw: (random) => {
    const lights = 4 + random.below(9);
    const lightsPerMachine = 1 + random.below(4);
    const machines = DELEGATES + Math.ceil(lights / lightsPerMachine);
    const bounds = { machines, forMs: FAULTS_MS, faultsMax: 14, kinds: SURVIVABLE };
    return { lights, lightsPerMachine, plan: drawPlan(random.fork('plan'), bounds) };
  },
  run: (world, drawn) => {
    const city = build(world, drawn);
    const { checker, newest } = listChecker(world, city.genesis);
    world.checkers.push(checker);
    for (const machine of world.machines) machine.boot();
    const heal = inject(world, drawn.plan);
    world.pass(FAULTS_MS);
    heal();
    const before = newest();
    const isWhole = (): boolean => newest() > before + 1 && city.isWhole();
    world.passUntil(isWhole, HEALED_MS_MAX, LOOK_MS);
    world.claim(isWhole(), () => `everybody is on one newest list when healed: ${city.told()}`);
  },
};

interface City {
  readonly genesis: Genesis;
  readonly isWhole: () => boolean;
  readonly told: () => string;
}

/** What delegates endorsed, as it was said between nodes. */
function listChecker(
  world: World,
  genesis: Genesis,
): { readonly checker: Checker; readonly newest: () => number } {
  const digests = new Map<number, string>();
  const sent: Checker['sent'] = (envelope) => {
    if (envelope.form !== 'tell' || envelope.kind !== ListFrozen.kind) return;
    const { frozen } = whole(ListFrozen.body, envelope.body);
    const { number } = frozen.head;
    world.claim(isEndorsed(genesis, frozen), () => `list ${number} is endorsed when it is said`);
    const digest = hex(eligibleDigest(frozen.head));
    const known = digests.get(number) ?? digest;
    world.claim(known === digest, () => `number ${number} means one list`);
    digests.set(number, digest);
  };
  return { checker: { sent }, newest: () => Math.max(0, ...digests.keys()) };
}

const seedOf = (name: string): Uint8Array => operatorDigest(`seed of ${name}`);
const nodeOf = (name: string): NodeAddress => nodeAddress(KOMATSU, name);
const keyOf = (name: string): VerifyingKey => ({
  suite: SUITE,
  key: verifyingKeyOf(SUITE, seedOf(name)),
});

function genesisOf(): Genesis {
  const names = Array.from({ length: DELEGATES }, (_, i) => `d${i}`);
  return {
    version: 1,
    network: Uint8Array.of(1),
    place: KOMATSU,
    delegates: names.map((name) => ({
      node: nodeOf(name),
      stake: 1n,
      signing: keyOf(name),
      vrf: seedOf(name),
    })),
    grantor: keyOf('grantor'),
  };
}

function selfOf(world: World, genesis: Genesis, name: string): Self {
  const [seed, more] = [seedOf(name), seedOf(`${name} too`)];
  const sealing = new Uint8Array(KEM_SUITES['ml-kem-768'].seedBytes);
  sealing.set(seed);
  sealing.set(more, seed.length);
  return {
    genesis,
    node: nodeOf(name),
    secrets: {
      signing: { suite: SUITE, seed },
      sealing: { suite: 'ml-kem-768', seed: sealing },
      vrf: more,
    },
    probe: world.probe,
  };
}

function lightOf(world: World, genesis: Genesis, name: string): HeartOptions {
  const self = selfOf(world, genesis, name);
  const [operator, device] = [operatorDigest(name), deviceDigest(name)];
  const grant: Grant = {
    node: self.node,
    key: fingerprintOf(keyOf(name)),
    role: 'light',
    operator,
    device,
    until: FOREVER,
  };
  const key = { suite: SUITE, seed: seedOf('grantor') } as const;
  const signature = sign(grantJob(genesis.network, grant, key));
  return { self, role: 'light', operator, device, grant: { grant, signature }, freeBytes: 1e8 };
}

const rootOf = (nodes: readonly NodeAddress[], children: readonly (() => AnyActor)[]): AnyActor =>
  supervisor({
    address: address(nodes[0]!, 'root'),
    flags: { intensity: 5, periodMs: 2_000 },
    children: children.map((start, i) => ({ id: `c${i}`, start })),
  });

function build(world: World, { lights, lightsPerMachine }: RollCallDrawn): City {
  const genesis = genesisOf();
  const delegates: Machine[] = genesis.delegates.map(({ node }, i) =>
    world.machine({
      name: `d${i}`,
      place: KOMATSU,
      nodes: [node],
      jobs,
      root: () => rootOf([node], [() => presence(selfOf(world, genesis, `d${i}`))]),
    }),
  );
  for (let first = 0; first < lights; first += lightsPerMachine) {
    const count = Math.min(lightsPerMachine, lights - first);
    const names = Array.from({ length: count }, (_, i) => `n${first + i}`);
    const nodes = names.map(nodeOf);
    world.machine({
      name: `n${first}`,
      place: KOMATSU,
      nodes,
      jobs,
      root: () =>
        rootOf(
          nodes,
          names.map((name) => () => heart(lightOf(world, genesis, name))),
        ),
    });
  }
  const stateOf = (i: number): Presence | undefined =>
    delegates[i]!.life?.system.stateOf(address(nodeOf(`d${i}`), 'presence')) as
      | Presence
      | undefined;
  const lists = () => delegates.map((_, i) => stateOf(i)?.replica.rolls[0]?.list);
  return {
    genesis,
    isWhole: () => {
      const all = lists();
      const digests = new Set(all.map((list) => (list === undefined ? '' : hex(list.digest))));
      return digests.size === 1 && all[0]?.nodes.length === lights;
    },
    told: () =>
      lists()
        .map((list) => `${list?.head.number}: ${list?.nodes.length} of ${lights}`)
        .join(', '),
  };
}

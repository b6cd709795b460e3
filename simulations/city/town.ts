/**
 * A town: the members of a city on simulated machines, with keys of their own, and clients of applications.
 *
 *   p0 ... p3      one delegate each                       asia.ishikawa.komatsu
 *   then           lights, so many a machine               asia.ishikawa.komatsu
 *   then           anchors, three of each continent        asia.tokyo.chiyoda, europe.hesse.frankfurt
 *   then           a client each                           in the city, elsewhere, overseas
 *
 * Keys are made here, within the run: which cryptography it has is decided before (crypto.ts).
 */
import { keeper, type KeeperOptions } from '#actors/keeper.ts';
import { delegate, type Layers } from '#actors/members.ts';
import { holder } from '#actors/holder.ts';
import { select as honestSelect } from '#actors/select.ts';
import { jobs } from '#actors/jobs.ts';
import { receive as honestReceive } from '#actors/receive.ts';
import { shard as honestShard } from '#actors/shard.ts';
import { sealingKeyOf, KEM_SUITES } from '#algorithms/kem.ts';
import { SEED_BYTES, sign, verifyingKeyOf } from '#algorithms/signature.ts';
import { vrfKeyOf } from '#algorithms/vrf.ts';
import { assert } from '#lib/assert.ts';
import { hex, utf8 } from '#lib/bytes.ts';
import {
  deviceDigest,
  grantJob,
  operatorDigest,
  type Contract,
  type Contracts,
  type Grant,
} from '#protocols/credential.ts';
import type { HolderRole } from '#protocols/eligibility.ts';
import type { Genesis } from '#protocols/genesis.ts';
import { MARKS, type Marks } from '#protocols/hold/partings.ts';
import { DAG_PLANTS, EPOCH_PLANTS } from '#protocols/dag/plants.ts';
import { KEEPING_PLANTS, type KeepingPlant, type NodeSecrets, type Self } from '#protocols/self.ts';
import {
  address,
  nodeAddress,
  place,
  placeOf,
  type NodeAddress,
  type Place,
} from '#protocols/subjects.ts';
import { fingerprintOf, readerFingerprintOf } from '#protocols/transaction.ts';
import type { AnyActor } from '#runtime/actor.ts';
import { supervisor } from '#supervision/supervisor.ts';
import { cheating } from './cheats.ts';
import { lying, Pact, type Lie } from '../byzantine.ts';
import { denying, forging, lyingSelect } from '../lying-delegate.ts';
import type { Machine } from '../machine.ts';
import { PIECES } from '../piece-disks.ts';
import type { Random } from '../random.ts';
import type { World } from '../world.ts';
import { ANCHORS, DELEGATES, policyOf, type CityDrawn } from './draw.ts';

export const CITY = place('asia.ishikawa.komatsu');
const ANCHOR_PLACES = ['asia.tokyo.chiyoda', 'europe.hesse.frankfurt'].map(place);
const CLIENT_PLACES = [CITY, place('asia.tokyo.chiyoda'), place('europe.paris.paris')];
/** Of a light: room for everything of a run, unless its disk is filled up. */
const FREE_BYTES = 4 * 1024 * 1024;
const STAKE = 100n;
/** Beyond every jump of a clock. */
const GRANTED_UNTIL = 4_000_000_000_000;

export interface Member {
  readonly node: NodeAddress;
  readonly role: 'delegate' | HolderRole;
  readonly secrets: NodeSecrets;
}

export interface Town {
  readonly genesis: Genesis;
  readonly delegates: readonly NodeAddress[];
  readonly lights: readonly NodeAddress[];
  readonly anchors: readonly NodeAddress[];
  readonly clients: readonly NodeAddress[];
  /** Whoever lies: nothing is promised of what they say. */
  readonly liars: ReadonlySet<NodeAddress>;
  /** Whose pieces may rot, or be gone with their disk. */
  readonly perishable: ReadonlySet<NodeAddress>;
  readonly roleOf: ReadonlyMap<NodeAddress, Member['role']>;
  /** The fingerprint of the key that each signs with, in hex. */
  readonly keyOf: ReadonlyMap<NodeAddress, string>;
  readonly machineOf: ReadonlyMap<NodeAddress, Machine>;
}

/** Nobody waits for ten minutes in a simulation. */
const SETTLED_MS = 20_000;

/** Of a crowded one, however much is free is too little. */
function marksOf(founding: Founding, { node, role }: Member): Marks {
  const { anchorTtlMs } = founding.drawn.numbers;
  const isTimed = role === 'anchor' && anchorTtlMs !== undefined;
  return {
    ...MARKS,
    roomPermille: isCrowded(founding, node) ? 1_000 : MARKS.roomPermille,
    timeMs: isTimed ? anchorTtlMs / 2 : undefined,
    settledMs: SETTLED_MS,
  };
}

const isCrowded = ({ drawn: { crowded }, lights, anchors }: Founding, node: NodeAddress): boolean =>
  (crowded?.lights ?? []).some((at) => lights[at]?.node === node) ||
  (crowded?.anchors ?? []).some((at) => anchors[at]?.node === node);

/** Where the rogue lives, if there is one. */
export const ROGUE = nodeAddress(CITY, 'rogue');

/** Makes what runs on a client's machine. */
export type Clients = (node: NodeAddress, genesis: Genesis) => readonly Child[];
export interface Child {
  readonly id: string;
  readonly start: () => AnyActor;
}

export function secretsFrom(random: Random): NodeSecrets {
  const [suite, kem] = ['ml-dsa-65', 'ml-kem-768'] as const;
  return {
    signing: { suite, seed: random.bytes(SEED_BYTES) },
    sealing: { suite: kem, seed: random.bytes(KEM_SUITES[kem].seedBytes) },
    vrf: random.bytes(SEED_BYTES),
  };
}

/** What somebody makes of an honest holder. */
export type Moods = (honest: AnyActor, node: NodeAddress) => AnyActor;
const HONEST: Moods = (honest) => honest;

export function buildTown(
  world: World,
  drawn: CityDrawn,
  clientsOf: Clients,
  moods: Moods = HONEST,
): Town {
  return settle(world, found(world, drawn), clientsOf, moods);
}

/** The same of a town that was founded before: beside others, whose geneses it knows. */
export function settle(
  world: World,
  founding: Founding,
  clientsOf: Clients,
  moods: Moods = HONEST,
): Town {
  const { drawn, genesis, delegates, lights, anchors, lies } = founding;
  const machineOf = new Map<NodeAddress, Machine>();
  const house = (members: readonly Member[], perMachine: number, treeOf: TreeOf): void => {
    for (let first = 0; first < members.length; first += perMachine) {
      const together = members.slice(first, first + perMachine);
      const nodes = nodesOf(together);
      const children = together.map((each) => ({ id: each.node, start: () => treeOf(each) }));
      const machine = machineFor(world, placeOf(nodes[0]!), nodes, children);
      for (const node of nodes) machineOf.set(node, machine);
    }
  };
  const keeperOf = keepersOf(world, founding, moods);
  house(delegates, 1, (each) => delegateTree(world, founding, each));
  house(lights, drawn.lightsPerMachine, keeperOf);
  house(anchors, drawn.anchorsPerMachine, keeperOf);
  const clients = Array.from({ length: drawn.clients }, (_, i) => {
    const places = [genesis.place, ...CLIENT_PLACES.slice(1)];
    const node = nodeAddress(places[i % places.length]!, `c${i}`);
    machineOf.set(node, machineFor(world, placeOf(node), [node], clientsOf(node, genesis)));
    return node;
  });
  if (drawn.hasRogue)
    machineOf.set(ROGUE, machineFor(world, CITY, [ROGUE], clientsOf(ROGUE, genesis)));
  const members = [...delegates, ...lights, ...anchors];
  return {
    genesis,
    delegates: nodesOf(delegates),
    lights: nodesOf(lights),
    anchors: nodesOf(anchors),
    clients,
    liars: new Set(lies.keys()),
    perishable: perishableIn(drawn, machineOf),
    roleOf: new Map(members.map(({ node, role }) => [node, role])),
    keyOf: new Map(
      members.map(({ node, secrets }) => [node, hex(fingerprintOf(verifyingOf(secrets)))]),
    ),
    machineOf,
  };
}

type TreeOf = (each: Member) => AnyActor;

export interface Founding {
  readonly drawn: CityDrawn;
  readonly neighbours: readonly Genesis[];
  readonly grantor: NodeSecrets;
  readonly delegates: readonly Member[];
  readonly lights: readonly Member[];
  readonly anchors: readonly Member[];
  readonly lies: ReadonlyMap<NodeAddress, readonly Lie[]>;
  readonly genesis: Genesis;
}

/** Where a town is, by which letter its anchors are called, and what accounts there have from the beginning. */
export interface Site {
  readonly at: Place;
  readonly letter: string;
  readonly endowments: Genesis['endowments'];
}
const SITE: Site = { at: CITY, letter: 'a', endowments: undefined };

export function found(world: World, drawn: CityDrawn, site = SITE): Founding {
  const random = world.random.fork('town');
  const members = (role: Member['role'], at: Place, letter: string, count: number): Member[] =>
    Array.from({ length: count }, (_, i) => {
      const node = nodeAddress(at, `${letter}${i}`);
      return { node, role, secrets: secretsFrom(random.fork(node)) };
    });
  const delegates = members('delegate', site.at, 'd', DELEGATES);
  const lights = members('light', site.at, 'l', drawn.lights);
  const perContinent = ANCHORS / ANCHOR_PLACES.length;
  const anchors = ANCHOR_PLACES.flatMap((at) => members('anchor', at, site.letter, perContinent));
  const grantor = secretsFrom(random.fork(site === SITE ? 'grantor' : `grantor of ${site.at}`));
  const lies = new Map(drawn.liars.map(({ light, lies: of }) => [lights[light]!.node, of]));
  return {
    drawn,
    grantor,
    delegates,
    lights,
    anchors,
    lies,
    neighbours: [],
    genesis: genesisOf(site, delegates, grantor),
  };
}

const nodesOf = (members: readonly Member[]): NodeAddress[] => members.map(({ node }) => node);

/** Liars have a holder of their own kind; they conspire. */
function keepersOf(world: World, founding: Founding, moods: Moods): TreeOf {
  const { genesis, lies, drawn, lights } = founding;
  const cheats = new Map(drawn.cheats?.map(({ light, cheat }) => [lights[light]!.node, cheat]));
  const pact = new Pact();
  return (each) => {
    const { node, secrets } = each;
    const told = lies.get(node);
    const cheat = cheats.get(node);
    const liar = { node, pact, genesis, secrets, random: world.random.fork(node) };
    const holderOf: typeof holder = (self, role, marks) =>
      told !== undefined
        ? lying(holder(self, role, marks), told, liar)
        : cheat !== undefined
          ? cheating(holder(self, role, marks), cheat, { node, genesis, secrets })
          : moods(holder(self, role, marks), node);
    return keeperTree(world, founding, each, holderOf);
  };
}

export const verifyingOf = ({ signing: { suite, seed } }: NodeSecrets) => ({
  suite,
  key: verifyingKeyOf(suite, seed),
});
const sealingOf = ({ sealing: { suite, seed } }: NodeSecrets) => ({
  suite,
  key: sealingKeyOf(suite, seed),
});

const genesisOf = (
  { at, endowments }: Site,
  delegates: readonly Member[],
  grantor: NodeSecrets,
): Genesis => ({
  version: 1,
  network: utf8('simulated'),
  place: at,
  delegates: delegates.map(({ node, secrets }) => ({
    node,
    stake: STAKE,
    signing: verifyingOf(secrets),
    vrf: vrfKeyOf(secrets.vrf),
  })),
  grantor: verifyingOf(grantor),
  endowments,
});

function machineFor(
  world: World,
  at: Place,
  nodes: readonly NodeAddress[],
  children: readonly Child[],
): Machine {
  return world.machine({
    name: `p${world.machines.length}`,
    place: at,
    nodes,
    jobs,
    piecesOf: () => PIECES,
    root: () =>
      supervisor({
        address: address(nodes[0]!, 'root'),
        flags: { intensity: 2, periodMs: 2_000 },
        children,
      }),
  });
}

const selfOf = (
  world: World,
  { genesis, neighbours }: Founding,
  { node, secrets }: Member,
): Self => ({
  genesis,
  neighbours,
  node,
  secrets,
  probe: world.probe,
  plant: plantOf(world),
});

export const plantOf = ({ plant }: Pick<World, 'plant'>): KeepingPlant | undefined =>
  plant !== undefined && Object.hasOwn({ ...KEEPING_PLANTS, ...DAG_PLANTS, ...EPOCH_PLANTS }, plant)
    ? (plant as KeepingPlant)
    : undefined;

const shard: Layers['shard'] = (self) => forging(honestShard(self));

function delegateTree(world: World, founding: Founding, each: Member): AnyActor {
  const { drawn, anchors } = founding;
  const options = {
    self: selfOf(world, founding, each),
    policy: drawn.policy ?? policyOf(drawn.numbers),
    allowance: drawn.allowance,
    presence: { contracts: contractsOf(anchors) },
  };
  const { lie, forgers = [], denial } = drawn;
  const isLiar = lie !== undefined && founding.delegates[lie.delegate] === each;
  const select: Layers['select'] = (self, of) => lyingSelect(honestSelect(self, of), lie!.lie);
  const isForger = forgers.includes(each.node);
  const receive: Layers['receive'] = (self) => denying(honestReceive(self), denial!.reason);
  return delegate(options, {
    ...(isLiar ? { select } : {}),
    ...(isForger ? { shard } : {}),
    ...(denial?.by === each.node ? { receive } : {}),
  });
}

function keeperTree(
  world: World,
  founding: Founding,
  each: Member,
  holderOf: typeof holder,
): AnyActor {
  const { node, role, secrets } = each;
  assert(role !== 'delegate', 'a keeper is a light or an anchor');
  const options: KeeperOptions = {
    self: selfOf(world, founding, each),
    role,
    operator: operatorDigest(node),
    device: deviceDigest(node),
    grant: role === 'light' ? grantOf(founding, node, secrets) : undefined,
    freeBytes: FREE_BYTES,
    marks: marksOf(founding, each),
  };
  return keeper(options, undefined, holderOf);
}

function contractsOf(anchors: readonly Member[]): Contracts {
  const contracts = anchors.map(({ node, secrets }): readonly [NodeAddress, Contract] => [
    node,
    {
      node,
      key: fingerprintOf(verifyingOf(secrets)),
      sealing: readerFingerprintOf(sealingOf(secrets)),
      operator: operatorDigest(node),
      device: deviceDigest(node),
    },
  ]);
  return new Map(contracts);
}

function grantOf({ genesis, grantor }: Founding, node: NodeAddress, secrets: NodeSecrets) {
  const grant: Grant = {
    node,
    key: fingerprintOf(verifyingOf(secrets)),
    role: 'light',
    operator: operatorDigest(node),
    device: deviceDigest(node),
    until: GRANTED_UNTIL,
  };
  return { grant, signature: sign(grantJob(genesis.network, grant, grantor.signing)) };
}

function perishableIn({ plan }: CityDrawn, machineOf: ReadonlyMap<NodeAddress, Machine>) {
  const numbers = plan.faults.flatMap((fault) =>
    fault.do === 'rot' || fault.do === 'lose-disk' ? [`p${fault.machine}`] : [],
  );
  const nodes = [...machineOf].filter(([, { name }]) => numbers.includes(name));
  return new Set(nodes.map(([node]) => node));
}

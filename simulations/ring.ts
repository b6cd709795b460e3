/**
 * Scenario: a ring of slots on up to 60 nodes is turned by all of them at once (protocols/ring.ts),
 * while processes die, disks forget, and the network does its worst.
 *
 * Safety, at every moment: the disks hold one ring, and nothing that was promised is missing from
 * them; nodes hear each other in order or not at all; supervisors do as they are told. Liveness: once
 * healed, every turn that was asked for comes to an outcome and nothing is left waiting.
 */
import { ringNode, ROLES } from '#actors/ring.ts';
import type { Driving } from '#protocols/ring/drive.ts';
import type { Keeping } from '#protocols/ring/keep.ts';
import type { Turning } from '#protocols/ring/turn.ts';
import { Rest } from '#protocols/ring.messages.ts';
import { SLOTS_MIN, type Ring } from '#protocols/ring.ts';
import {
  address,
  nodeAddress,
  place,
  type Address,
  type NodeAddress,
  type Place,
} from '#protocols/subjects.ts';
import type { AnyActor } from '#runtime/actor.ts';
import type { Planted } from '#supervision/machine/state.ts';
import type { Strategy } from '#supervision/spec.ts';
import { supervisor } from '#supervision/supervisor.ts';
import { answersChecker } from './checkers/answers.ts';
import { orderChecker } from './checkers/order.ts';
import { Prints } from './checkers/print.ts';
import { ringChecker } from './checkers/ring.ts';
import { supervisionChecker, type Watched } from './checkers/supervision.ts';
import { drawPlan, SURVIVABLE, type FaultPlan } from './faults.ts';
import { inject } from './inject.ts';
import type { Machine } from './machine.ts';
import type { Drawn, Scenario } from './scenario.ts';
import type { World } from './world.ts';

const PLACES = [
  'asia.ishikawa.komatsu',
  'asia.ishikawa.kanazawa',
  'asia.tokyo.chiyoda',
  'europe.hesse.frankfurt',
  'europe.paris.paris',
].map(place);

/** About twenty seconds: with faults, then healed and still at work, then until all is at rest. */
const FAULTS_MS = 12_000;
const HEALED_MS = 6_000;
const REST_MS_MAX = 8_000;
const LOOK_MS = 250;

export interface RingDrawn extends Drawn {
  readonly nodes: number;
  readonly nodesPerMachine: number;
  readonly places: number;
  readonly slots: number;
  /** Whose turner a driver asks: that of the node so many places on. */
  readonly turnerAt: number;
  readonly pauseMsMax: number;
  readonly mailboxMax: number;
  readonly strategy: Strategy;
  /** Of each node's supervisor; the one above allows as many. */
  readonly intensity: number;
  readonly periodMs: number;
  readonly plan: FaultPlan;
}

export const ring: Scenario<RingDrawn> = {
  name: 'ring',
  about: 'turns of one ring over many nodes: no write is lost or doubled',
  sometimes: [
    ...SURVIVABLE.map((kind) => `fault: ${kind}`),
    ...['duplicate', 'lost', 'reordered', 'stale'].map((what) => `link: ${what}`),
    ...['late-answer', 'mailbox-full', 'no-such-actor'].map((why) => `dead-letter: ${why}`),
    ...['dead', 'deadline'].map((why) => `ring: a driver was not answered: ${why}`),
    'a process ended by itself',
    'buggify: ring: a keeper forgets to answer',
    'buggify: ring: a turner dies when it has decided',
    'buggify: ring: a turner forgets to answer',
    'buggify: ring: busy',
    'buggify: ring: no patience',
    'ring: a decision was finished by a later incarnation',
    'ring: a driver was answered from memory',
    'ring: a keeper learned of a decision by itself',
    'ring: a lock outlived its attempt',
    'ring: a slot was busy',
    'ring: a turn was refused',
    'ring: a value was written again',
    'ring: a write was asked for again',
    'supervision: a child was restarted',
    'supervision: a group was restarted',
    'supervision: a supervisor gave up',
  ],
  draw: (random) => {
    const nodes = SLOTS_MIN + random.below(random.pick([4, 12, 57]));
    const nodesPerMachine = 1 + random.below(3);
    const machines = Math.ceil(nodes / nodesPerMachine);
    const bounds = { machines, forMs: FAULTS_MS, faultsMax: 20, kinds: SURVIVABLE };
    return {
      nodes,
      nodesPerMachine,
      places: 1 + random.below(PLACES.length),
      slots: nodes * (1 + random.below(3)),
      turnerAt: random.below(nodes),
      pauseMsMax: random.pick([200, 1_000, 4_000]),
      mailboxMax: random.pick([1_024, 8, 2]),
      strategy: random.pick(['one_for_one', 'one_for_all', 'rest_for_one'] as const),
      intensity: 1 + random.below(4),
      periodMs: random.pick([1_000, 5_000]),
      plan: drawPlan(random.fork('plan'), bounds),
    };
  },
  run: (world, drawn) => {
    const town = build(world, drawn);
    const { conclude, ...checker } = ringChecker(world, town.ring, town.machineOf);
    const prints = new Prints();
    world.checkers.push(
      orderChecker(world, prints),
      answersChecker(world, prints),
      checker,
      supervisionChecker(world, watched(town.nodes, drawn)),
    );
    for (const machine of world.machines) machine.boot();
    const heal = inject(world, drawn.plan);
    for (let ms = 0; ms < FAULTS_MS; ms += LOOK_MS) {
      world.pass(LOOK_MS);
      world.look();
    }
    heal();
    world.pass(HEALED_MS);
    world.look();
    let restless = '';
    const isAtRest = (): boolean => {
      restless = unrest(town);
      askToRest(town);
      return restless === '';
    };
    world.passUntil(isAtRest, REST_MS_MAX, LOOK_MS);
    world.claim(restless === '', () => `a healed ring comes to rest: ${restless}`);
    conclude();
    world.look();
  },
};

interface Town {
  readonly ring: Ring;
  readonly nodes: readonly NodeAddress[];
  readonly machineOf: ReadonlyMap<NodeAddress, Machine>;
}

function build(world: World, drawn: RingDrawn): Town {
  const { nodes: count, nodesPerMachine, places, slots } = drawn;
  const placeOf = (node: number): Place => PLACES[Math.floor(node / nodesPerMachine) % places]!;
  const nodes = Array.from({ length: count }, (_, i) => nodeAddress(placeOf(i), `n${i}`));
  const machineOf = new Map<NodeAddress, Machine>();
  for (let first = 0; first < count; first += nodesPerMachine) {
    const hosted = nodes.slice(first, first + nodesPerMachine);
    const machine = world.machine({
      name: `p${first / nodesPerMachine}`,
      place: placeOf(first),
      nodes: hosted,
      root: () => root(world, { nodes, slots }, hosted, drawn),
    });
    for (const node of hosted) machineOf.set(node, machine);
  }
  return { ring: { nodes, slots }, nodes, machineOf };
}

/** All of a process: a supervisor over those of its nodes. */
function root(
  world: World,
  ring: Ring,
  hosted: readonly NodeAddress[],
  { mailboxMax, turnerAt, pauseMsMax, strategy, intensity, periodMs }: RingDrawn,
): AnyActor {
  const planted = plantedIn(world);
  const turnedBy = (node: NodeAddress): NodeAddress =>
    ring.nodes[(ring.nodes.indexOf(node) + turnerAt) % ring.nodes.length]!;
  const flags = { strategy, intensity, periodMs };
  const shared = { ring, pauseMsMax, mailboxMax, flags, probe: world.probe, planted };
  return supervisor({
    address: rootOf(hosted),
    flags: { intensity, periodMs },
    children: hosted.map((node) => ({
      id: node,
      type: 'supervisor',
      start: () => ringNode({ ...shared, node, turnedBy: turnedBy(node) }),
    })),
    ...(planted === undefined ? {} : { planted }),
  });
}

const rootOf = (hosted: readonly NodeAddress[]): Address => address(hosted[0]!, 'root');

const plantedIn = ({ plant }: World): Planted | undefined =>
  plant === 'stale-exit-believed' || plant === 'window-never-expires' ? plant : undefined;

function watched(
  nodes: readonly NodeAddress[],
  { intensity, periodMs, nodesPerMachine }: RingDrawn,
): Watched[] {
  const flags = { intensity, periodMs };
  const rings = nodes.map((node) => ({
    ...flags,
    supervisor: address(node, 'ring'),
    children: ROLES.map((role) => address(node, role)),
  }));
  const roots: Watched[] = [];
  for (let first = 0; first < nodes.length; first += nodesPerMachine) {
    const hosted = nodes.slice(first, first + nodesPerMachine);
    const children = hosted.map((node) => address(node, 'ring'));
    roots.push({ ...flags, supervisor: rootOf(hosted), children });
  }
  return [...rings, ...roots];
}

function askToRest({ machineOf }: Town): void {
  for (const [node, { life }] of machineOf) {
    life?.system.send(address(node, 'driver'), Rest.of({}));
  }
}

/** Whoever is not at rest, and why, in a few words. */
function unrest({ machineOf }: Town): string {
  const restless: string[] = [];
  for (const [node, { life }] of machineOf) {
    const stateOf = (role: string): unknown => life?.system.stateOf(address(node, role));
    const busy = [
      ...busyKeeper(stateOf('keeper') as Keeping | undefined),
      ...busyTurner(stateOf('turner') as Turning | undefined),
      ...busyDriver(stateOf('driver') as Driving | undefined),
    ];
    if ((life?.system.asksOpen ?? 0) > 0) busy.push('asks are open');
    for (const { waiting } of life?.system.look() ?? [])
      if (waiting > 0) busy.push('messages wait');
    if (busy.length > 0) restless.push(`${node}: ${busy.join(', ')}`);
  }
  return restless.join('; ');
}

function busyKeeper(state: Keeping | undefined): string[] {
  if (state === undefined) return ['no keeper'];
  const locked = [...state.slots].filter(([, { value }]) => value.lock !== undefined);
  const keeps = state.begun > state.kept ? ['a keep is under way'] : [];
  return [...locked.map(([of]) => `slot ${of} is locked`), ...keeps];
}

function busyTurner(state: Turning | undefined): string[] {
  if (state === undefined) return ['no turner'];
  const turns = [...state.turns].map(([, { phase }]) => `a turn is ${phase}`);
  return [...turns, ...(state.decisions.size > 0 ? ['a decision is not written'] : [])];
}

function busyDriver(state: Driving | undefined): string[] {
  if (state === undefined) return ['no driver'];
  return state.phase === 'idle' && state.rests ? [] : [`the driver is ${state.phase}`];
}

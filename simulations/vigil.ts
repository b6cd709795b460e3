/**
 * Scenario: on all nodes lamps are lit and go out, watchmen watch the lamps of everybody, and ask any clerk
 * of a city, while processes die, and the network does its worst.
 *
 * Safety, at every moment: an end is told to whom it was promised, once, and only if there was one
 * (checkers/vigil.ts); an ask has one outcome, and an answer is for the life that asked. Liveness: when all
 * lamps have gone out in a healed world, nobody waits for any of them, and no ask is open.
 */
import {
  address,
  nodeAddress,
  place,
  type Address,
  type NodeAddress,
  type Place,
} from '#protocols/subjects.ts';
import type { AnyActor } from '#runtime/actor.ts';
import { supervisor } from '#supervision/supervisor.ts';
import { answersChecker } from './checkers/answers.ts';
import { Prints } from './checkers/print.ts';
import { vigilChecker } from './checkers/vigil.ts';
import { drawPlan, SURVIVABLE, type FaultKind, type FaultPlan } from './faults.ts';
import { inject } from './inject.ts';
import type { Machine } from './machine.ts';
import type { Drawn, Scenario } from './scenario.ts';
import { clerk } from './vigil/clerk.ts';
import { lighter } from './vigil/lamps.ts';
import { watchman, type Watching } from './vigil/watchman.ts';
import { lampOf, lighterOf, Rest, watchmanOf } from './vigil/words.ts';
import type { World } from './world.ts';

const CITIES = ['asia.ishikawa.komatsu', 'europe.hesse.frankfurt', 'asia.tokyo.chiyoda'].map(place);
const FAULTS_MS = 8_000;
const REST_MS_MAX = 15_000;
const LOOK_MS = 250;
/** Nothing here is kept on a disk. */
const KINDS: readonly FaultKind[] = SURVIVABLE.filter((kind) => !kind.endsWith('-disk'));

export interface VigilDrawn extends Drawn {
  readonly machines: number;
  readonly nodesPerMachine: number;
  readonly cities: number;
  readonly lamps: number;
  readonly burnsMsMax: number;
  readonly darkMsMax: number;
  readonly pauseMsMax: number;
  readonly withinMs: number;
  readonly plan: FaultPlan;
}

export const vigil: Scenario<VigilDrawn> = {
  name: 'vigil',
  about:
    'watches across machines, and asks to anyone of a role: each end told once, each ask settled',
  sometimes: [
    ...KINDS.map((kind) => `fault: ${kind}`),
    ...['duplicate', 'lost', 'reordered', 'stale'].map((what) => `link: ${what}`),
    ...['dead', 'deadline'].map((why) => `vigil: nobody answered: ${why}`),
    'a process ended by itself',
    'buggify: vigil: a clerk forgets to answer',
    'dead-letter: late-answer',
    'vigil: an end was told',
    'vigil: somebody answered',
    'vigil: who was out of reach was told of as gone',
  ],
  draw: (random) => {
    const machines = 2 + random.below(5);
    const bounds = { machines, forMs: FAULTS_MS, faultsMax: 15, kinds: KINDS };
    return {
      machines,
      nodesPerMachine: 1 + random.below(2),
      cities: 1 + random.below(CITIES.length),
      lamps: 1 + random.below(3),
      burnsMsMax: random.pick([30, 300, 3_000]),
      darkMsMax: random.pick([0, 5, 300]),
      pauseMsMax: random.pick([20, 100]),
      withinMs: random.pick([100, 1_000]),
      plan: drawPlan(random.fork('plan'), bounds),
    };
  },
  run: (world, drawn) => {
    const machineOf = build(world, drawn);
    world.checkers.push(answersChecker(world, new Prints()), vigilChecker(world, machineOf));
    for (const machine of world.machines) machine.boot();
    const heal = inject(world, drawn.plan);
    for (let ms = 0; ms < FAULTS_MS; ms += LOOK_MS) {
      world.pass(LOOK_MS);
      world.look();
    }
    heal();
    let restless = '';
    const isAtRest = (): boolean => {
      restless = unrest(machineOf);
      askToRest(machineOf);
      return restless === '';
    };
    world.passUntil(isAtRest, REST_MS_MAX, LOOK_MS);
    world.claim(restless === '', () => `a healed vigil comes to rest: ${restless}`);
  },
};

function build(world: World, drawn: VigilDrawn): ReadonlyMap<NodeAddress, Machine> {
  const { machines, nodesPerMachine, cities: count, lamps } = drawn;
  const cities = CITIES.slice(0, count);
  const cityOf = (machine: number): Place => cities[machine % count]!;
  const nodesOf = (machine: number): NodeAddress[] =>
    Array.from({ length: nodesPerMachine }, (_, i) =>
      nodeAddress(cityOf(machine), `n${machine * nodesPerMachine + i}`),
    );
  const all = Array.from({ length: machines }, (_, i) => nodesOf(i)).flat();
  const everyLamp = all.flatMap((node) => Array.from({ length: lamps }, (_, i) => lampOf(node, i)));
  const machineOf = new Map<NodeAddress, Machine>();
  for (let i = 0; i < machines; i++) {
    const nodes = nodesOf(i);
    const machine = world.machine({
      name: `p${i}`,
      place: cityOf(i),
      nodes,
      root: () => root(world, drawn, nodes, everyLamp, cities),
    });
    for (const node of nodes) machineOf.set(node, machine);
  }
  return machineOf;
}

/** All of a process. The first node of each has a clerk. */
function root(
  world: World,
  drawn: VigilDrawn,
  nodes: readonly NodeAddress[],
  lamps: readonly Address[],
  cities: readonly Place[],
): AnyActor {
  const { probe } = world;
  const { lamps: count, burnsMsMax, darkMsMax, pauseMsMax, withinMs } = drawn;
  const children = nodes.flatMap((node) => [
    { id: `${node} lighter`, start: () => lighter({ node, count, burnsMsMax, darkMsMax }) },
    {
      id: `${node} watchman`,
      start: () => watchman({ node, lamps, cities, pauseMsMax, withinMs, probe }),
    },
  ]);
  return supervisor({
    address: address(nodes[0]!, 'root'),
    flags: { intensity: 2, periodMs: 2_000 },
    children: [{ id: 'clerk', start: () => clerk(nodes[0]!, probe) }, ...children],
  });
}

function askToRest(machineOf: ReadonlyMap<NodeAddress, Machine>): void {
  for (const [node, { life }] of machineOf) {
    for (const who of [watchmanOf(node), lighterOf(node)]) life?.system.send(who, Rest.of({}));
  }
}

/** Whoever is not at rest, and why. */
function unrest(machineOf: ReadonlyMap<NodeAddress, Machine>): string {
  const restless: string[] = [];
  for (const [node, { life }] of machineOf) {
    const state = life?.system.stateOf(watchmanOf(node)) as Watching | undefined;
    if (state === undefined) restless.push(`${node} has no watchman`);
    else if (!state.rests) restless.push(`${node} has not heard of the rest`);
    for (const lamp of state?.watched ?? []) restless.push(`${node} waits for ${lamp}`);
    if ((life?.system.asksOpen ?? 0) > 0) restless.push(`${node} has open asks`);
  }
  return restless.join('; ');
}

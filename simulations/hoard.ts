/**
 * Scenario: nodes that stow, fetch, list and discard pieces, each on a disk of its own, while processes
 * die, power is cut, disks are slow, fail and fill up.
 *
 * Safety, at every moment: what was said to be stored is on the platter, what was said to be gone never
 * comes back, and whoever starts again finds all that it has. Liveness: once healed, everybody stows
 * again.
 */
import { address, nodeAddress, place, type NodeAddress } from '#protocols/subjects.ts';
import type { PieceOptions } from '#runtime/pieces/open.ts';
import { supervisor } from '#supervision/supervisor.ts';
import { hoardChecker } from './checkers/hoard.ts';
import { drawPlan, SURVIVABLE, type FaultKind, type FaultPlan } from './faults.ts';
import { hoarder } from './hoard/hoarder.ts';
import { inject } from './inject.ts';
import type { Machine } from './machine.ts';
import type { Drawn, Scenario } from './scenario.ts';
import type { World } from './world.ts';

const FAULTS_MS = 8_000;
const HEALED_MS_MAX = 15_000;
const LOOK_MS = 500;
const SEGMENT_BYTES = 64 * 1024;
/** What touches disks and processes: hoarders say nothing to one another. */
const KINDS: readonly FaultKind[] = [
  ...SURVIVABLE.filter((kind) => !/partition|clog|swizzle|slow-link|outage|disconnect/.test(kind)),
  'full-disk',
];

export interface HoardDrawn extends Drawn {
  readonly machines: number;
  readonly nodesPerMachine: number;
  readonly pauseMsMax: number;
  readonly batchMax: number;
  readonly piecesMax: number;
  readonly segments: number;
  readonly plan: FaultPlan;
}

export const hoard: Scenario<HoardDrawn> = {
  name: 'hoard',
  about: 'pieces on disks that fail: what is stored is there, what is gone stays gone',
  sometimes: [
    ...KINDS.map((kind) => `fault: ${kind}`),
    'a process ended by itself',
    'hoard: a discard was refused',
    'hoard: a list took several pages',
    'hoard: a piece was refused: full',
  ],
  draw: (random) => {
    const machines = 1 + random.below(3);
    const bounds = { machines, forMs: FAULTS_MS, faultsMax: 12, kinds: KINDS };
    return {
      machines,
      nodesPerMachine: 1 + random.below(2),
      pauseMsMax: random.pick([100, 400]),
      batchMax: random.pick([1, 4, 20]),
      piecesMax: random.pick([10, 60, 150]),
      segments: random.pick([8, 16]),
      plan: drawPlan(random.fork('plan'), bounds),
    };
  },
  run: (world, drawn) => {
    const machineOf = build(world, drawn);
    const checker = hoardChecker(world, machineOf);
    world.checkers.push(checker);
    for (const machine of world.machines) machine.boot();
    const heal = inject(world, drawn.plan);
    for (let ms = 0; ms < FAULTS_MS; ms += LOOK_MS) {
      world.pass(LOOK_MS);
      world.look();
    }
    heal();
    const before = new Map([...machineOf.keys()].map((node) => [node, checker.storedBy(node)]));
    const idle = (): NodeAddress[] =>
      [...before].filter(([node, had]) => checker.storedBy(node) === had).map(([node]) => node);
    world.passUntil(() => idle().length === 0, HEALED_MS_MAX, LOOK_MS);
    world.claim(idle().length === 0, () => `everybody stows when healed: not ${idle().join(' ')}`);
    world.look();
  },
};

function build(world: World, drawn: HoardDrawn): ReadonlyMap<NodeAddress, Machine> {
  const { machines, nodesPerMachine, segments } = drawn;
  const at = place('asia.ishikawa.komatsu');
  const pieces: PieceOptions = { bytesMax: segments * SEGMENT_BYTES };
  const machineOf = new Map<NodeAddress, Machine>();
  for (let i = 0; i < machines; i++) {
    const nodes = Array.from({ length: nodesPerMachine }, (_, j) =>
      nodeAddress(at, `n${i * nodesPerMachine + j}`),
    );
    const machine = world.machine({
      name: `p${i}`,
      place: at,
      nodes,
      piecesOf: () => pieces,
      root: () =>
        supervisor({
          address: address(nodes[0]!, 'root'),
          flags: { intensity: 2, periodMs: 2_000 },
          children: nodes.map((node) => ({
            id: node,
            start: () => hoarder({ ...drawn, node, probe: world.probe }),
          })),
        }),
    });
    for (const node of nodes) machineOf.set(node, machine);
  }
  return machineOf;
}

/**
 * Scenario: twenty nodes hold pieces, and come and go, and have more room and less, while twenty transactions are
 * registered and distributed at once. Each is kept, and each comes back identical: from any k of its pieces, as
 * they lie on the disks, by the code alone, and its reader reads what was written.
 *
 *   nodes          14 lights and 6 anchors, each on a machine of its own
 *   presence       they log out and come back later, die, lose their power, are cut off
 *   room           each comes back with another capacity; disks fill up for a while
 *   meanwhile      20 transactions of three senders, within little more than a second
 *
 * Delegates and clients have weather and nothing worse: what is claimed is claimed of all twenty, strictly.
 */
import { drawPlan, OF_OWNERS, type FaultKind } from './faults.ts';
import { begun, endured, rested } from './city/course.ts';
import { ANCHORS, DELEGATES, type CityDrawn, type Wanted } from './city/draw.ts';
import { comesBack } from './city/restored.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';

const NODES = 20;
const TRANSACTIONS = 20;
const LIGHTS = NODES - ANCHORS;
/** Twenty are registered within so long. */
const AT_ONCE_MS = 1_200;
const FAULTS_MS = 8_000;

const KINDS: readonly FaultKind[] = [
  ...OF_OWNERS,
  'kill',
  'power-cut',
  'pause',
  'full-disk',
  'slow-disk',
  'disconnect',
  'slow-link',
];

export const twenty: Scenario<CityDrawn> = {
  name: 'twenty',
  about: 'twenty nodes come and go while twenty transactions are kept: each comes back identical',
  sometimes: KINDS.map((kind) => `fault: ${kind}`),
  draw,
  run: (world, drawn) => {
    const course = begun(world, drawn);
    endured(course, FAULTS_MS);
    rested(course);
    const { applications, order, town } = course;
    const sent = [...applications.sent.values()];
    world.claim(sent.length === TRANSACTIONS, () => `${sent.length} were sent`);
    for (const each of sent) {
      world.claim(order.isCommitted(each.name), () => `${each.name} is committed`);
      for (const node of town.delegates) comesBack(course, each, node);
    }
    world.look();
  },
};

function draw(random: Random): CityDrawn {
  const plan = drawPlan(random.fork('plan'), {
    machines: NODES,
    forMs: FAULTS_MS,
    faultsMax: 30,
    kinds: KINDS,
  });
  const lights = 6 + random.below(7);
  const faults = plan.faults.map((fault) =>
    'machine' in fault ? { ...fault, machine: DELEGATES + fault.machine } : fault,
  );
  return {
    lights: LIGHTS,
    lightsPerMachine: 1,
    anchorsPerMachine: 1,
    clients: 2,
    numbers: { k: 3 + random.below(3), margin: 1 + random.below(2), lights, anchors: 6 },
    allowance: { perSecond: 200, burst: 1_000 },
    warmMs: 4_000,
    liars: [],
    lie: undefined,
    hasRogue: false,
    wanted: drawWanted(random.fork('wanted')),
    plan: { ...plan, faults },
  };
}

const drawWanted = (random: Random): Wanted[] =>
  Array.from({ length: TRANSACTIONS }, (_, i): Wanted => ({
    atMs: random.below(AT_ONCE_MS),
    client: i % 2,
    sender: i % 3,
    want: 'fair',
    bytes: random.pick([1, 400, 1_200, 16_384]),
  })).toSorted((a, b) => a.atMs - b.atMs);

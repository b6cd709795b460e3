/**
 * Scenario: what is kept comes back, whoever is away. A city takes some transactions in peace; then holders die, lose
 * their power and their disks, are paused, leave, and lie about what they hold, while clients read; then all is
 * healed, and everything that can be read is read once more, and once while every holder is away for some seconds. In some cities one delegate codes what is no payload.
 *
 * Always: what is given is what was sent, and its reader reads it; nothing is said to be unavailable while k good
 * pieces are to be had; no read waits longer than five seconds from when they are.
 */
import { orderCheckerOfCity } from './checkers/city-order.ts';
import { piecesChecker } from './checkers/city-pieces.ts';
import { Applications, type Sent } from './city/applications.ts';
import { ANCHORS, DELEGATES, type CityDrawn, type Wanted } from './city/draw.ts';
import { Readers } from './city/readers.ts';
import { buildTown, CITY } from './city/town.ts';
import { drawPlan, type FaultKind } from './faults.ts';
import { inject } from './inject.ts';
import { nodeAddress } from '#protocols/subjects.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';

const KINDS: readonly FaultKind[] = [
  'kill',
  'power-cut',
  'kill-storm',
  'pause',
  'leave',
  'lose-disk',
  'rot',
];
const LIGHTS = 16;
const FAULTS_MS = 12_000;
const LOOK_MS = 500;
/** Everything is placed after so long in peace. */
const SETTLE_MS = 6_000;
const COMMIT_MS_MAX = 30_000;
/** Longer than any question to a holder. */
const AWAY_MS = 3_000;
/** After the last fault, and the longest any read waits. */
const REST_MS = 20_000;

export interface ComebackDrawn extends CityDrawn {
  readonly reads: readonly {
    readonly atMs: number;
    readonly which: number;
    readonly client: number;
    readonly withinMs: number;
  }[];
}

export const comeback: Scenario<ComebackDrawn> = {
  name: 'comeback',
  about: 'reads of what is kept, while holders die, lie and return: never wrong, back in seconds',
  sometimes: [
    ...KINDS.map((kind) => `fault: ${kind}`),
    'comeback: receive.given',
    'comeback: receive.unavailable',
    'comeback: refused bad-manifest',
    'comeback: a read waited',
    'gather: a holder was wrong',
    'gather: a holder was silent',
  ],
  draw,
  run: (world, drawn) => {
    const applications = new Applications(world, drawn);
    const town = buildTown(world, drawn, (node) => applications.children(node));
    const pieces = piecesChecker(world, town, applications);
    const order = orderCheckerOfCity(world, town, applications, () => undefined);
    applications.onEnd = ({ name }, end, by) => order.told(name, end, by);
    const readers = new Readers(world, town, applications, pieces, drawn.forgers);
    world.checkers.push(applications.checker, pieces, order, readers.checker);
    for (const machine of world.machines) machine.boot();
    world.pass(drawn.warmMs);
    applications.begin(town.genesis, town.clients, town.machineOf);
    world.pass(LOOK_MS * 3);
    world.passUntil(() => applications.open.length === 0, COMMIT_MS_MAX, LOOK_MS);
    const sent = [...applications.sent.values()];
    const isKept = ({ name }: Sent): boolean => order.isCommitted(name);
    world.claim(sent.every(isKept), () => 'in peace everything is committed');
    world.pass(SETTLE_MS);

    const heal = inject(world, drawn.plan);
    for (const { atMs, which, client, withinMs } of drawn.reads) {
      const by = town.clients[client % town.clients.length]!;
      world.later(atMs, () => readers.ask(sent[which % sent.length]!, by, withinMs));
    }
    watch(FAULTS_MS);
    heal();
    for (const { hardware } of world.machines) hardware.setRight();
    watch(REST_MS);
    world.claim(readers.open.length === 0, () => 'every read has its word');
    for (const each of sent) readers.ask(each, town.clients[0]!, REST_MS);
    watch(AWAY_MS);
    // Once more, while nobody who holds anything is there: they are waited for.
    const holders = world.machines.slice(DELEGATES, -drawn.clients);
    for (const machine of holders) machine.kill();
    for (const each of sent) readers.ask(each, town.clients[0]!, REST_MS);
    watch(AWAY_MS);
    for (const machine of holders) if (machine.state === 'down') machine.boot();
    watch(REST_MS);
    world.claim(readers.open.length === 0, () => 'every read has its word once healed');

    function watch(ms: number): void {
      for (let passed = 0; passed < ms; passed += LOOK_MS) {
        world.pass(LOOK_MS);
        world.look();
      }
    }
  },
};

function draw(random: Random): ComebackDrawn {
  const nodes = LIGHTS + ANCHORS;
  const plan = drawPlan(random.fork('plan'), {
    machines: nodes,
    forMs: FAULTS_MS,
    faultsMax: 20,
    kinds: KINDS,
  });
  const faults = plan.faults.map((fault) => {
    if ('machine' in fault) return { ...fault, machine: DELEGATES + fault.machine };
    if (fault.do !== 'kill-storm') return fault;
    return { ...fault, machines: fault.machines.map((machine) => DELEGATES + machine) };
  });
  const liars = random.shuffled(Array.from({ length: LIGHTS }, (_, i) => i));
  const forger = nodeAddress(CITY, `d${random.below(DELEGATES)}`);
  return {
    lights: LIGHTS,
    lightsPerMachine: 1,
    anchorsPerMachine: 1,
    clients: 2,
    numbers: { k: 3 + random.below(3), margin: 1 + random.below(3), lights: 10, anchors: 6 },
    allowance: { perSecond: 200, burst: 1_000 },
    warmMs: 4_000,
    liars: liars
      .slice(0, random.below(6))
      .map((light) => ({ light, lies: ['wrong-pieces'] as const })),
    lie: undefined,
    hasRogue: false,
    forgers: random.below(3) === 0 ? [forger] : [],
    wanted: drawWanted(random.fork('wanted')),
    reads: drawReads(random.fork('reads')),
    plan: { weather: plan.weather, faults },
  };
}

const drawWanted = (random: Random): Wanted[] =>
  Array.from({ length: 2 + random.below(4) }, (_, i): Wanted => ({
    atMs: random.below(1_000),
    client: i % 2,
    sender: i % 3,
    want: 'fair',
    bytes: random.pick([1, 400, 1_200, 16_384]),
  })).toSorted((a, b) => a.atMs - b.atMs);

const drawReads = (random: Random): ComebackDrawn['reads'] =>
  Array.from({ length: 10 + random.below(20) }, () => ({
    atMs: random.below(FAULTS_MS),
    which: random.below(8),
    client: random.below(2),
    withinMs: random.pick([1_000, 4_000, 15_000]),
  }));

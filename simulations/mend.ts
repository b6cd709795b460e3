/**
 * Scenario: what a city lost is made again. A hundred pieces die with their machines, and those of a
 * transaction that are missing are back within two minutes, all of them, wherever they are drawn to; holders that
 * are merely away cost nothing; what too few are left of is said to be lost, and is not, when they return.
 *
 *   gone      two of five lights and an anchor die with their disks, and their operator says so
 *   emptied   they come back at once with empty disks, and auditors find rows missing
 *   away      they are switched off for a while, and nobody says anything
 *   beyond    nearly all are said not to come back; then they do
 *   flapping  they go and come back, again and again; a few of them never do, too few to mind
 *
 * Meanwhile delegates are killed, and lose their power, at any moment of a repair, and clocks of holders and of one delegate
 * jump by half a year. Oracles read disks: which rows
 * are with whom the city's order says, and on no disk is one that the order does not know.
 */
import { nameText } from '#algorithms/identity.ts';
import type { Envelope } from '#protocols/envelope.ts';
import { Suspect } from '#protocols/audit.messages.ts';
import { HoldPieces } from '#protocols/sending.messages.ts';
import { nameOf, nodeOf } from '#protocols/subjects.ts';
import { bodyOf } from './checkers/city-pieces.ts';
import { begun, type Course } from './city/course.ts';
import type { Sent } from './city/applications.ts';
import { fateOf } from './city/disks.ts';
import { ANCHORS, DELEGATES, type CityDrawn, type Wanted } from './city/draw.ts';
import { declare, lackedRows, lose, manifestOf, movedRows, tellUp, unmoved } from './city/rows.ts';
import { NO_FAULTS, type Fault } from './faults.ts';
import { inject } from './inject.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';

export const LOSSES = ['gone', 'emptied', 'away', 'beyond', 'flapping'] as const;
export type Loss = (typeof LOSSES)[number];

export interface MendDrawn extends CityDrawn {
  readonly loss: Loss;
  /** Machines that are lost, by number. */
  readonly lost: readonly number[];
}

const LIGHTS = 120;
const PER_MACHINE = 6;
const LIGHT_MACHINES = LIGHTS / PER_MACHINE;
/** Until everything was sent, and is judged by repair. */
const SENT_MS_MAX = 40_000;
const SETTLED_MS = 32_000;
/** What is known to be lost is back within so long. */
const MENDED_MS = 120_000;
const AWAY_MS = 60_000;
/** Of the machines that flap, so many leave for good: a seventh of a transaction's rows. */
const LEAVING = 3;
const ROUNDS = 3;
const LOST_MS = 60_000;
const LOOK_MS = 500;
const HALF_A_YEAR_MS = 182 * 86_400_000;

export const mend: Scenario<MendDrawn> = {
  name: 'mend',
  about: 'what a city lost is made again, once, and what is merely away is left alone',
  sometimes: LOSSES.map((loss) => `mend: ${loss}`),
  draw,
  run: (world, drawn) => {
    const course = begun(world, drawn);
    world.checkers.push({ sent: (envelope) => onlyUnderLease(course, envelope) });
    const { applications, order } = course;
    world.passUntil(
      () => applications.calls.length === drawn.wanted.length && applications.open.length === 0,
      SENT_MS_MAX,
      LOOK_MS,
    );
    const sent = [...applications.sent.values()];
    for (const { name } of sent) world.claim(order.isCommitted(name), () => `${name} is committed`);
    world.pass(SETTLED_MS);
    world.probe.sometimes(`mend: ${drawn.loss}`);
    inject(world, drawn.plan);
    COURSES[drawn.loss](course, drawn, sent);
    world.look();
  },
};

type After = (course: Course, drawn: MendDrawn, sent: readonly Sent[]) => void;

const COURSES: Readonly<Record<Loss, After>> = {
  gone(course, drawn, sent) {
    const machines = lose(course, drawn.lost);
    declare(course, machines, false);
    mended(course, sent);
  },
  emptied(course, drawn, sent) {
    for (const machine of lose(course, drawn.lost)) machine.boot();
    const suspects = sent.flatMap((each) => emptyRows(course, each));
    course.world.pass(12_000);
    for (const { node, message } of suspects) tellUp(course, node, message);
    mended(course, sent);
  },
  away(course, drawn, sent) {
    const { world } = course;
    for (const number of drawn.lost) world.machines[number]!.kill();
    world.pass(AWAY_MS);
    world.look();
    for (const each of sent) unmoved(course, each);
    for (const number of drawn.lost) world.machines[number]!.boot();
  },
  beyond(course, drawn, sent) {
    const { world, town } = course;
    const machines = drawn.lost.map((number) => world.machines[number]!);
    for (const machine of machines) machine.kill();
    world.pass(12_000);
    declare(course, machines, false);
    const node = town.delegates[0]!;
    const areLost = () => sent.every((each) => fateOf(town, node, each).health === 'LOST');
    world.claim(
      world.passUntil(areLost, LOST_MS, LOOK_MS),
      () => `what is lost is said to be: ${healths(course, sent)}`,
    );
    for (const machine of machines) machine.boot();
    declare(course, machines, true);
    mended(course, sent);
  },
  flapping(course, drawn, sent) {
    const { world } = course;
    const machines = drawn.lost.map((number) => world.machines[number]!);
    const leaving = machines.slice(0, LEAVING);
    for (const machine of machines) machine.kill();
    declare(course, leaving, false);
    for (let round = 0; round < ROUNDS; round++) {
      world.pass(8_000);
      for (const machine of machines) if (!leaving.includes(machine)) machine.boot();
      world.pass(8_000);
      for (const machine of machines) if (!leaving.includes(machine)) machine.kill();
    }
    const moved = sent.reduce((sum, each) => sum + movedRows(course, each), 0);
    world.claim(moved * 10 <= sent.length * 42, () => `flapping makes ${moved} rows anew`);
  },
};

function draw(random: Random): MendDrawn {
  const loss = random.pick(LOSSES);
  const machines = random.shuffled(Array.from({ length: LIGHT_MACHINES }, (_, i) => DELEGATES + i));
  const anchors = random.shuffled(
    Array.from({ length: ANCHORS }, (_, i) => DELEGATES + LIGHT_MACHINES + i),
  );
  const [ofLights, ofAnchors] = loss === 'beyond' ? [18, 5] : [10, 1];
  const faults = Array.from({ length: random.below(6) }, (): Fault => ({
    atMs: random.below(30_000),
    do: random.pick(['kill', 'power-cut'] as const),
    machine: random.below(DELEGATES),
    downMs: random.pick([200, 3_000, 20_000]),
  }));
  // Of four delegates one may have a clock that is wrong.
  const jumps = Array.from({ length: random.below(5) }, (): Fault => ({
    atMs: random.below(30_000),
    do: 'clock-jump',
    machine: random.pick([0, DELEGATES + random.below(LIGHT_MACHINES + ANCHORS)]),
    byMs: random.pick([-HALF_A_YEAR_MS, HALF_A_YEAR_MS]),
  }));
  return {
    loss,
    lost: [...machines.slice(0, ofLights), ...anchors.slice(0, ofAnchors)],
    lights: LIGHTS,
    lightsPerMachine: PER_MACHINE,
    anchorsPerMachine: 1,
    clients: 2,
    numbers: {
      k: 10,
      margin: 15,
      lights: 30,
      anchors: 12,
      repair: { startAt: 26, urgentAt: 16, anchorPiecesLow: 9 },
    },
    allowance: { perSecond: 200, burst: 1_000 },
    warmMs: 4_000,
    liars: [],
    lie: undefined,
    hasRogue: false,
    wanted: drawWanted(random.fork('wanted')),
    plan: { ...NO_FAULTS, faults: [...faults, ...jumps].toSorted((a, b) => a.atMs - b.atMs) },
  };
}

/** So many transactions in each run; half.ts has a hundred. */
const TRANSACTIONS = 8;

const drawWanted = (random: Random): Wanted[] =>
  Array.from({ length: TRANSACTIONS }, (_, i): Wanted => ({
    atMs: random.below(2_000),
    client: i % 2,
    sender: i % 3,
    want: 'fair',
    bytes: random.pick([1, 400, 1_200]),
  })).toSorted((a, b) => a.atMs - b.atMs);

/** Rows that were with those whose disks are gone, as an auditor of any delegate finds them. */
function emptyRows(course: Course, sent: Sent) {
  const { town } = course;
  const manifest = manifestOf(course, sent);
  return lackedRows(course, sent).map((row) => ({
    node: town.delegates[row % DELEGATES]!,
    message: Suspect.of({
      txId: manifest.txId,
      row,
      holder: manifest.placement.holders[row]!,
      why: 'lacking',
    }),
  }));
}

/** Whatever was at its threshold has all of its rows, and says so. */
function mended(course: Course, sent: readonly Sent[]): void {
  const { world, town } = course;
  const node = town.delegates[0]!;
  const due = sent.filter((each) => 42 - lackedRows(course, each).length <= 26);
  const left = (): readonly string[] =>
    sent.flatMap((each) => {
      const lacked = lackedRows(course, each);
      const { health } = fateOf(town, node, each);
      const isDone = health === 'sound' && (lacked.length === 0 || !due.includes(each));
      return isDone ? [] : [`${each.name} lacks ${lacked.join(' ')} (${health})`];
    });
  const isSo = world.passUntil(() => left().length === 0, MENDED_MS, 4 * LOOK_MS);
  world.claim(isSo, () => `all rows are back: ${left().join('; ')}`);
  if (due.length > 0) world.probe.sometimes('mend: something was due');
}

const healths = ({ town }: Course, sent: readonly Sent[]): string =>
  sent.map((each) => fateOf(town, town.delegates[0]!, each).health).join(' ');

/** Whoever sends rows anew has the lease, by what its own ledger has on its disk. */
function onlyUnderLease({ world, town, applications }: Course, envelope: Envelope): void {
  if (nameOf(envelope.from) !== 'repair') return;
  const node = nodeOf(envelope.from);
  for (const { order } of bodyOf(envelope, HoldPieces)?.pieces ?? []) {
    const name = nameText(order.txId);
    const { lease, round } = fateOf(town, node, applications.sent.get(name)!);
    // What it had given up may have ended its round a moment ago.
    const isIts = lease === undefined ? round > 0 : lease.by === node;
    world.claim(isIts, () => `${node} sends rows of ${name} under its own lease`);
  }
}

/**
 * Scenario: twenty of each transaction's forty-two rows are with those who are struck, at one moment. Thirty lights
 * hold a row of every transaction, and six anchors two each; so whoever strikes lights and anchors of twenty rows strikes
 * twenty of each. Twenty-six more lights arrive afterwards: they are who may take rows.
 *
 *   gone       they die with their disks, and their operators say so
 *   emptied    they come back with empty disks, and nobody says anything: auditors find it
 *   listed     their operators say that they are gone, and so do those of more than half of the late ones, while all of
 *              them stay on the list: most of those who would be next are not to be asked
 *   offline    they are switched off for a minute
 *   bit        fifteen rows are lost and known; then one bit of one piece turns over
 *
 * Always: everything is read at once, and opened by its reader. What is lost and known is whole again within two
 * minutes, all of it; who is merely away costs nothing; above the threshold nothing is moved, and a bit
 * that puts one transaction at the threshold moves rows of that one.
 */
import { begun, type Course } from './city/course.ts';
import type { Sent } from './city/applications.ts';
import { ANCHORS, DELEGATES, type CityDrawn, type Wanted } from './city/draw.ts';
import { Readers } from './city/readers.ts';
import {
  declare,
  lackedRows,
  lose,
  movedRows,
  unmended,
  unmoved,
  unreleased,
} from './city/rows.ts';
import { NO_FAULTS } from './faults.ts';
import type { Machine } from './machine.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';

export const STROKES = ['gone', 'emptied', 'listed', 'offline', 'bit'] as const;
export type Stroke = (typeof STROKES)[number];

export interface HalfDrawn extends CityDrawn {
  readonly stroke: Stroke;
  /** Machines that are struck, by number. */
  readonly struck: readonly number[];
  /** Who arrives afterwards, and who of them is said to be gone all the same. */
  readonly late: readonly number[];
  readonly spoken: readonly number[];
  /** Whose bit turns over. */
  readonly rotten: number;
}

const STRUCK_ROWS = 20;
/** One less than it takes to be at the threshold. */
const QUIET_ROWS = 15;
const LIGHTS = 30;
const LATE = 26;
/** Where most of the late are said to be gone: so many, and so many are not. */
const SPOKEN = 26;
const UNSPOKEN = 30;
const PER_ANCHOR = 2;
const LATE_FROM = DELEGATES + LIGHTS;
/** Everybody who is to hold is on the list. */
const WARM_MS = 6_000;
const SENT_MS_MAX = 60_000;
const SETTLED_MS = 32_000;
const MENDED_MS = 120_000;
/** Nobody is missing: a round or two, and a list in which those that are gone weigh nothing. */
const LISTED_MS = 45_000;
const AWAY_MS = 60_000;
const LIST_MS = 12_000;
const READ_MS = 20_000;
/** Whose disk is empty is found within a span or two. */
const AUDIT_MS = 20_000;
const LOOK_MS = 500;

/** `transactions`: a few on every change, a hundred by hand. */
const scenarioOf = (name: string, transactions: number): Scenario<HalfDrawn> => ({
  name,
  about: `of ${transactions} transactions each loses twenty of forty-two rows at once, and is whole again`,
  sometimes: STROKES.map((stroke) => `half: ${stroke}`),
  draw: (random) => draw(random, transactions),
  run: (world, drawn) => {
    const course = begun(world, drawn);
    const { applications, town, pieces, placed } = course;
    const readers = new Readers(world, town, applications, pieces);
    world.checkers.push(readers.checker);
    for (const machine of lateOf(course, drawn)) machine.kill();
    const isSent = (): boolean =>
      applications.calls.length === drawn.wanted.length && applications.open.length === 0;
    world.passUntil(() => isSent() && placed.lacking().length === 0, SENT_MS_MAX, LOOK_MS);
    const sent = [...applications.sent.values()];
    for (const each of sent) {
      const lacked = lackedRows(course, each);
      world.claim(lacked.length === 0, () => `${each.name} is placed: ${lacked.join(' ')}`);
    }
    world.pass(SETTLED_MS);
    world.probe.sometimes(`half: ${drawn.stroke}`);
    COURSES[drawn.stroke](course, drawn, sent, readers);
    world.look();
  },
});

export const half = scenarioOf('half', 6);
export const hundred = scenarioOf('hundred', 100);

type After = (course: Course, drawn: HalfDrawn, sent: readonly Sent[], readers: Readers) => void;

const COURSES: Readonly<Record<Stroke, After>> = {
  gone(course, drawn, sent, readers) {
    const machines = lose(course, drawn.struck);
    areStruck(course, sent, STRUCK_ROWS);
    readAll(course, sent, readers);
    arrive(course, drawn);
    declare(course, machines, false);
    mended(course, sent);
  },
  emptied(course, drawn, sent, readers) {
    const machines = lose(course, drawn.struck);
    areStruck(course, sent, STRUCK_ROWS);
    for (const machine of machines) machine.boot();
    readAll(course, sent, readers);
    arrive(course, drawn);
    mended(course, sent);
  },
  listed(course, drawn, sent, readers) {
    const { world } = course;
    arrive(course, drawn);
    const machines = [...drawn.struck, ...drawn.spoken].map((number) => world.machines[number]!);
    declare(course, machines, false);
    readAll(course, sent, readers);
    mended(course, sent, LISTED_MS, () => unreleased(course, sent, machines));
  },
  offline(course, drawn, sent, readers) {
    const { world } = course;
    const machines = drawn.struck.map((number) => world.machines[number]!);
    for (const machine of machines) machine.kill();
    areStruck(course, sent, STRUCK_ROWS);
    readAll(course, sent, readers);
    arrive(course, drawn);
    world.pass(AWAY_MS);
    for (const each of sent) unmoved(course, each);
    for (const machine of machines) machine.boot();
    readAll(course, sent, readers);
    for (const each of sent) unmoved(course, each);
  },
  bit(course, drawn, sent, readers) {
    const { world } = course;
    const machines = lose(course, drawn.struck);
    areStruck(course, sent, QUIET_ROWS);
    declare(course, machines, false);
    arrive(course, drawn);
    for (const each of sent) unmoved(course, each);
    const rotten = rot(course, world.machines[drawn.rotten]!, sent);
    readAll(course, sent, readers);
    world.claim(rotten.length === 1, () => `one piece is lost to a bit: ${rotten.join(' ')}`);
    const its = sent.filter(({ name }) => rotten.includes(name));
    mended(course, its);
    for (const each of sent) if (!its.includes(each)) unmoved(course, each);
  },
};

const lateOf = ({ world }: Course, { late }: HalfDrawn): readonly Machine[] =>
  late.map((number) => world.machines[number]!);

/** Those who may take rows come, and are on the list. */
function arrive(course: Course, drawn: HalfDrawn): void {
  for (const machine of lateOf(course, drawn)) machine.boot();
  course.world.pass(LIST_MS);
}

/** Each has lost as many. */
function areStruck(course: Course, sent: readonly Sent[], rows: number): void {
  for (const each of sent) {
    const lacked = lackedRows(course, each).length;
    course.world.claim(lacked === rows, () => `${each.name} lacks ${lacked} rows of ${rows}`);
  }
}

/** By its reader, through a client; how soon it must come the readers know. */
function readAll({ world, town }: Course, sent: readonly Sent[], readers: Readers): void {
  for (const [i, each] of sent.entries()) {
    readers.ask(each, town.clients[i % town.clients.length]!, READ_MS);
  }
  world.passUntil(() => readers.open.length === 0, READ_MS, LOOK_MS);
  world.claim(readers.open.length === 0, () => 'everything is read');
}

/** One bit of one piece of somebody turns over: the names of those that lack a row now and did not before. */
function rot(course: Course, machine: Machine, sent: readonly Sent[]): readonly string[] {
  const before = new Map(sent.map((each) => [each, lackedRows(course, each).length]));
  const lost = (): readonly string[] =>
    sent
      .filter((each) => lackedRows(course, each).length > before.get(each)!)
      .map(({ name }) => name);
  // Some bits belong to no piece; and what its store has in memory it finds, until it starts again.
  for (let tries = 0; tries < 50 && lost().length === 0; tries++) {
    machine.pieces.rot();
    course.world.pass(1);
  }
  machine.kill();
  machine.boot();
  return lost();
}

/** All of its rows are back, and the city says so. */
function mended(
  course: Course,
  sent: readonly Sent[],
  withinMs = MENDED_MS,
  left: () => readonly string[] = () => unmended(course, sent),
): void {
  const { world } = course;
  const from = world.nowMs;
  const isSo = world.passUntil(() => left().length === 0, withinMs, 2 * LOOK_MS);
  world.claim(isSo, () => `all rows are back: ${left().join('; ')}`);
  const moved = sent.reduce((sum, each) => sum + movedRows(course, each), 0);
  world.tell('world', 'mended', `${moved} rows in ${world.nowMs - from} ms`);
}

function draw(random: Random, transactions: number): HalfDrawn {
  const stroke = random.pick(STROKES);
  // With fewer rows on anchors than these fifteen leave, it is anchors that a repair is for.
  const ofAnchors = stroke === 'bit' ? 0 : random.below(3);
  const rows = stroke === 'bit' ? QUIET_ROWS : STRUCK_ROWS;
  const lights = random.shuffled(Array.from({ length: LIGHTS }, (_, i) => DELEGATES + i));
  const late = stroke === 'listed' ? SPOKEN + UNSPOKEN : LATE;
  const anchorsFrom = LATE_FROM + late;
  const anchors = random.shuffled(Array.from({ length: ANCHORS }, (_, i) => anchorsFrom + i));
  return {
    stroke,
    struck: [...lights.slice(0, rows - PER_ANCHOR * ofAnchors), ...anchors.slice(0, ofAnchors)],
    late: Array.from({ length: late }, (_, i) => LATE_FROM + i),
    spoken: stroke === 'listed' ? Array.from({ length: SPOKEN }, (_, i) => LATE_FROM + i) : [],
    rotten: anchors[ofAnchors]!,
    lights: LIGHTS + late,
    lightsPerMachine: 1,
    anchorsPerMachine: 1,
    clients: 2,
    numbers: {
      k: 10,
      margin: 15,
      lights: LIGHTS,
      anchors: PER_ANCHOR * ANCHORS,
      repair: { startAt: 26, urgentAt: 16, anchorPiecesLow: 9 },
      auditEpochMs: AUDIT_MS,
    },
    allowance: { perSecond: 200, burst: 1_000 },
    warmMs: 0,
    liars: [],
    lie: undefined,
    hasRogue: false,
    wanted: Array.from({ length: transactions }, (_, i): Wanted => ({
      atMs: WARM_MS + i * 20,
      client: i % 2,
      sender: i % 3,
      want: 'fair',
      bytes: random.pick([1, 400, 1_200]),
    })),
    plan: NO_FAULTS,
  };
}

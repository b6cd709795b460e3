/**
 * Scenario: lights have no room any more, all at once, while transactions keep coming. Anchors stand in for them as far
 * as the policy allows; beyond that senders are told so, by a word of its own. When there is room again, lights hold
 * again.
 *
 *   sent, on lights --(disks fill up)--> sent: rows of lights go to anchors --(room)--> sent, on lights
 *                            '-- the policy allows too few, or anchors are full too: no-capacity
 *
 * What is told COMMITTED has all of its rows on platters, whoever holds them, and comes back.
 */
import { DEFAULTS } from '#config/policy/read.ts';
import { begun, type Course } from './city/course.ts';
import type { Sent } from './city/applications.ts';
import { ANCHORS, DELEGATES, policyOf, type CityDrawn, type Wanted } from './city/draw.ts';
import { comesBack } from './city/restored.ts';
import { lackedRows, manifestOf } from './city/rows.ts';
import { NO_FAULTS, type Fault } from './faults.ts';
import { inject } from './inject.ts';
import type { Machine } from './machine.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';

export const ROOMS = ['some', 'none', 'bounded', 'nobody'] as const;
/** Who has room: some lights; no light; no light, and few may be stood in for; no anchor either. */
export type Room = (typeof ROOMS)[number];

export interface BrimfulDrawn extends CityDrawn {
  readonly room: Room;
  /** Machines whose disks fill up, by number. */
  readonly full: readonly number[];
}

const LIGHTS = 12;
const PER_MACHINE = 3;
const ON_LIGHTS = 8;
const ON_ANCHORS = 6;
const BOUND = 3;
/** What a disk that fills up still takes: a piece or two. */
const LAST_BYTES = 6 * 1024;
const FILLED_EVERY_MS = 3_000;
const FILLING = 6;
const TOLD_MS_MAX = 60_000;
const ENDED_MS_MAX = 150_000;
/** A list or two, and a beat. */
const ROOM_MS_MAX = 60_000;
const AGAIN_MS = 5_000;
const LOOK_MS = 500;

export const brimful: Scenario<BrimfulDrawn> = {
  name: 'brimful',
  about:
    'lights have no room: anchors stand in as far as the policy allows, and else senders are told',
  sometimes: [
    ...ROOMS.map((room) => `brimful: ${room}`),
    'brimful: anchors stood in',
    'brimful: a sender was told that nobody has room',
  ],
  draw,
  run: (world, drawn) => {
    const course = begun(world, drawn);
    ended(course);
    for (const sent of course.applications.sent.values()) kept(course, sent, ON_LIGHTS);
    world.probe.sometimes(`brimful: ${drawn.room}`);
    const heal = inject(world, drawn.plan);
    for (const number of drawn.full) world.machines[number]!.pieces.fill(LAST_BYTES);
    for (let i = 0; i < FILLING; i++) {
      send(course, i);
      world.pass(FILLED_EVERY_MS);
      world.look();
    }
    if (drawn.room === 'bounded' || drawn.room === 'nobody') refused(course);
    else stoodIn(course, drawn);
    heal();
    for (const number of drawn.full) emptied(world.machines[number]!);
    for (let ms = 0; ms < ROOM_MS_MAX && lightsOf(course, one(course)) < ON_LIGHTS; ms += AGAIN_MS)
      world.pass(AGAIN_MS);
    kept(course, one(course), ON_LIGHTS);
    for (const { sent, end } of course.applications.calls) {
      world.claim(end === 'COMMITTED', () => `${sent.name} is kept in the end: ${end}`);
      comesBack(course, sent, course.town.delegates[0]!);
    }
    world.look();
  },
};

/** Its owner makes room on it, and starts it again. */
function emptied(machine: Machine): void {
  machine.diskHealth = 'calm';
  machine.kill();
  machine.boot();
}

/** Whoever sends once that is known is told why it goes no further; it is kept when there is room. */
function refused(course: Course): void {
  const { world, applications } = course;
  const isTold = (): boolean => applications.open.some(({ reason }) => reason === 'no-capacity');
  for (let ms = 0; ms < TOLD_MS_MAX && !isTold(); ms += FILLED_EVERY_MS) {
    send(course, applications.calls.length);
    world.passUntil(isTold, FILLED_EVERY_MS, LOOK_MS);
  }
  world.claim(isTold(), () => 'a sender is told that nobody has room');
  world.probe.sometimes('brimful: a sender was told that nobody has room');
}

/** All that was sent is kept, and what is sent once all of them have refused something lies where there is room. */
function stoodIn(course: Course, { full }: BrimfulDrawn): void {
  ended(course);
  const roomy = Math.min(ON_LIGHTS, LIGHTS - full.length * PER_MACHINE);
  // Whoever took the last piece that there was room for is found to be full by the next one, which may lack its row.
  for (let ms = 0; ms < ROOM_MS_MAX && lightsOf(course, one(course)) !== roomy; ms += AGAIN_MS)
    course.world.pass(AGAIN_MS);
  const onLights = kept(course, one(course), roomy);
  if (onLights < ON_LIGHTS) course.world.probe.sometimes('brimful: anchors stood in');
}

function send({ applications }: Course, i: number): void {
  applications.want({ client: i % 2, sender: i % 3, want: 'fair', bytes: 16_384 });
}

/** One more, to its end. */
function one(course: Course): Sent {
  send(course, course.applications.calls.length);
  ended(course);
  return course.applications.calls.at(-1)!.sent;
}

const lightsOf = (course: Course, sent: Sent): number => manifestOf(course, sent).terms.lights;

function ended({ world, applications, drawn }: Course): void {
  const isOver = (): boolean =>
    applications.calls.length >= drawn.wanted.length && applications.open.length === 0;
  world.passUntil(isOver, ENDED_MS_MAX, LOOK_MS);
  world.claim(isOver(), () => `every call ends: ${applications.open.length} do not`);
}

/** It has all of its rows, so many of them on lights. */
function kept(course: Course, sent: Sent, onLights: number): number {
  const { world, order } = course;
  world.claim(order.isCommitted(sent.name), () => `${sent.name} is committed`);
  world.passUntil(() => lackedRows(course, sent).length === 0, ENDED_MS_MAX, LOOK_MS);
  const { terms } = manifestOf(course, sent);
  const pieces = terms.continents.reduce((sum, each) => sum + each.pieces, terms.lights);
  const lacked = lackedRows(course, sent);
  world.claim(lacked.length === 0, () => `${sent.name} has its rows: not ${lacked.join(' ')}`);
  world.claim(pieces === ON_LIGHTS + ON_ANCHORS, () => `${sent.name} has ${pieces} pieces`);
  world.claim(terms.lights === onLights, () => `${sent.name} has ${terms.lights} on lights`);
  return terms.lights;
}

function draw(random: Random): BrimfulDrawn {
  const room = random.pick(ROOMS);
  const lightMachines = LIGHTS / PER_MACHINE;
  const machines = Array.from({ length: lightMachines }, (_, i) => DELEGATES + i);
  const anchors = Array.from({ length: ANCHORS / 3 }, (_, i) => DELEGATES + lightMachines + i);
  const spared = room === 'some' ? 1 + random.below(2) : 0;
  const numbers = { k: 4, margin: 3, lights: ON_LIGHTS, anchors: ON_ANCHORS };
  const policy = policyOf(numbers);
  const substitutes = room === 'bounded' ? BOUND : DEFAULTS.pieces.substitutes;
  const faults = Array.from({ length: random.below(4) }, (): Fault => ({
    atMs: random.below(FILLED_EVERY_MS * FILLING),
    do: random.pick(['kill', 'power-cut'] as const),
    machine: random.below(DELEGATES),
    downMs: random.pick([200, 3_000]),
  }));
  return {
    room,
    full: [...random.shuffled(machines).slice(spared), ...(room === 'nobody' ? anchors : [])],
    lights: LIGHTS,
    lightsPerMachine: PER_MACHINE,
    anchorsPerMachine: 3,
    clients: 2,
    numbers,
    policy: { ...policy, pieces: { ...policy.pieces, substitutes } },
    allowance: { perSecond: 200, burst: 1_000 },
    warmMs: 6_000,
    liars: [],
    lie: undefined,
    hasRogue: false,
    wanted: Array.from({ length: 3 }, (_, i): Wanted => ({
      atMs: i * 200,
      client: i % 2,
      sender: i % 3,
      want: 'fair',
      bytes: random.pick([1, 1_200, 16_384]),
    })),
    plan: { ...NO_FAULTS, faults: faults.toSorted((a, b) => a.atMs - b.atMs) },
  };
}

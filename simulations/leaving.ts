/**
 * Scenario: holders that are short of room wish to be rid of what they hold, while clocks jump by half a year, power
 * is cut and processes die. Rows move, once others have them, and no transaction ever has one row less.
 *
 *   sent, placed --(some lights and an anchor have no room from the start)--> wishes --> moved --> dropped
 *          '-------(in half of the runs anchors promise for four minutes only)--> prolonged before that is over
 *
 * Oracles read disks: at each look every row of what was whole is on the platter of whom the order names, by the
 * furthest of the ledgers; or, where nobody has it anew, of a spare. In the end nobody has what he wished away.
 */
import { placesOf, type Fate } from '#protocols/fate.ts';
import { pieceKey, readHeld } from '#protocols/hold/held-piece.ts';
import { isLightRow, placedRows, type Manifest } from '#protocols/manifest.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import type { Sent } from './city/applications.ts';
import { begun, type Course } from './city/course.ts';
import { certifiedOf, fateOf } from './city/disks.ts';
import { ANCHORS, DELEGATES, type CityDrawn, type Wanted } from './city/draw.ts';
import { durablePieces } from './durable-pieces.ts';
import { NO_FAULTS, type Fault } from './faults.ts';
import { inject } from './inject.ts';
import type { Random } from './random.ts';
import type { Scenario } from './scenario.ts';

const LIGHTS = 24;
const PER_MACHINE = 3;
const MACHINES = DELEGATES + LIGHTS / PER_MACHINE + ANCHORS;
const TRANSACTIONS = 5;
const SENT_MS_MAX = 30_000;
const FAULTS_MS = 90_000;
/** A wish, a look, a lease, a delivery, a word: of all rows of each that is crowded, one after another. */
const MOVED_MS_MAX = 400_000;
const LOOK_MS = 2_000;
/** What anchors promise; from half of it on it is to be prolonged. */
const ANCHOR_MS = 240_000;
const HALF_A_YEAR_MS = 182 * 86_400_000;

export const leaving: Scenario<CityDrawn> = {
  name: 'leaving',
  about:
    'holders without room are rid of their rows when others have them, whatever their clocks say',
  sometimes: [
    'holder: a row went when it was with others',
    'repair: a transaction was repaired',
    'fault: clock-jump',
    'leaving: what anchors had promised was prolonged',
  ],
  draw,
  run: (world, drawn) => {
    const course = begun(world, drawn);
    const { applications, order } = course;
    const isSent = (): boolean =>
      applications.calls.length === drawn.wanted.length && applications.open.length === 0;
    world.passUntil(isSent, SENT_MS_MAX, LOOK_MS);
    const sent = [...applications.sent.values()];
    for (const { name } of sent) world.claim(order.isCommitted(name), () => `${name} is committed`);
    const rows = rowsOf(course, sent);
    world.checkers.push({ look: rows.look });
    const heal = inject(world, drawn.plan);
    for (let ms = 0; ms < FAULTS_MS; ms += LOOK_MS) {
      world.pass(LOOK_MS);
      world.look();
    }
    heal();
    for (const { hardware } of world.machines) hardware.setRight();
    restart(course);
    world.passUntil(() => (world.look(), rows.unwanted().length === 0), MOVED_MS_MAX, 2 * LOOK_MS);
    lasts(course, sent);
    world.claim(
      rows.unwanted().length === 0,
      () => `rows are with others: ${rows.unwanted().join('; ')}`,
    );
  },
};

/**
 * Anchors begin anew when half of their time is over, however much is still to be moved: they look through what they
 * hold, and say what ends soon.
 */
function restart({ world, town, drawn }: Course): void {
  const { anchorTtlMs } = drawn.numbers;
  if (anchorTtlMs === undefined) return;
  while (world.nowMs < SENT_MS_MAX + anchorTtlMs / 2) world.pass(LOOK_MS);
  for (const anchor of town.anchors) {
    const machine = town.machineOf.get(anchor)!;
    machine.powerCut();
    machine.boot();
  }
}

/** What anchors had promised is prolonged. */
function lasts(course: Course, sent: readonly Sent[]): void {
  const { world, drawn } = course;
  const { anchorTtlMs } = drawn.numbers;
  if (anchorTtlMs === undefined) return;
  const ending = (): readonly string[] =>
    sent.flatMap((each) => {
      const manifest = manifestOf(course, each);
      const places = placesOf(manifest, furthest(course, each));
      const rows = Array.from({ length: placedRows(manifest) }, (_, row) => row);
      const isEnding = (row: number): boolean =>
        !isLightRow(manifest, row) && places[row]!.until <= manifest.anchorUntil;
      return rows.filter(isEnding).map((row) => `${each.name} ${row}`);
    });
  world.passUntil(() => (world.look(), ending().length === 0), anchorTtlMs / 2, LOOK_MS);
  world.claim(ending().length === 0, () => `promises are prolonged: not of ${ending().join('; ')}`);
  world.probe.sometimes('leaving: what anchors had promised was prolonged');
  world.pass(anchorTtlMs / 2);
  world.look();
}

function draw(random: Random): CityDrawn {
  const lights = random.shuffled(Array.from({ length: LIGHTS }, (_, i) => i)).slice(0, 4);
  const machine = (from: number): number => from + random.below(MACHINES - from);
  const jumps = Array.from({ length: 6 }, (): Fault => ({
    atMs: random.below(FAULTS_MS),
    do: 'clock-jump',
    machine: machine(DELEGATES),
    byMs: random.pick([-HALF_A_YEAR_MS, HALF_A_YEAR_MS, 3 * HALF_A_YEAR_MS]),
  }));
  const ends = Array.from({ length: random.below(8) }, (): Fault => ({
    atMs: random.below(FAULTS_MS),
    do: random.pick(['kill', 'power-cut'] as const),
    machine: machine(0),
    downMs: random.pick([200, 3_000, 15_000]),
  }));
  return {
    lights: LIGHTS,
    lightsPerMachine: PER_MACHINE,
    anchorsPerMachine: 1,
    clients: 1,
    numbers: {
      k: 4,
      margin: 3,
      lights: 12,
      anchors: 6,
      repair: { startAt: 11, urgentAt: 7, anchorPiecesLow: 3 },
      ...(random.below(2) === 0 ? { anchorTtlMs: ANCHOR_MS } : {}),
    },
    allowance: { perSecond: 200, burst: 1_000 },
    warmMs: 4_000,
    liars: [],
    lie: undefined,
    hasRogue: false,
    crowded: { lights, anchors: [random.below(ANCHORS)] },
    wanted: drawWanted(random.fork('wanted')),
    plan: { ...NO_FAULTS, faults: [...jumps, ...ends].toSorted((a, b) => a.atMs - b.atMs) },
  };
}

const drawWanted = (random: Random): Wanted[] =>
  Array.from({ length: TRANSACTIONS }, (_, i): Wanted => ({
    atMs: random.below(2_000),
    client: 0,
    sender: i % 3,
    want: 'fair',
    bytes: random.pick([1, 400, 1_200]),
  })).toSorted((a, b) => a.atMs - b.atMs);

/** Where the rows of these transactions are, on the disks. */
function rowsOf(course: Course, sent: readonly Sent[]) {
  const { world, town, drawn } = course;
  const whole = new Set<string>();
  const first = new Map(sent.map((each) => [each.name, manifestOf(course, each)]));
  const crowded = new Set([
    ...(drawn.crowded?.lights ?? []).map((at) => town.lights[at]!),
    ...(drawn.crowded?.anchors ?? []).map((at) => town.anchors[at]!),
  ]);
  const lookAt = (each: Sent): void => {
    const lacks = lackedRows(course, first.get(each.name)!, furthest(course, each));
    if (lacks.length === 0) whole.add(each.name);
    const isKept = !whole.has(each.name) || lacks.length === 0;
    world.claim(isKept, () => `${each.name} has all of its rows: not ${lacks.join(' ')}`);
  };
  return {
    look: () => {
      for (const each of sent) lookAt(each);
    },
    /** Rows that are still with whoever had no room when they were placed. */
    unwanted: (): string[] =>
      sent.flatMap((each) => {
        const manifest = first.get(each.name)!;
        const placed = manifest.placement.holders.slice(0, placedRows(manifest));
        return placed.flatMap((holder, row) =>
          crowded.has(holder) && has(course, manifest, holder, row)
            ? [`${each.name} ${row} at ${holder}`]
            : [],
        );
      }),
  };
}

const manifestOf = ({ town }: Course, sent: Sent): Manifest =>
  certifiedOf(town, town.delegates[0]!, sent)!.manifest;

/** By the ledger that has seen most of it. */
function furthest({ town }: Course, sent: Sent): Fate {
  const fates = town.delegates.map((node) => fateOf(town, node, sent));
  return fates.toSorted((a, b) => b.round - a.round)[0]!;
}

function lackedRows(course: Course, manifest: Manifest, fate: Fate): readonly number[] {
  const places = placesOf(manifest, fate);
  return Array.from({ length: placedRows(manifest) }, (_, row) => row).filter((row) => {
    const isRenewed = fate.places.some((place) => place.row === row);
    const spares = isLightRow(manifest, row) && !isRenewed ? manifest.placement.spares : [];
    return [places[row]!.holder, ...spares].every((node) => !has(course, manifest, node, row));
  });
}

function has({ town }: Course, { txId }: Manifest, node: NodeAddress, row: number): boolean {
  const disk = town.machineOf.get(node)!.pieces.of(node);
  if (disk === undefined) return false;
  const role = town.roleOf.get(node) === 'light' ? 'light' : 'anchor';
  const value = durablePieces(disk).get(pieceKey(role, txId, row));
  return value !== undefined && readHeld(value)?.row === row;
}

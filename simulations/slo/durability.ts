/**
 * Durability with repair: how long until fewer than k pieces of a transaction exist anywhere.
 *
 * A Markov chain over the lights, and the anchors of each group, that still hold their pieces:
 *
 *   (30;3,3) --lights leave--> (29;3,3) ... (14;3,3) ------.      due, urgent or lost: as the repair of
 *      ^      anchors die ---> (30;2,3) ...   |            |      a city judges it, by the policy's own
 *      '--------- repair, all at once --------'    fewer than k   thresholds (protocols/repair/judge.ts)
 *                                                       |
 *                                                      LOST
 *
 * Lights leave for good and anchors die at constant rates. Repair begins when it is noticed, tries
 * until a read finds k pieces online (availability.ts), and then makes all pieces anew, since one
 * decode rebuilds all. The time to notice is counted anew in each state, which is pessimistic.
 * Not in it: expiry (what outlives its TTL is gone on purpose), continents lost for good, liars, bugs.
 * The rates of leaving are assumptions until a network has measured them; they are options.
 */
import { DAY_MS } from '#config/policy/zone.ts';
import { binomial, certain, chanceBelow, sum, times } from '#algorithms/distribution.ts';
import { assert } from '#lib/assert.ts';
import type { Policy } from '#config/policy.ts';
import { DEFAULTS } from '#config/policy/read.ts';
import { judge, type Verdict } from '#protocols/repair/judge.ts';
import { piecesIn, piecesOf, type Layout } from './layout.ts';
import { longRun, LOSS, lossWithin, type Chain, type Move } from './markov.ts';

export interface Repairing {
  /** How long a light stays before it leaves with its piece, on average. */
  readonly lightLifeDays: number;
  readonly anchorLifeDays: number;
  /** Repair starts at so many healthy pieces, or at so many on anchors, or fewer. */
  readonly startAt: number;
  readonly anchorPiecesLow: number;
  readonly urgentAt: number;
  /** From a holder's leaving to its being no longer counted: lights weeks, anchors hours. */
  readonly lightNoticeDays: number;
  readonly anchorNoticeDays: number;
  /** How long a repair waits in its queue, and how long an urgent one. */
  readonly routineDays: number;
  readonly urgentDays: number;
  /** After how long it tries again when too few pieces were online. */
  readonly retryDays: number;
}

/** How long the judge of a policy waits for who is away. */
export function noticeDays({ light, anchor }: Policy['repair']['missedMs']) {
  return { lightNoticeDays: light / DAY_MS, anchorNoticeDays: anchor / DAY_MS };
}

/**
 * The policy's thresholds, and how long the judge waits for who is away. Devices are kept two years on
 * average, anchors are replaced after five. Routine repair waits for its budget of bytes, urgent does
 * not; an hour after a try that found too few, other lights are online.
 */
export const REPAIRING: Repairing = {
  lightLifeDays: 730,
  anchorLifeDays: 1_825,
  startAt: 26,
  anchorPiecesLow: 9,
  urgentAt: 16,
  ...noticeDays(DEFAULTS.repair.missedMs),
  routineDays: 1,
  urgentDays: 1 / 24,
  retryDays: 1 / 24,
};

/** The same with nobody repairing. */
export const UNREPAIRED: Repairing = {
  ...REPAIRING,
  startAt: -1,
  anchorPiecesLow: -1,
  urgentAt: -1,
};

export interface Durability {
  readonly meanDaysToLoss: number;
  /** The chance that it is lost within the time asked for. */
  readonly lossWithin: number;
  readonly repairsPerYear: number;
  /** Pieces made anew in a year, of one transaction. */
  readonly piecesPerYear: number;
}

const DAYS_PER_YEAR = 365.25;

export function durability(layout: Layout, repairing: Repairing, days: number): Durability {
  const chain = chainOf(layout, repairing);
  const { meanTime, share } = longRun(chain);
  const repairs = chain.moves.filter(({ made }) => made > 0);
  const perDay = (what: (move: Step) => number): number =>
    repairs.reduce((total, move) => total + share[move.from]! * move.rate * what(move), 0);
  return {
    meanDaysToLoss: meanTime,
    lossWithin: lossWithin(chain, days),
    repairsPerYear: perDay(() => DAYS_PER_YEAR),
    piecesPerYear: perDay(({ made }) => made * DAYS_PER_YEAR),
  };
}

interface Step extends Move {
  /** Pieces that a repair makes; 0 for what is no repair. */
  readonly made: number;
}

interface Steps extends Chain {
  readonly moves: readonly Step[];
}

/** Anchors that still hold, by their group of the layout. */
type Anchors = readonly number[];

/** More states than these are not computed; and so many ways to lose anchors are looked through for them. */
const STATES_MAX = 2_500;
const ANCHORINGS_MAX = 20_000;

/** Whether a layout is small enough for its chain. */
export function hasChain(layout: Layout): boolean {
  const all = layout.anchors.reduce((product, { devices }) => product * (devices + 1), 1);
  if (all > ANCHORINGS_MAX) return false;
  return anchoringsOf(layout).length * (piecesIn(layout.lights) + 1) <= STATES_MAX;
}

/** The states with the same anchors: from all lights down to as few as suffice. */
interface Row {
  readonly anchors: Anchors;
  /** The state with all lights, and with how few lights the last one is. */
  readonly first: number;
  readonly least: number;
}

/** State 0 is the whole; whoever loses something comes behind. */
export function chainOf(layout: Layout, repairing: Repairing): Steps {
  assert(hasChain(layout), 'a chain has few states');
  const all = piecesIn(layout.lights);
  const { rows, states } = rowsOf(layout, all);
  const at = (row: Row | undefined, lights: number): number =>
    row === undefined || lights < row.least ? LOSS : row.first + all - lights;
  const rateOf = repairRates(layout, repairing);
  const moves: Step[] = [];
  for (const row of rows.values()) {
    const losses = lossesOf(layout, row, rows);
    const left = rateOf(row.anchors);
    for (let lights = all; lights >= row.least; lights--) {
      const from = at(row, lights);
      const add = (to: number, rate: number, made: number): void => {
        if (rate > 0) moves.push({ from, to, rate, made });
      };
      add(at(row, lights - 1), lights / repairing.lightLifeDays, 0);
      for (const { to, devices } of losses) {
        add(at(to, lights), devices / repairing.anchorLifeDays, 0);
      }
      const { rate, made } = left(lights);
      add(0, rate, made);
    }
  }
  return { states, moves };
}

function rowsOf(layout: Layout, all: number): { rows: ReadonlyMap<string, Row>; states: number } {
  const rows = new Map<string, Row>();
  let states = 0;
  for (const anchors of anchoringsOf(layout)) {
    const least = Math.max(0, layout.k - anchoredIn(layout, anchors));
    if (least > all) continue;
    rows.set(anchors.join(), { anchors, first: states, least });
    states += all - least + 1;
  }
  return { rows, states };
}

/** What is left when one more anchor of a group dies; nothing where that is too few. */
function lossesOf(layout: Layout, { anchors }: Row, rows: ReadonlyMap<string, Row>) {
  const devicesBy = new Map<Row | undefined, number>();
  for (const [group, devices] of anchors.entries()) {
    if (devices === 0) continue;
    // Groups that are alike lead to the same.
    const to = rows.get(canonical(layout, anchors.with(group, devices - 1)).join());
    devicesBy.set(to, (devicesBy.get(to) ?? 0) + devices);
  }
  return Array.from(devicesBy, ([to, devices]) => ({ to, devices }));
}

const anchoredIn = ({ anchors: groups }: Layout, anchors: Anchors): number =>
  anchors.reduce((sum, devices, group) => sum + devices * groups[group]!.piecesEach, 0);

/**
 * Continents with like groups are as good as each other: of states that differ only in which of them lost
 * what, one stands for all. Groups of a continent stay together, for its quota is theirs.
 */
function canonical({ anchors: groups }: Layout, anchors: readonly number[]): readonly number[] {
  const places = new Map<string, number[]>();
  for (const [i, { continent }] of groups.entries()) {
    places.set(continent, [...(places.get(continent) ?? []), i]);
  }
  const alike = Map.groupBy(places.values(), (own) =>
    own.map((i) => `${groups[i]!.devices}x${groups[i]!.piecesEach}@${groups[i]!.online}`).join(),
  );
  const ordered = [...anchors];
  for (const continents of alike.values()) {
    const held = continents.map((own) => own.map((i) => anchors[i]!)).toSorted(compareHeld);
    for (const [nth, own] of continents.entries()) {
      for (const [j, i] of own.entries()) ordered[i] = held[nth]![j]!;
    }
  }
  return ordered;
}

/** The fuller first. */
function compareHeld(a: readonly number[], b: readonly number[]): number {
  const differs = a.findIndex((held, i) => held !== b[i]);
  return differs < 0 ? 0 : b[differs]! - a[differs]!;
}

/** The same for all chances that a light is online. */
const ANCHORINGS = new WeakMap<Layout['anchors'], readonly Anchors[]>();

function anchoringsOf(layout: Layout): readonly Anchors[] {
  const known = ANCHORINGS.get(layout.anchors) ?? anchoringsIn(layout);
  ANCHORINGS.set(layout.anchors, known);
  return known;
}

function anchoringsIn(layout: Layout): readonly Anchors[] {
  const all = layout.anchors.reduce<readonly (readonly number[])[]>(
    (before, { devices }) =>
      before.flatMap((held) => downFrom(devices).map((left) => held.concat(left))),
    [[]],
  );
  return all.filter((anchors) => compareHeld(canonical(layout, anchors), anchors) === 0);
}

const downFrom = (most: number): number[] => Array.from({ length: most + 1 }, (_, i) => most - i);

/**
 * Repairs a day from each state, and what they make: none while it is sound, and as often as k pieces are
 * online at once. Anchors are missed within hours: where their loss alone is a reason, nobody waits for
 * the lights.
 */
function repairRates(layout: Layout, repairing: Repairing) {
  const fails = failing(layout);
  const verdicts = verdictsOn(layout, repairing);
  const whole = piecesOf(layout);
  return (anchors: Anchors) => {
    const verdictAt = verdicts(anchors);
    const failsAt = fails(anchors);
    const held = anchoredIn(layout, anchors);
    const isOfAnchors = 'why' in verdictAt(piecesIn(layout.lights));
    const noticeDays = isOfAnchors ? repairing.anchorNoticeDays : repairing.lightNoticeDays;
    return (lights: number): { rate: number; made: number } => {
      const made = whole - held - lights;
      const verdict = verdictAt(lights);
      const reads = 'why' in verdict ? 1 - failsAt(lights) : 0;
      if (reads === 0) return { rate: 0, made };
      const waitDays = verdict.is === 'urgent' ? repairing.urgentDays : repairing.routineDays;
      return { rate: 1 / (noticeDays + waitDays + repairing.retryDays * (1 / reads - 1)), made };
    };
  };
}

/** As the city's repair judges it, long after its acks and long before its end. */
function verdictsOn(layout: Layout, { startAt: repairAt, urgentAt, anchorPiecesLow }: Repairing) {
  const full = layout.anchors.map(({ devices }) => devices);
  const continents = Array.from(byContinent(layout, full), ([continent, pieces]) => ({
    continent,
    anchors: 1,
    pieces,
  }));
  const terms = { k: layout.k, lights: piecesIn(layout.lights), continents, onlineFloor: 0 };
  const judging = {
    terms: { ...terms, repairAt, urgentAt, anchorPiecesLow },
    ...FOR_EVER,
    present: new Set(continents.map(({ continent }) => continent)),
  };
  return (anchors: Anchors) => {
    const sound = byContinent(layout, anchors);
    return (lights: number): Verdict =>
      judge(judging, { lights, anchors: sound, online: 0, anchorLeftMs: Infinity }, 0);
  };
}

function byContinent({ anchors: groups }: Layout, anchors: Anchors): ReadonlyMap<string, number> {
  const pieces = new Map<string, number>();
  for (const [group, { continent, piecesEach }] of groups.entries()) {
    pieces.set(continent, (pieces.get(continent) ?? 0) + anchors[group]! * piecesEach);
  }
  return pieces;
}

const FOR_EVER = {
  lightUntil: Infinity,
  anchorUntil: Infinity,
  expiresAt: Infinity,
  repair: { settleMs: 0, watermarkMs: 0, floorAction: 'alarm' },
  ackedAt: 0,
  isUnderway: false,
} as const;

/**
 * How often a read finds too few, by who still holds: `readFails` of what is left, with what many states
 * share found once. Lights are alike, whichever of them are left.
 */
function failing({ k, lights, anchors: groups }: Layout) {
  const online = lights[0]?.online ?? 0;
  const belowOf = cached((held: number): number[] => {
    const distribution = binomial(held, online);
    return Array.from({ length: k + 1 }, (_, bound) => chanceBelow(distribution, bound));
  });
  return (anchors: Anchors) => {
    const anchored = groups
      .map(({ online: up, piecesEach }, i) => times(binomial(anchors[i]!, up), piecesEach))
      .reduce(sum, certain(0))
      .slice(0, k);
    return (held: number): number => {
      const below = belowOf(held);
      return anchored.reduce((all, chance, j) => all + chance * below[k - j]!, 0);
    };
  };
}

function cached<T>(make: (of: number) => T): (of: number) => T {
  const known = new Map<number, T>();
  return (of) => {
    const found = known.get(of) ?? make(of);
    known.set(of, found);
    return found;
  };
}

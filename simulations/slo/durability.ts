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
import { judge, MISSED_MS, type Verdict } from '#protocols/repair/judge.ts';
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
  lightNoticeDays: MISSED_MS.light / DAY_MS,
  anchorNoticeDays: MISSED_MS.anchor / DAY_MS,
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

/** Who still holds: lights, and anchors by their group of the layout. */
interface Holding {
  readonly lights: number;
  readonly anchors: readonly number[];
}

/** More states than these are not computed. */
const STATES_MAX = 2_500;

/** Whether a layout is small enough for its chain. */
export const hasChain = (layout: Layout): boolean =>
  anchoringsOf(layout).length * (piecesIn(layout.lights) + 1) <= STATES_MAX;

/** State 0 is the whole. */
export function chainOf(layout: Layout, repairing: Repairing): Steps {
  assert(hasChain(layout), 'a chain has few states');
  const held = statesFrom(layout);
  const numbers = new Map(held.map((each, number) => [keyOf(each), number]));
  const at = (lights: number, anchors: readonly number[]): number =>
    numbers.get(keyOf({ lights, anchors: canonical(layout, anchors) })) ?? LOSS;
  const whole = piecesOf(layout);
  const fails = failing(layout);
  const moves = held.flatMap((holding, from): Step[] => {
    const made = whole - piecesOfHolding(layout, holding);
    const { lights, anchors } = holding;
    const steps: Step[] = [
      {
        from,
        to: at(lights - 1, anchors),
        rate: lights / repairing.lightLifeDays,
        made: 0,
      },
      ...anchors.map((devices, group) => ({
        from,
        to: at(lights, anchors.with(group, devices - 1)),
        rate: devices / repairing.anchorLifeDays,
        made: 0,
      })),
      { from, to: 0, rate: repairRate(layout, repairing, holding, fails), made },
    ];
    return steps.filter(({ rate }) => rate > 0);
  });
  return { states: held.length, moves };
}

const keyOf = ({ lights, anchors }: Holding): string => `${lights},${anchors.join(',')}`;

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

function anchoringsOf(layout: Layout): (readonly number[])[] {
  const all = layout.anchors.reduce<readonly (readonly number[])[]>(
    (before, { devices }) =>
      before.flatMap((held) => downFrom(devices).map((left) => held.concat(left))),
    [[]],
  );
  return all.filter((anchors) => compareHeld(canonical(layout, anchors), anchors) === 0);
}

const piecesOfHolding = ({ anchors: groups }: Layout, { lights, anchors }: Holding): number =>
  anchors.reduce((sum, devices, group) => sum + devices * groups[group]!.piecesEach, lights);

/** All with k pieces and more, the fullest first: whoever loses something comes behind. */
function statesFrom(layout: Layout): Holding[] {
  const lights = downFrom(piecesIn(layout.lights));
  return anchoringsOf(layout)
    .flatMap((anchors) => lights.map((held): Holding => ({ lights: held, anchors })))
    .filter((holding) => piecesOfHolding(layout, holding) >= layout.k);
}

const downFrom = (most: number): number[] => Array.from({ length: most + 1 }, (_, i) => most - i);

/** Repairs a day from a state: none while it is sound, and as often as k pieces are online at once. */
function repairRate(
  layout: Layout,
  repairing: Repairing,
  holding: Holding,
  fails: (holding: Holding) => number,
): number {
  const verdict = verdictOn(layout, repairing, holding);
  if (!('why' in verdict)) return 0;
  const reads = 1 - fails(holding);
  if (reads === 0) return 0;
  // Anchors are missed within hours: where their loss alone is a reason, nobody waits for the lights.
  const withLights = verdictOn(layout, repairing, { ...holding, lights: piecesIn(layout.lights) });
  const isOfAnchors = 'why' in withLights;
  const noticeDays = isOfAnchors ? repairing.anchorNoticeDays : repairing.lightNoticeDays;
  const waitDays = verdict.is === 'urgent' ? repairing.urgentDays : repairing.routineDays;
  return 1 / (noticeDays + waitDays + repairing.retryDays * (1 / reads - 1));
}

/** As the city's repair judges it, long after its acks and long before its end. */
function verdictOn(layout: Layout, repairing: Repairing, { lights, anchors }: Holding): Verdict {
  const pieces = new Map<string, number>();
  const sound = new Map<string, number>();
  for (const [group, { continent, devices, piecesEach }] of layout.anchors.entries()) {
    pieces.set(continent, (pieces.get(continent) ?? 0) + devices * piecesEach);
    sound.set(continent, (sound.get(continent) ?? 0) + anchors[group]! * piecesEach);
  }
  const continents = Array.from(pieces, ([continent, all]) => ({
    continent,
    anchors: 1,
    pieces: all,
  }));
  const { startAt: repairAt, urgentAt, anchorPiecesLow } = repairing;
  const terms = { k: layout.k, lights: piecesIn(layout.lights), continents, onlineFloor: 0 };
  const judging = {
    terms: { ...terms, repairAt, urgentAt, anchorPiecesLow },
    ...FOR_EVER,
    present: new Set(pieces.keys()),
  };
  return judge(judging, { lights, anchors: sound, online: 0, anchorLeftMs: Infinity }, 0);
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
function failing({ k, lights, anchors: groups }: Layout): (holding: Holding) => number {
  const online = lights[0]?.online ?? 0;
  const belowOf = cached((held: number): number[] => {
    const distribution = binomial(held, online);
    return Array.from({ length: k + 1 }, (_, bound) => chanceBelow(distribution, bound));
  });
  const ofGroups = groups.map((group) =>
    cached((devices: number) => times(binomial(devices, group.online), group.piecesEach)),
  );
  return ({ lights: held, anchors }) => {
    const below = belowOf(held);
    const anchored = anchors.map((devices, i) => ofGroups[i]!(devices)).reduce(sum, certain(0));
    return anchored.slice(0, k).reduce((all, chance, j) => all + chance * below[k - j]!, 0);
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

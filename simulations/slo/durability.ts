/**
 * Durability with repair: how long until fewer than k pieces of a transaction exist anywhere.
 *
 * A Markov chain over (lights, anchors) that still hold their pieces:
 *
 *   (30,3) --lights leave--> (29,3) ... (14,3) --------.      healthy = lights + a x anchors
 *      ^      anchors die -> (30,2) ...   |            |      routine below start_at, or when anchor
 *      '------- repair, all at once ------'   healthy < k     pieces are few; urgent at urgent_at
 *                                                  |
 *                                                 LOST
 *
 * Lights leave for good and anchors die at constant rates. Repair begins when it is noticed, tries
 * until a read finds k pieces online (availability.ts), and then makes all pieces anew, since one
 * decode rebuilds all. The time to notice is counted anew in each state, which is pessimistic.
 * Not in it: expiry (what outlives its TTL is gone on purpose), continents lost for good, liars, bugs.
 * The rates of leaving are assumptions until a network has measured them; they are options.
 */
import { assert } from '#lib/assert.ts';
import { readFails } from './availability.ts';
import { piecesIn, type Group, type Layout } from './layout.ts';
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
 * The policy's thresholds. Devices are kept two years on average, anchors are replaced after five;
 * lights are missed within two weeks, anchors within six hours. Routine repair waits for its budget of
 * bytes, urgent does not; an hour after a try that found too few, other lights are online.
 */
export const REPAIRING: Repairing = {
  lightLifeDays: 730,
  anchorLifeDays: 1_825,
  startAt: 26,
  anchorPiecesLow: 9,
  urgentAt: 16,
  lightNoticeDays: 14,
  anchorNoticeDays: 1 / 4,
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

/** State 0 is the whole; the anchors of a layout must hold alike many pieces each. */
export function chainOf(layout: Layout, repairing: Repairing): Steps {
  const each = layout.anchors[0]?.piecesEach ?? 1;
  assert(
    layout.anchors.every(({ piecesEach }) => piecesEach === each),
    'all anchors hold alike many pieces',
  );
  const full = { lights: piecesIn(layout.lights), anchors: piecesIn(layout.anchors) / each };
  const healthy = (lights: number, anchors: number): number => lights + each * anchors;
  const numbers = new Map<string, number>();
  const held: { readonly lights: number; readonly anchors: number }[] = [];
  for (let anchors = full.anchors; anchors >= 0; anchors--) {
    for (let lights = full.lights; lights >= 0; lights--) {
      if (healthy(lights, anchors) < layout.k) break;
      numbers.set(`${lights},${anchors}`, held.push({ lights, anchors }) - 1);
    }
  }
  const at = (lights: number, anchors: number): number =>
    numbers.get(`${lights},${anchors}`) ?? LOSS;
  const whole = healthy(full.lights, full.anchors);
  const moves = held.flatMap(({ lights, anchors }, from): Step[] => {
    const rate = repairRate(layout, repairing, { lights, anchors, each });
    const made = whole - healthy(lights, anchors);
    return [
      { from, to: at(lights - 1, anchors), rate: lights / repairing.lightLifeDays, made: 0 },
      { from, to: at(lights, anchors - 1), rate: anchors / repairing.anchorLifeDays, made: 0 },
      { from, to: 0, rate: made > 0 ? rate : 0, made },
    ].filter((move) => move.rate > 0);
  });
  return { states: held.length, moves };
}

/** Repairs a day from a state: none while it is sound, and as often as k pieces are online at once. */
function repairRate(
  { k, lights, anchors }: Layout,
  repairing: Repairing,
  held: { readonly lights: number; readonly anchors: number; readonly each: number },
): number {
  const anchorPieces = held.each * held.anchors;
  const healthy = held.lights + anchorPieces;
  const anchorsAreLow = anchorPieces <= repairing.anchorPiecesLow;
  if (healthy > repairing.startAt && !anchorsAreLow) return 0;
  const reads =
    1 -
    readFails({
      k,
      lights: cutTo(lights, held.lights),
      anchors: cutTo(anchors, held.anchors),
    });
  if (reads === 0) return 0;
  const noticeDays = anchorsAreLow ? repairing.anchorNoticeDays : repairing.lightNoticeDays;
  const waitDays = healthy <= repairing.urgentAt ? repairing.urgentDays : repairing.routineDays;
  return 1 / (noticeDays + waitDays + repairing.retryDays * (1 / reads - 1));
}

/** So many devices, all of them like those of the first group. */
const cutTo = ([first]: readonly Group[], devices: number): Group[] =>
  first === undefined ? [] : [{ ...first, devices }];

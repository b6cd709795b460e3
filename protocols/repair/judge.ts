/**
 * Judging: from what is known of its pieces, whether a transaction is to be repaired, and why.
 *
 *   piece    unacked | expired | disproved | missed | sound            stateOf
 *   tally    sound pieces on lights and on each continent's anchors
 *   verdict  settling, sound, due, urgent or lost; and whether to alarm  judge
 *
 *                     at a threshold of the policy
 *       sound ----------------------------------------> due, urgent
 *         ^                                               |
 *         '---------- no piece is missing any more -------'   (what has begun is finished: else
 *                                                               it would begin again at the next loss)
 *
 * Wanted is what the manifest's terms promise at that moment: when the lights' time is over, theirs are
 * gone on purpose, and the thresholds shrink by as many. A holder that is away is missed after hours
 * (anchors) or weeks (lights): most come back, and moving their pieces would be for nothing. How many
 * pieces are *online* is another matter: it raises an alarm, and moves data only where the policy says so.
 *
 * Safety: nothing is repaired that nobody wants; fewer than k sound pieces are never called anything but
 * lost. Pure, in integers but for `survivalDays`, which orders and decides nothing else. The repair of a
 * city and `city-chain sim year` both judge by this.
 */
import type { Policy } from '#config/policy.ts';
import type { HolderRole } from '../eligibility.ts';
import type { Resolved } from '../policy.ts';

/** What is known of the piece in one row. Times are milliseconds since 1970. */
export interface Sight {
  /** For so long whoever is away is waited for: by the policy, for its role. */
  readonly missedMs: number;
  /** By whoever has the row now. */
  readonly isAcked: boolean;
  /** Its holder signed other bytes for it, or has lost it. */
  readonly isDisproved: boolean;
  /** Until when it is held. */
  readonly until: number;
  /** When its holder was seen last. */
  readonly seenAt: number;
}

export type PieceState = 'sound' | 'unacked' | 'expired' | 'disproved' | 'missed';

export function stateOf(
  { missedMs, isAcked, isDisproved, until, seenAt }: Sight,
  at: number,
): PieceState {
  if (!isAcked) return 'unacked';
  if (isDisproved) return 'disproved';
  if (until <= at) return 'expired';
  return at - seenAt > missedMs ? 'missed' : 'sound';
}

/** Sound pieces of one transaction. */
export interface Tally {
  readonly lights: number;
  /** By continent. */
  readonly anchors: ReadonlyMap<string, number>;
  /** Of all that are sound, those whose holders are there right now. */
  readonly online: number;
  /** How long the first of the sound anchor pieces will still be held; `Infinity` where there is no end. */
  readonly anchorLeftMs: number;
}

/** What was promised, and by which rules it is judged. */
export interface Judging {
  readonly terms: Pick<
    Resolved,
    'k' | 'lights' | 'continents' | 'repairAt' | 'urgentAt' | 'anchorPiecesLow' | 'onlineFloor'
  >;
  /** Of the manifest, and the end of the transaction itself. */
  readonly lightUntil: number;
  readonly anchorUntil: number;
  readonly expiresAt: number;
  readonly repair: Pick<Policy['repair'], 'settleMs' | 'watermarkMs' | 'floorAction'>;
  /** When its acks were certified. */
  readonly ackedAt: number;
  /** A repair has begun and has not been finished. */
  readonly isUnderway: boolean;
  /** Continents that have anchors now: what others were to hold, these take. */
  readonly present: ReadonlySet<string>;
}

export type Why =
  /** Few pieces; few on anchors; few on the anchors of one continent. */
  | 'pieces'
  | 'anchors'
  | 'continent'
  /** The anchors' time is nearly over, the transaction's is not. */
  | 'time'
  /** Few online, and the policy says that this moves data. */
  | 'floor'
  | 'underway';

export type Verdict =
  | { readonly is: 'settling' | 'sound'; readonly missing: number; readonly alarm: boolean }
  | {
      readonly is: 'due' | 'urgent';
      readonly why: Why;
      readonly missing: number;
      readonly alarm: boolean;
    }
  | { readonly is: 'lost'; readonly missing: number; readonly alarm: true };

export interface Wanted {
  readonly lights: number;
  /** By continent. */
  readonly continents: Resolved['continents'];
  readonly anchors: number;
  readonly all: number;
}

/**
 * What the terms promise at a moment. Beyond an anchor's time the transaction still wants its pieces, as
 * long as it lives: then they are to be kept again.
 */
export function wantedAt(
  { terms, lightUntil, expiresAt }: Pick<Judging, 'terms' | 'lightUntil' | 'expiresAt'>,
  at: number,
): Wanted {
  const lights = at < lightUntil ? terms.lights : 0;
  const continents = at < expiresAt ? terms.continents : [];
  const anchors = continents.reduce((sum, { pieces }) => sum + pieces, 0);
  return { lights, continents, anchors, all: lights + anchors };
}

export function judge(judging: Judging, tally: Tally, at: number): Verdict {
  const { terms, repair, ackedAt } = judging;
  const wanted = wantedAt(judging, at);
  const sound = soundOf(tally);
  const missing = missingOf(wanted, tally, judging.present);
  const alarm = wanted.all > 0 && tally.online < terms.onlineFloor;
  // Whose time is over wants nothing, and what is still arriving is no loss.
  if (wanted.all === 0) return { is: 'sound', missing: 0, alarm: false };
  if (at < ackedAt + repair.settleMs) return { is: 'settling', missing, alarm };
  if (sound < terms.k) return { is: 'lost', missing, alarm: true };
  const why = reasonFor(judging, wanted, tally, at);
  if (why === undefined) return { is: 'sound', missing, alarm };
  return { is: sound <= terms.urgentAt ? 'urgent' : 'due', why, missing, alarm };
}

export const soundOf = ({ lights, anchors }: Pick<Tally, 'lights' | 'anchors'>): number => {
  let sound = lights;
  for (const pieces of anchors.values()) sound += pieces;
  return sound;
};

/**
 * What a repair makes. A piece too many on one continent is none for another, but for one that is dark:
 * its share is made up wherever there are anchors.
 */
export function missingOf(
  wanted: Wanted,
  { lights, anchors }: Pick<Tally, 'lights' | 'anchors'>,
  present: ReadonlySet<string>,
): number {
  const ofLights = Math.max(0, wanted.lights - lights);
  if (wanted.continents.every(({ continent }) => !present.has(continent))) return ofLights;
  let [there, held] = [0, 0];
  for (const { continent, pieces } of wanted.continents) {
    if (present.has(continent)) there += Math.max(0, pieces - (anchors.get(continent) ?? 0));
  }
  for (const pieces of anchors.values()) held += pieces;
  return ofLights + Math.max(there, wanted.anchors - held);
}

function reasonFor(judging: Judging, wanted: Wanted, tally: Tally, at: number): Why | undefined {
  const { terms, repair, anchorUntil, expiresAt, isUnderway } = judging;
  const missing = missingOf(wanted, tally, judging.present);
  if (missing > 0) {
    const low = lowOf(judging, wanted, tally);
    if (low !== undefined) return low;
    if (isUnderway) return 'underway';
  }
  const ends = anchorUntil < expiresAt && wanted.anchors > 0;
  if (ends && at < expiresAt && tally.anchorLeftMs <= repair.watermarkMs) return 'time';
  const isBelowFloor = tally.online < terms.onlineFloor && repair.floorAction === 'repair';
  return isBelowFloor && missing > 0 ? 'floor' : undefined;
}

/** Thresholds are of the pieces of the terms: where fewer are wanted, they are lower by as many. */
function lowOf(
  { terms, present }: Judging,
  wanted: Wanted,
  tally: Tally,
): 'pieces' | 'anchors' | 'continent' | undefined {
  const placed = terms.continents.reduce((sum, { pieces }) => sum + pieces, 0);
  const over = terms.lights + placed - wanted.all;
  if (soundOf(tally) <= terms.repairAt - over) return 'pieces';
  if (wanted.anchors === 0) return undefined;
  const anchored = soundOf({ lights: 0, anchors: tally.anchors });
  if (anchored < wanted.anchors && anchored <= terms.anchorPiecesLow) return 'anchors';
  const isThin = wanted.continents.some(
    ({ continent, pieces }) =>
      present.has(continent) &&
      isBelowShare(tally.anchors.get(continent) ?? 0, pieces, terms.anchorPiecesLow, placed),
  );
  return isThin ? 'continent' : undefined;
}

/** The low mark of all anchor pieces, in proportion to those of one continent. */
const isBelowShare = (sound: number, pieces: number, low: number, placed: number): boolean =>
  sound < pieces && sound * placed <= low * pieces;

/** How long devices stay, on average; only orders what is to be repaired. */
const STAYS_DAYS: Readonly<Record<HolderRole, number>> = { light: 730, anchor: 1_825 };

/** The days until fewer than k pieces are left, were nothing repaired: what has fewest comes first. */
export function survivalDays(tally: Pick<Tally, 'lights' | 'anchors'>, k: number): number {
  let lights = tally.lights;
  let anchors = soundOf({ lights: 0, anchors: tally.anchors });
  let days = 0;
  for (let left = lights + anchors; left >= k && left > 0; left--) {
    const [ofLights, ofAnchors] = [lights / STAYS_DAYS.light, anchors / STAYS_DAYS.anchor];
    const rate = ofLights + ofAnchors;
    days += 1 / rate;
    lights -= ofLights / rate;
    anchors -= ofAnchors / rate;
  }
  return days;
}

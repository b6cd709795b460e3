/**
 * Fate: what acts have made of a committed transaction. Who holds its rows now, who repairs it, whether it is complete.
 *
 *   fate + act + time of its batch --(meaning)--> fate, or nothing: it comes too late, twice, or from somebody else
 *
 *   sound --repair-req | repair-lease--> REPAIR_REQ --repair-ack of all leased rows--> sound
 *                                          |   ^
 *                                        lost  repair-lease
 *                                          v   |
 *                                          LOST
 *
 * A lease is for one round of repair, and one delegate's until its time is over; then any delegate may take the same
 * round. So of a round at most one renewal is ever applied, and each stands on the places that the one before left.
 * A renewal that comes after the lease's time is taken as long as nobody else has taken the lease: its pieces are there.
 *
 * A spare that acknowledged a row holds it from the beginning: what a transaction's certificate says of that its fate
 * begins with.
 *
 * Nobody keeps a lease: prolonged, it lasts so long in all as the policy says, and who had it rests before it takes it again; so
 * does who ended a round short of what it had leased. Nor does anybody go through rounds until one draws whom he likes: each
 * of one day is followed by a pause twice as long as the one before, up to the longest of the policy.
 *
 * Safety: a function of the order, and of the policy that it has in force (`Turns`). Times are those of batches, so whoever has applied the same heights says the same,
 * whatever his clock. Cost: one record of some 100 bytes, and 50 for each row that was renewed.
 */
import { PIECES_MAX } from '#algorithms/erasure/code.ts';
import type { Policy } from '#config/policy.ts';
import { round, type Saying, type Says } from './act.ts';
import { count, flag, list, oneOf, optional, record, type Infer } from './codec.ts';
import { row } from './holding.ts';
import { heldUntil, type Manifest } from './manifest.ts';
import {
  standing as lifecycle,
  step,
  type EventName,
  type Health,
  type Order,
} from './lifecycle.ts';
import type { NodeAddress } from './subjects.ts';
import { nodeName, unixMs } from './terms.ts';
import { LIFETIME_MS_MAX } from './transaction.ts';

/** How long leases, rests and pauses are: by the policy in force for a batch. */
export type Turns = Policy['repair']['turns'];
const DAY_MS = 86_400_000;

const rows = list(row, PIECES_MAX);
/** `sinceMs`: when its holder took it, however often it was prolonged. */
const Lease = record({ round, by: nodeName, rows, sinceMs: unixMs, untilMs: unixMs });
/** Rounds that have ended since, within a day; and when the next one may begin. */
const Rounds = record({ sinceMs: unixMs, ended: count(255), nextMs: unixMs });
const Resting = record({ by: nodeName, untilMs: unixMs });
/** Who holds a row, and until when. */
export const Place = record({ row, holder: nodeName, until: unixMs });
export type Place = Infer<typeof Place>;
export type Lease = Infer<typeof Lease>;

export const Fate = record({
  health: oneOf('sound', 'REPAIR_REQ', 'LOST'),
  /** Of the last repair that came to an end. */
  round,
  lease: optional(Lease),
  rounds: optional(Rounds),
  resting: optional(Resting),
  /** Rows that are held by others than the manifest says, by ascending row. */
  places: list(Place, PIECES_MAX),
  isComplete: flag,
  isErased: flag,
  /** Its manifest was shown to be a lie: nobody can read it, ever. */
  isFalse: flag,
  /** How often its end was moved. */
  extended: count(0xffff),
});
export type Fate = Infer<typeof Fate>;

export const SOUND: Fate = {
  health: 'sound',
  round: 0,
  lease: undefined,
  rounds: undefined,
  resting: undefined,
  places: [],
  isComplete: false,
  isErased: false,
  isFalse: false,
  extended: 0,
};

/** Who holds each row now, and until when. */
export function placesOf(
  manifest: Pick<Manifest, 'terms' | 'placement' | 'lightUntil' | 'anchorUntil'>,
  { places }: Pick<Fate, 'places'>,
): readonly { readonly holder: NodeAddress; readonly until: number }[] {
  const now = manifest.placement.holders.map((holder, at) => ({
    holder,
    until: heldUntil(manifest, at),
  }));
  for (const { row: at, holder, until } of places) now[at] = { holder, until };
  return now;
}

/** Acts about a transaction; the others are about nodes. */
export type AboutTx = Exclude<
  Says,
  {
    says: 'audit' | 'bond' | 'unbond' | 'draw' | 'take' | 'settle' | 'payee' | 'earned' | 'wages';
  }
>;

export interface Standing {
  readonly order: Order;
  readonly expiresAt: number;
  readonly fate: Fate;
}

/** What an act leaves behind; `undefined` when it means nothing where it stands. */
export function meaning(
  standing: Standing,
  what: AboutTx,
  /** The delegate that says so, if it is one. */
  by: NodeAddress | undefined,
  atMs: number,
  turns: Turns,
): Standing | undefined {
  const { order, expiresAt, fate } = standing;
  if (order !== 'COMMITTED' || atMs >= expiresAt || fate.isErased || fate.isFalse) return undefined;
  switch (what.says) {
    case 'repair-req':
      return fate.health === 'sound' ? healthy(standing, 'thin') : undefined;
    case 'repair-lease':
      return leased(standing, what, by, atMs, turns);
    case 'repair-ack':
      return renewed(standing, what, by, atMs, turns);
    case 'lost':
      return isHeldBy(fate, by, what.round)
        ? healthy(ended(standing, what.round, by!, atMs, turns), 'lost')
        : undefined;
    case 'claim':
      return fate.isComplete ? undefined : having(standing, { isComplete: true });
    case 'extend':
      return extended(standing, what.expiresAt, atMs);
    case 'erase':
      return having(standing, { isErased: true, lease: undefined });
    case 'accuse':
      return what.fault.fault === 'bad-manifest'
        ? healthy(having(standing, { isFalse: true, lease: undefined }), 'thin', 'lost')
        : undefined;
  }
}

const having = (standing: Standing, changed: Partial<Fate>): Standing => ({
  ...standing,
  fate: { ...standing.fate, ...changed },
});

function healthy(standing: Standing, ...events: EventName[]): Standing {
  const { order, fate } = standing;
  let health: Health = fate.health;
  for (const event of events) health = step(lifecycle(order, health), event).health;
  return having(standing, { health });
}

function leased(
  standing: Standing,
  { round: of, rows: wanted, untilMs }: Saying<'repair-lease'>,
  by: NodeAddress | undefined,
  atMs: number,
  turns: Turns,
): Standing | undefined {
  const { lease, round: done } = standing.fate;
  const { leaseMsMax } = turns;
  const isTimely = untilMs > atMs && untilMs <= atMs + leaseMsMax;
  if (by === undefined || !isTimely || of !== done + 1) return undefined;
  if (leaseFrom(standing.fate, by, untilMs, turns) > atMs) return undefined;
  const isProlonged = lease?.by === by && untilMs <= lease.sinceMs + leaseMsMax;
  const sinceMs = isProlonged ? lease.sinceMs : atMs;
  const taken = having(standing, { lease: { round: of, by, rows: wanted, sinceMs, untilMs } });
  return healthy(taken, standing.fate.health === 'LOST' ? 'returned' : 'thin');
}

/** From when on a delegate may take the lease of the next round, or prolong it, until a time. */
export function leaseFrom(
  { lease, rounds, resting }: Pick<Fate, 'lease' | 'rounds' | 'resting'>,
  by: NodeAddress,
  untilMs: number,
  { leaseMsMax, restMs }: Pick<Turns, 'leaseMsMax' | 'restMs'>,
): number {
  const next = Math.max(rounds?.nextMs ?? 0, resting?.by === by ? resting.untilMs : 0);
  if (lease === undefined) return next;
  if (lease.by !== by) return Math.max(next, lease.untilMs);
  const isProlonged = untilMs <= lease.sinceMs + leaseMsMax;
  return isProlonged ? next : Math.max(next, lease.untilMs + restMs);
}

const isHeldBy = ({ lease }: Fate, by: NodeAddress | undefined, of: number): boolean =>
  lease !== undefined && lease.by === by && lease.round === of;

/** Short of what it had leased, or to no effect: then somebody else has his turn. */
function ended(
  standing: Standing,
  of: number,
  by: NodeAddress,
  atMs: number,
  turns: Turns,
): Standing {
  const resting = { by, untilMs: atMs + turns.restMs };
  const rounds = roundsAfter(standing.fate.rounds, atMs, turns);
  return having(standing, { lease: undefined, round: of, rounds, resting });
}

function roundsAfter(
  before: Fate['rounds'],
  atMs: number,
  { pauseMs, pauseMsMax }: Turns,
): NonNullable<Fate['rounds']> {
  const isSameDay = before !== undefined && atMs < before.sinceMs + DAY_MS;
  const ended = isSameDay ? Math.min(255, before.ended + 1) : 1;
  const pause = Math.min(pauseMsMax, pauseMs * 2 ** Math.min(ended - 1, 16));
  return { sinceMs: isSameDay ? before.sinceMs : atMs, ended, nextMs: atMs + pause };
}

function renewed(
  standing: Standing,
  { renewal }: Saying<'repair-ack'>,
  by: NodeAddress | undefined,
  atMs: number,
  turns: Turns,
): Standing | undefined {
  const { fate } = standing;
  if (!isHeldBy(fate, by, renewal.round)) return undefined;
  const places = new Map(fate.places.map((place) => [place.row, place]));
  for (const [i, at] of renewal.rows.entries()) {
    places.set(at, { row: at, holder: renewal.holders[i]!, until: renewal.until[i]! });
  }
  const isWhole = fate.lease!.rows.every((at) => renewal.rows.includes(at));
  const sorted = [...places.values()].toSorted((a, b) => a.row - b.row);
  const after = having(ended(standing, renewal.round, by!, atMs, turns), { places: sorted });
  const isFruitful = isWhole && renewal.rows.length > 0;
  const rested = isFruitful ? having(after, { resting: undefined }) : after;
  return isWhole ? healthy(rested, 'restored') : rested;
}

/** As often as an end can be moved. */
const EXTENDED_MAX = 0xffff;

function extended(standing: Standing, until: number, atMs: number): Standing | undefined {
  const isPromise = until > standing.expiresAt && until <= atMs + LIFETIME_MS_MAX;
  if (!isPromise || standing.fate.extended === EXTENDED_MAX) return undefined;
  return { ...having(standing, { extended: standing.fate.extended + 1 }), expiresAt: until };
}

/**
 * From what is known about a node to one whole number: its weight in a ranking.
 *
 *   weight = (mean of stake, capacity, round trip and load, by their shares) x audit score
 *
 * Each factor is 0 to 1000, measured against a fixed scale and never against the other nodes, so
 * that nobody's weight changes because somebody else came. The audit score multiplies: stake never
 * buys back what is not held, and a newcomer with a score of 50 gets a twentieth of the pieces. The
 * dead, the suspended and the full weigh 0 and are never chosen. In integers only. The one place
 * where weights are made; shares and scale are the caller's policy.
 */
import { assert } from '#lib/assert.ts';

/** What presence knows about a node. */
export interface Standing {
  readonly alive: boolean;
  readonly suspended: boolean;
  readonly stake: bigint;
  readonly freeBytes: number;
  readonly roundTripUs: number;
  /** 0 idle, 1000 saturated. */
  readonly loadPermille: number;
  /** 1000 when every audit was passed. */
  readonly auditPermille: number;
}

export interface Scale {
  /** The stake and the free space from which on more does not weigh more. */
  readonly stakeFull: bigint;
  readonly freeBytesFull: number;
  /** The round trip that weighs half of none at all. */
  readonly roundTripHalfUs: number;
  /** How much each factor counts, in whole numbers. */
  readonly shares: {
    readonly stake: number;
    readonly capacity: number;
    readonly roundTrip: number;
    readonly load: number;
  };
}

const PERMILLE = 1_000;
/** What a perfect node weighs. */
export const WEIGHT_MAX = PERMILLE * PERMILLE;

/** 0 for whoever must not be chosen, else 1 to WEIGHT_MAX. */
export function weightOf(node: Standing, scale: Scale): number {
  if (!node.alive || node.suspended || node.freeBytes <= 0 || node.auditPermille <= 0) return 0;
  const { stake, capacity, roundTrip, load } = scale.shares;
  const total = stake + capacity + roundTrip + load;
  assert(total > 0, 'some factor counts');
  const sum =
    stake * shareOf(node.stake, scale.stakeFull) +
    capacity * shareOf(BigInt(node.freeBytes), BigInt(scale.freeBytesFull)) +
    roundTrip * roundTripFactor(node.roundTripUs, scale.roundTripHalfUs) +
    load * (PERMILLE - clamped(node.loadPermille));
  return Math.max(1, Math.floor((sum * clamped(node.auditPermille)) / total));
}

const clamped = (permille: number): number => Math.min(PERMILLE, Math.max(0, permille));

/** In BigInt: a thousand times a petabyte is beyond what a double counts exactly. */
function shareOf(value: bigint, full: bigint): number {
  if (value >= full) return PERMILLE;
  return value <= 0n ? 0 : Number((value * BigInt(PERMILLE)) / full);
}

function roundTripFactor(roundTripUs: number, halfUs: number): number {
  return Math.floor((PERMILLE * halfUs) / (halfUs + Math.max(0, roundTripUs)));
}

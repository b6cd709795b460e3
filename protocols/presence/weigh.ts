/**
 * Weighing: what somebody who is online weighs in the list.
 *
 * Newcomers weigh a twentieth until audits have shown that they hold what they say; contracted anchors
 * are taken at their contract. A weight stays as it was listed until it is an eighth off: else each list
 * would change in every line, and a difference would be as large as the list.
 */
import { weightOf, type Scale } from '#algorithms/rendezvous/membership.ts';
import type { HolderRole } from '../eligibility.ts';

/** What of a node is measured again and again. */
export interface Measured {
  readonly freeBytes: number;
  readonly loadPermille: number;
  readonly roundTripUs: number;
}

export interface Weighing {
  readonly scales: Readonly<Record<HolderRole, Scale>>;
  /** The audit score of a light that nobody has audited. */
  readonly newcomerPermille: number;
}

const MEGABYTE = 1_000_000;
const shares = { stake: 0, capacity: 2, roundTrip: 1, load: 1 } as const;
const common = { stakeFull: 1n, roundTripHalfUs: 50_000, shares } as const;
export const DEFAULT_WEIGHING: Weighing = {
  scales: {
    light: { ...common, freeBytesFull: 500 * MEGABYTE },
    anchor: { ...common, freeBytesFull: 1_000_000 * 1_000 * MEGABYTE },
  },
  newcomerPermille: 50,
};

export function weigh(
  { scales, newcomerPermille }: Weighing,
  role: HolderRole,
  { freeBytes, loadPermille, roundTripUs }: Measured,
  score: number | undefined,
): number {
  const unknown = role === 'anchor' ? 1_000 : newcomerPermille;
  const standing = {
    alive: true,
    suspended: false,
    stake: 0n,
    freeBytes,
    roundTripUs,
    loadPermille,
    auditPermille: score ?? unknown,
  };
  return weightOf(standing, scales[role]);
}

/** The weight to list, where another one is listed. */
export function settled(listed: number, weight: number): number {
  const isFar = Math.abs(weight - listed) * 8 > listed;
  return isFar || weight === 0 ? weight : listed;
}

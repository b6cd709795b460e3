/**
 * Harmony: what a span of audited holding is worth.
 *
 *   holder     rate of its role x bytes x time x (rows shown / rows asked)
 *   delegate   its rate x time, if it audited
 *   all        scaled down to the schedule where they are more
 *
 * Counted in thousand-millionths and rounded down, so the sum of what is paid is never above the schedule.
 */
import type { Policy } from '#config/policy.ts';
import type { HolderRole } from '../eligibility.ts';

const GIB = 1n << 30n;
const DAY_MS = 86_400_000n;
/** Rates are millionths. */
const NANO = 1_000n;

export interface Held {
  readonly role: HolderRole;
  readonly bytes: number;
  readonly sound: number;
  readonly asked: number;
}

type Rates = Pick<Policy, 'rewards' | 'capacity'>;

export function holdingPay({ rewards, capacity }: Rates, spanMs: number, held: Held): bigint {
  const isLight = held.role === 'light';
  const rate = isLight ? rewards.lightPerGibDay : rewards.anchorPerGibDay;
  const bytes = Math.min(held.bytes, isLight ? capacity.lightBytes : capacity.anchorBytes);
  if (held.asked === 0) return 0n;
  const worth = BigInt(bytes) * BigInt(spanMs) * BigInt(rate) * NANO * BigInt(held.sound);
  return worth / (GIB * DAY_MS * BigInt(held.asked));
}

export const delegatePay = ({ rewards }: Rates, spanMs: number): bigint =>
  (BigInt(rewards.delegatePerDay) * NANO * BigInt(spanMs)) / DAY_MS;

/** What may be made in a span. */
export const schedule = ({ rewards }: Rates, spanMs: number): bigint =>
  (BigInt(rewards.perDay) * NANO * BigInt(spanMs)) / DAY_MS;

/** As they are, or less in one proportion. */
export function within(most: bigint, pays: readonly bigint[]): readonly bigint[] {
  const all = pays.reduce((sum, pay) => sum + pay, 0n);
  return all <= most ? pays : pays.map((pay) => (pay * most) / all);
}

/**
 * Allowances: how often somebody may, as a bucket that fills steadily. Buckets are kept for those of late; who is
 * forgotten begins with a full one, so a table bounds memory and not fairness.
 */
import { lru, type Lru } from '#lib/lru.ts';

export interface Allowance {
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  /** In thousandths of a time. */
  readonly level: number;
  readonly at: number;
}

const MILLI = 1_000;

export type Buckets = Lru<string, Bucket>;
export const buckets = (most: number): Buckets => lru<string, Bucket>(most);

/** Whether there is one in the bucket. `now` never goes back. */
export const isAllowed = (all: Buckets, who: string, now: number, allowance: Allowance): boolean =>
  levelNow(all.get(who), now, allowance) >= MILLI;

/** Takes one from the bucket; false when there is none. */
export function takeOne(all: Buckets, who: string, now: number, allowance: Allowance): boolean {
  const level = levelNow(all.get(who), now, allowance);
  const has = level >= MILLI;
  all.put(who, { level: has ? level - MILLI : level, at: now });
  return has;
}

const levelNow = (bucket: Bucket | undefined, now: number, of: Allowance): number => {
  const full = of.burst * MILLI;
  return bucket === undefined
    ? full
    : Math.min(full, bucket.level + (now - bucket.at) * of.perSecond);
};

/**
 * What is refused at the door, before any signature is looked at: cheap checks of one transaction, and
 * how many of them one sender may bring.
 *
 * A sender's allowance is a bucket that fills steadily. It is looked at first, and taken from when the signature is
 * the sender's: else anybody could use up anybody's. Buckets are kept for the senders of late; who is
 * forgotten begins with a full one, so the table bounds memory and not fairness: a flood under ever new
 * names is met by the bound on transactions under way, and each of them costs its sender a signature.
 */
import { stampOf } from '#algorithms/clock/hlc.ts';
import { hex } from '#lib/bytes.ts';
import { lru, type Lru } from '#lib/lru.ts';
import type { IngressReason } from '../sending.messages.ts';
import type { Place } from '../subjects.ts';
import { coverFault, isBodyOf, type Tx } from '../transaction.ts';

/** A stamp further ahead of our clock is not taken in: somebody's clock is wrong, and not ours to spoil. */
export const AHEAD_MS_MAX = 5_000;
/** Nobody promises longer than this at once; `extend` prolongs. */
export const LIFETIME_MS_MAX = 2 * 366 * 86_400_000;

export function refusalOf(
  { cover, body }: Tx,
  city: Place,
  wall: number,
  boundsClock = true,
): IngressReason | undefined {
  const { header } = cover;
  const { core } = header;
  if (core.from !== city) return 'wrong-city';
  if (coverFault(cover) !== undefined || !isBodyOf(header, body)) return 'malformed';
  if (core.expiresAt <= wall) return 'expired';
  const isAhead = stampOf(core.createdAt).wallMs > wall + AHEAD_MS_MAX;
  if (boundsClock && isAhead) return 'from-the-future';
  return core.expiresAt > wall + LIFETIME_MS_MAX ? 'malformed' : undefined;
}

export interface Allowance {
  readonly perSecond: number;
  readonly burst: number;
}

interface Bucket {
  /** In thousandths of a transaction. */
  readonly level: number;
  readonly at: number;
}

const SENDERS_MAX = 65_536;
const MILLI = 1_000;

export type Buckets = Lru<string, Bucket>;
export const buckets = (): Buckets => lru<string, Bucket>(SENDERS_MAX);

/** Whether there is one in the sender's bucket. `now` never goes back. */
export const isAllowed = (
  all: Buckets,
  sender: Uint8Array,
  now: number,
  allowance: Allowance,
): boolean => levelNow(all.get(hex(sender)), now, allowance) >= MILLI;

/** Takes one from the sender's bucket; false when there is none. */
export function takeOne(
  all: Buckets,
  sender: Uint8Array,
  now: number,
  allowance: Allowance,
): boolean {
  const key = hex(sender);
  const level = levelNow(all.get(key), now, allowance);
  const has = level >= MILLI;
  all.put(key, { level: has ? level - MILLI : level, at: now });
  return has;
}

const levelNow = (bucket: Bucket | undefined, now: number, of: Allowance): number => {
  const full = of.burst * MILLI;
  return bucket === undefined
    ? full
    : Math.min(full, bucket.level + (now - bucket.at) * of.perSecond);
};

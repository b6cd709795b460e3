/**
 * What binary agreement leaves to the pool: shares of a coin, and coins of shares (algorithms/threshold/coin.ts).
 *
 * Keys travel as their commitment. What follows from it, a public share for each seat, costs a multiplication each,
 * and is remembered for a few committees.
 */
import { coinMessage, coinOf } from '#algorithms/threshold/coin.ts';
import type { G2 } from '#algorithms/threshold/group.ts';
import { readKeySet, type KeySet } from '#algorithms/threshold/keys.ts';
import { PAIRING } from '#algorithms/threshold/pairing.ts';
import { combine, sign } from '#algorithms/threshold/signature.ts';
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { lru } from '#lib/lru.ts';
import type { Plain } from '../effect.ts';

/** Which coin. */
export interface Coin {
  readonly epoch: number;
  readonly instance: Uint8Array;
  readonly round: number;
}
export interface ShareJob extends Coin {
  /** One for each of our seats. */
  readonly secrets: readonly bigint[];
}
export interface CombineJob extends Coin {
  readonly keys: Uint8Array;
  readonly seats: number;
  readonly threshold: number;
  readonly shares: readonly { readonly seat: number; readonly share: Uint8Array }[];
}
/** No coin: too few of the shares were good. `liars` are the seats of those that were not. */
export interface Tossed {
  readonly coin: 0 | 1 | undefined;
  readonly liars: readonly number[];
}

const COMMITTEES = 8;
const known = lru<string, KeySet<G2>>(COMMITTEES);

function keysOf({ keys: bytes, seats, threshold }: CombineJob): KeySet<G2> {
  const { g2 } = PAIRING.use();
  const name = `${seats} ${threshold} ${hex(bytes)}`;
  const had = known.get(name);
  // A backend may have taken the place of another: its points are others.
  if (had !== undefined && had.group === g2) return had;
  const keys = readKeySet(g2, { parties: seats, threshold }, bytes);
  assert(keys !== undefined, 'whoever has keys has checked them');
  known.put(name, keys);
  return keys;
}

const messageOf = ({ epoch, instance, round }: Coin): Uint8Array =>
  coinMessage(epoch, instance, round);

export function shares(job: ShareJob): Uint8Array[] {
  return job.secrets.map((secret) => sign(PAIRING.use(), secret, messageOf(job)));
}

export function tossed(job: CombineJob): Tossed {
  const given = new Map(job.shares.map(({ seat, share }) => [seat, share]));
  const found = combine(PAIRING.use(), keysOf(job), messageOf(job), given);
  const coin = found.phase === 'combined' ? coinOf(found.signature) : undefined;
  return { coin, liars: found.liars };
}

export const ABBA_JOBS = {
  'abba.shares': (job: Plain): Plain => shares(job as unknown as ShareJob),
  'abba.tossed': (job: Plain): Plain => tossed(job as unknown as CombineJob) as unknown as Plain,
} as const;

/**
 * Purses: whose account gets what a node earns, and what each account has earned from the beginning.
 *
 *   earn --> of a node that has named an account: into what that account has earned
 *        '-> of others: into their purse, until they name one (act `payee`)
 *
 * A delegate has named the account of its own key, unless it says otherwise. What an account has earned is its own from then on:
 * whoever names another one moves what comes, not what came.
 *
 * Safety: what is in purses and earned together is what was made and not lost. Bounds: as many purses as there are nodes,
 * as many accounts as can be paid (objects/wages.ts); beyond that it stays in the purse. Changes its tables in place.
 */
import { hex, unhex } from '#lib/bytes.ts';
import type { Genesis } from '../genesis.ts';
import { EARNERS_MAX, paydayOf, type Line, type Payday } from '../objects/wages.ts';
import type { NodeAddress } from '../subjects.ts';
import { optional, record, u64, type Infer } from '../codec.ts';
import { digest } from '../terms.ts';
import { fingerprintOf } from '../transaction.ts';

const PURSES_MAX = EARNERS_MAX;

export const Purse = record({ to: optional(digest), unclaimed: u64 });
export type Purse = Infer<typeof Purse>;

export interface Purses {
  readonly of: Map<NodeAddress, Purse>;
  /** By account, in hexadecimal. */
  readonly earned: Map<string, bigint>;
}

const EMPTY_PURSE: Purse = { to: undefined, unclaimed: 0n };

export const firstPurses = ({ delegates }: Genesis): Purses => ({
  of: new Map(
    delegates.map(({ node, signing }) => [node, { to: fingerprintOf(signing), unclaimed: 0n }]),
  ),
  earned: new Map(),
});

export const purseOf = ({ of }: Purses, node: NodeAddress): Purse => of.get(node) ?? EMPTY_PURSE;

export const earnedBy = ({ earned }: Purses, { to }: Pick<Purse, 'to'>): bigint =>
  to === undefined ? 0n : (earned.get(hex(to)) ?? 0n);

/** Whether there is room for it. */
export function name(purses: Purses, node: NodeAddress, to: Uint8Array): boolean {
  const { of } = purses;
  if (!of.has(node) && of.size >= PURSES_MAX) return false;
  const { unclaimed } = purseOf(purses, node);
  of.set(node, { to, unclaimed: 0n });
  earn(purses, node, unclaimed);
  return true;
}

export function earn(purses: Purses, node: NodeAddress, nano: bigint): void {
  const { of, earned } = purses;
  const { to, unclaimed } = purseOf(purses, node);
  const account = to && hex(to);
  const isRoom = account !== undefined && (earned.has(account) || earned.size < EARNERS_MAX);
  if (nano === 0n) return;
  if (isRoom) earned.set(account, (earned.get(account) ?? 0n) + nano);
  else of.set(node, { to, unclaimed: unclaimed + nano });
}

/** As much of it as there is, of its purse first: so much is lost. */
export function lose(purses: Purses, node: NodeAddress, nano: bigint): bigint {
  const { of, earned } = purses;
  const { to, unclaimed } = purseOf(purses, node);
  const ofPurse = nano < unclaimed ? nano : unclaimed;
  if (ofPurse > 0n) of.set(node, { to, unclaimed: unclaimed - ofPurse });
  const has = earnedBy(purses, { to });
  const left = nano - ofPurse;
  const ofAccount = left < has ? left : has;
  if (to !== undefined && ofAccount > 0n) earned.set(hex(to), has - ofAccount);
  return ofPurse + ofAccount;
}

export function sumOf({ of, earned }: Purses): bigint {
  let sum = 0n;
  for (const { unclaimed } of of.values()) sum += unclaimed;
  for (const nano of earned.values()) sum += nano;
  return sum;
}

/** What is to be agreed on, and paid. */
export const paydayIn = ({ earned }: Purses, untilMs: number, made: bigint): Payday | undefined =>
  paydayOf(
    Array.from(earned, ([to, nano]): Line => ({ to: unhex(to)!, earned: nano })),
    untilMs,
    made,
  );

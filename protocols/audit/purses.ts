/**
 * Purses: whose account gets what a node earns, and what each account has earned from the beginning.
 *
 *   earn --> of a node that has named an account: into what that account has earned
 *        '-> of others: into their purse, until they name one (act `payee`)
 *
 * A delegate has named the account of its own key, unless it says otherwise. What an account has earned is its own from then on:
 * whoever names another one moves what comes, not what came. Anybody's account can be named by anybody, so evidence against a
 * node takes from the account that it names no more than it has brought there itself.
 *
 * Safety: what is in purses and earned together is what was made and not lost; an act that is applied again names nothing. Bounds: as many purses as there are nodes,
 * as many accounts as can be paid (objects/wages.ts); beyond that it stays in the purse. Changes its tables in place.
 */
import { hex, unhex } from '#lib/bytes.ts';
import type { Genesis } from '../genesis.ts';
import { EARNERS_MAX, paydayOf, type Line, type Payday } from '../objects/wages.ts';
import type { NodeAddress } from '../subjects.ts';
import { count, optional, record, u64, type Infer } from '../codec.ts';
import { digest } from '../terms.ts';
import { fingerprintOf } from '../transaction.ts';

const PURSES_MAX = EARNERS_MAX;

export const Purse = record({
  to: optional(digest),
  unclaimed: u64,
  /** Into that account, since it was named. */
  brought: u64,
  /** The act that named it. */
  named: count(Number.MAX_SAFE_INTEGER),
});
export type Purse = Infer<typeof Purse>;

export interface Purses {
  readonly of: Map<NodeAddress, Purse>;
  /** By account, in hexadecimal. */
  readonly earned: Map<string, bigint>;
  /** Accounts whose sums are others than those that were written last. */
  readonly touched: Set<string>;
}

const EMPTY_PURSE: Purse = { to: undefined, unclaimed: 0n, brought: 0n, named: 0 };

export const firstPurses = ({ delegates }: Genesis): Purses => ({
  of: new Map(
    delegates.map(({ node, signing }) => [node, { ...EMPTY_PURSE, to: fingerprintOf(signing) }]),
  ),
  earned: new Map(),
  touched: new Set(),
});

export const purseOf = ({ of }: Purses, node: NodeAddress): Purse => of.get(node) ?? EMPTY_PURSE;

export const earnedBy = ({ earned }: Purses, { to }: Pick<Purse, 'to'>): bigint =>
  to === undefined ? 0n : (earned.get(hex(to)) ?? 0n);

/** Whether it is news, and there is room for it. */
export function name(purses: Purses, node: NodeAddress, to: Uint8Array, act: number): boolean {
  const { of } = purses;
  const { unclaimed, named } = purseOf(purses, node);
  if (act <= named || (!of.has(node) && of.size >= PURSES_MAX)) return false;
  of.set(node, { to, unclaimed: 0n, brought: 0n, named: act });
  earn(purses, node, unclaimed);
  return true;
}

export function earn(purses: Purses, node: NodeAddress, nano: bigint): void {
  const { of, earned } = purses;
  const purse = purseOf(purses, node);
  const account = purse.to && hex(purse.to);
  const isRoom = account !== undefined && (earned.has(account) || earned.size < EARNERS_MAX);
  if (nano === 0n) return;
  if (isRoom) {
    change(purses, account, nano);
    of.set(node, { ...purse, brought: purse.brought + nano });
  } else of.set(node, { ...purse, unclaimed: purse.unclaimed + nano });
}

/** As much of it as there is, of its purse first: so much is lost. */
export function lose(purses: Purses, node: NodeAddress, nano: bigint): bigint {
  const purse = purseOf(purses, node);
  const ofPurse = least(nano, purse.unclaimed);
  const ofAccount = least(nano - ofPurse, purse.brought);
  if (purse.to !== undefined && ofAccount > 0n) change(purses, hex(purse.to), -ofAccount);
  const [unclaimed, brought] = [purse.unclaimed - ofPurse, purse.brought - ofAccount];
  if (ofPurse + ofAccount > 0n) purses.of.set(node, { ...purse, unclaimed, brought });
  return ofPurse + ofAccount;
}

function change({ earned, touched }: Purses, account: string, by: bigint): void {
  earned.set(account, (earned.get(account) ?? 0n) + by);
  touched.add(account);
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

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

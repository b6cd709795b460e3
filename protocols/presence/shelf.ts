/**
 * The shelf: what all replicas of one process have in common. A delegate has one in each of seven actors, and what a
 * member takes is its keys; so whoever has collected a list that another one has already takes that one's members
 * instead of its own, and hashes no tree. Only lists that were had get here: endorsed, and with the root of their head.
 *
 * It is a memo: a roll from here is equal to the one that would be made, so nothing hangs on what is here.
 */
import { hex, same } from '#lib/bytes.ts';
import { lru, type Lru } from '#lib/lru.ts';
import { oncePer } from '#lib/once.ts';
import { eligibleDigest, VALID_LISTS_MAX, type Frozen } from '../eligibility.ts';
import type { Genesis } from '../genesis.ts';
import { rollOf, type Listed, type Roll } from './roll.ts';

const shelfOf = oncePer<Genesis, Lru<string, Roll>>(() => lru(VALID_LISTS_MAX));

/** Somebody has this one. */
export const shelve = (genesis: Genesis, roll: Roll): void =>
  shelfOf(genesis).put(hex(roll.list.digest), roll);

/** `rollOf`, with the members of whoever has it already. */
export function sharedRollOf(
  genesis: Genesis,
  frozen: Frozen,
  members: readonly Listed[],
): Roll | undefined {
  const had = shelfOf(genesis).get(hex(eligibleDigest(frozen.head)));
  return had !== undefined && areSame(had.members, members)
    ? { ...had, frozen }
    : rollOf(frozen, members);
}

const areSame = (those: readonly Listed[], these: readonly Listed[]): boolean =>
  those.length === these.length &&
  those.every((each, i) => each === these[i] || same(each.leaf, these[i]!.leaf));

/**
 * Which list a transaction is placed by: the newest of those that are valid and have room for it. A city
 * that was busy for a moment may have taken its nodes for gone, and its newest list is then too short,
 * while the one before it is as good as ever. Where none has room, a transaction waits a while before it is
 * refused: nodes come back.
 */
import { lru, type Lru } from '#lib/lru.ts';
import type { EligibleList } from '../eligibility.ts';
import { hasRoom } from '../placement.ts';
import type { Place } from '../subjects.ts';
import type { TermsOf } from '../terms-of.ts';

/** The ingress asks after 1.5, 4.5 and 9.5 s: so the third time at the latest it is told. */
export const NO_ROOM_MS = 8_000;
/** Transactions that wait for room; whoever is forgotten waits from the beginning. */
const WAITING_MAX = 4_096;

export interface Room {
  readonly terms: TermsOf;
  readonly from: Place;
  /** Judged once a list. */
  readonly judged: WeakMap<EligibleList, boolean>;
  /** Since when, by the text of the id. */
  readonly waiting: Lru<string, number>;
}

export const roomBy = (terms: TermsOf, from: Place): Room => ({
  terms,
  from,
  judged: new WeakMap(),
  waiting: lru(WAITING_MAX),
});

/** The first of these lists, the newest first, that has room. */
export const firstWithRoom = (
  room: Room,
  lists: readonly EligibleList[],
): EligibleList | undefined => lists.find((list) => isRoomy(room, list));

function isRoomy({ terms, from, judged }: Room, list: EligibleList): boolean {
  const known = judged.get(list);
  if (known !== undefined) return known;
  // Which transaction it is decides about features alone, never about numbers of holders.
  const has = hasRoom({ list, terms: terms(list, list.digest), from });
  judged.set(list, has);
  return has;
}

/** Whether a transaction has waited long enough for room to be told that there is none. */
export function hasWaited({ waiting }: Room, name: string, now: number): boolean {
  const since = waiting.get(name);
  if (since === undefined) waiting.put(name, now);
  return since !== undefined && now - since >= NO_ROOM_MS;
}

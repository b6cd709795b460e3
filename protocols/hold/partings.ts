/**
 * Partings: rows that a holder wishes to be rid of, and what it remembers of them; leaving.ts has the picture.
 *
 *   named --(looked at)--> parting --(wish, words)--> dropping --> gone
 *     '------- rests <--------'-- brought again, or nobody took it within ten minutes
 *
 * Nothing of it is durable. Bounds: as many partings as a wish has rows, so many names, so many keys that rest.
 */
import { HOLDER } from '#config/holder.ts';
import { lru, type Lru } from '#lib/lru.ts';
import type { Moment } from '../effect.ts';
import { PLACED_MS } from '../eligibility.ts';
import { WISHED_MAX, type Because, type Wish, type WishedRow, type Word } from '../leaving.ts';
import type { NodeAddress } from '../subjects.ts';
import { noClock, type CityClock } from './city-clock.ts';
import type { Fullness } from './inventory.ts';
import type { Holding } from './state.ts';

/** When a holder begins to say so. */
export interface Marks extends Fullness {
  /** Of its store, so little is left. */
  readonly roomPermille: number;
  /** Of the time of a piece, so little is left; absent where promises last as long as what they are about. */
  readonly timeMs: number | undefined;
  /** An ack that it gave, in this life or the one before, is in the order by then, or never will be. */
  readonly settledMs: number;
}
export const MARKS: Marks = { ...HOLDER, timeMs: undefined, settledMs: PLACED_MS };

/** What led to nothing is not wished away again for so long. */
export const REST_MS = 3_600_000;
const RESTING_MAX = 4_096;

/** A row that is to leave. */
export interface Parting {
  readonly key: string;
  readonly wished: WishedRow;
  readonly since: number;
  isDropping: boolean;
}

export interface Wishing {
  readonly wish: Wish;
  readonly digest: Uint8Array;
  readonly partings: readonly Parting[];
  /** Verified. */
  readonly words: Map<NodeAddress, Word>;
  readonly tries: Map<NodeAddress, number>;
  readonly until: number;
}

export interface Named {
  readonly key: string;
  readonly because: Because;
}

export interface Leaving {
  readonly marks: Marks;
  readonly clock: CityClock;
  /** Something came that our own clock does not explain. */
  isAskedForTime: boolean;
  isShort: boolean;
  isNominating: boolean;
  /** Asked for again no earlier: all that it named last is on its way, or rests. */
  nominateAt: number;
  /** More promises end soon than were remembered: the store is to be listed once more. */
  hasMore: boolean;
  named: Named[];
  readonly looks: Map<string, Named>;
  /** By key. */
  readonly partings: Map<string, Parting>;
  readonly dropping: Map<string, Parting>;
  /** Until when (by the clock that never jumps) a key is not wished away again. */
  readonly resting: Lru<string, number>;
  /** Since when (by the city's time) a transaction was unknown to nearly all. */
  readonly unknownSince: Lru<string, number>;
  wishing: Wishing | undefined;
  wishedAt: number;
  readonly verifying: Map<string, { readonly of: Wishing; readonly word: Word }>;
  /** When this life began. */
  readonly bornAt: number;
  begun: number;
}

export const noLeaving = (marks: Marks, { now }: Pick<Moment, 'now'>): Leaving => ({
  marks,
  bornAt: now,
  clock: noClock(),
  isAskedForTime: false,
  isShort: false,
  isNominating: false,
  nominateAt: 0,
  hasMore: false,
  named: [],
  looks: new Map(),
  partings: new Map(),
  dropping: new Map(),
  resting: lru(RESTING_MAX),
  unknownSince: lru(RESTING_MAX),
  wishing: undefined,
  wishedAt: -Infinity,
  verifying: new Map(),
  begun: 0,
});

/** Ids of effects. */
export const LOOK = 'leave?';
export const DROP = 'leave!';
export const NOMINATE = 'leave';
export const SIGN = 'wish';
export const VERIFY = 'word';
/** Whether an effect was asked for here. */
export const isLeaving = (id: string): boolean =>
  id.startsWith(NOMINATE) || id.startsWith(SIGN) || id.startsWith(VERIFY);

/** Acks of the life before may still be on their way into the order. */
export const isYoung = ({ bornAt, marks }: Leaving, { now }: Moment): boolean =>
  now - bornAt < marks.settledMs;

/** It is too early to ask about it, or too soon to ask again. */
export const isResting = (leaving: Leaving, key: string, at: Moment): boolean =>
  isYoung(leaving, at) || (leaving.resting.get(key) ?? 0) > at.now;

/** It is to leave, where nothing speaks against that. */
export function part(leaving: Leaving, key: string, wished: WishedRow, at: Moment): void {
  const { partings } = leaving;
  const { now } = at;
  if (isResting(leaving, key, at) || partings.has(key) || partings.size >= WISHED_MAX) return;
  partings.set(key, { key, wished, since: now, isDropping: false });
}

/**
 * It was brought (again), and is promised (again): whatever was said of it before is void. Our ack may be on its way
 * into the order, and until it is there the order has the row with somebody else.
 */
export function stays({ leaving }: Holding, key: string, { now }: Moment): void {
  leaving.partings.delete(key);
  leaving.resting.put(key, now + leaving.marks.settledMs);
  leaving.unknownSince.remove(key);
}

/** On its way out of the store: whoever brings it meanwhile brings it again. */
export const isDropping = ({ leaving }: Holding, key: string): boolean =>
  leaving.partings.get(key)?.isDropping ?? false;

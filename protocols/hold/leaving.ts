/**
 * Leaving: a holder that is short of room, or whose promise ends, says so, and lets nothing go before it may.
 *
 *   short of room ---(nominate)---> named pieces --(a look at each: which row?)--> partings, at most 64
 *   promise ends soon (listing) ------'                                              |
 *   a row that an order speaks against (a question) ---------------------------------+--> wish, signed, to every delegate
 *                                                                                             |
 *         discarded <-- gone, by more than a third of the stake <-- words, verified <---------'
 *                          (protocols/leaving.ts)                      '--> the time: what has expired may go
 *
 * Safety: what is discarded was in a wish of this life, and the words on that wish say that it is gone; not while
 * anybody brings the same piece, nor when it was brought since. Nothing expires but by the city's time.
 * Liveness: a wish is repeated while there are partings; one that leads to nothing rests for an hour, and others have
 * their turn. Nothing of it is durable: a store that is short names the same again.
 *
 * Bounds: one wish at a time, one word of each delegate to it, so many tries at each.
 */
import { same } from '#lib/bytes.ts';
import { lru, type Lru } from '#lib/lru.ts';
import {
  compute,
  discard,
  lapse,
  nominate,
  NOTHING,
  peek,
  send,
  type Effect,
  type Moment,
  type PieceEntry,
  type PieceFound,
  type PieceTally,
  type Plain,
} from '../effect.ts';
import { PLACED_MS } from '../eligibility.ts';
import { millis } from '../ids.ts';
import {
  isForgotten,
  isGone,
  isUnknown,
  timeBy,
  wishDigest,
  wishSignJob,
  WISHED_MAX,
  wordVerifyJob,
  type Because,
  type Wish,
  type WishedRow,
  type Word,
} from '../leaving.ts';
import { Leaving as SayLeaving, type Leave } from '../leaving.messages.ts';
import { address, nodeOf, type NodeAddress } from '../subjects.ts';
import { cityNow, isFresh, learn, noClock, type CityClock } from './city-clock.ts';
import { readHeld, txIdOfKey } from './held-piece.ts';
import type { Holding } from './state.ts';

/** When a holder begins to say so. */
export interface Marks {
  /** Of its store, so little is left. */
  readonly roomPermille: number;
  /** Of the time of a piece, so little is left; absent where promises last as long as what they are about. */
  readonly timeMs: number | undefined;
  /** An ack that it gave, in this life or the one before, is in the order by then, or never will be. */
  readonly settledMs: number;
}
export const MARKS: Marks = { roomPermille: 100, timeMs: undefined, settledMs: PLACED_MS };

/** Words on a wish are waited for so long; the next wish is made so long after one. */
const WORDS_MS = 5_000;
const WISH_MS = 15_000;
/** What did not go within so long gives others a turn, and is not wished away again for a while. */
const PARTING_MS = 600_000;
const REST_MS = 3_600_000;
const RESTING_MAX = 4_096;
/** Named, and not looked at yet. */
const NAMED_MAX = 1_024;
/** Words that claim to be of one delegate, on one wish. */
const TRIES_MAX = 3;

/** A row that is to leave. */
interface Parting {
  readonly key: string;
  readonly wished: WishedRow;
  readonly since: number;
  isDropping: boolean;
}

interface Wishing {
  readonly wish: Wish;
  readonly digest: Uint8Array;
  readonly partings: readonly Parting[];
  /** Verified. */
  readonly words: Map<NodeAddress, Word>;
  readonly tries: Map<NodeAddress, number>;
  readonly until: number;
}

interface Named {
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
  named: [],
  looks: new Map(),
  partings: new Map(),
  dropping: new Map(),
  resting: lru(RESTING_MAX),
  unknownSince: lru(RESTING_MAX),
  wishing: undefined,
  wishedAt: -WISH_MS,
  verifying: new Map(),
  begun: 0,
});

const LOOK = 'leave?';
const DROP = 'leave!';
const NOMINATE = 'leave';
const SIGN = 'wish';
const VERIFY = 'word';
/** Whether an effect was asked for here. */
export const isLeaving = (id: string): boolean =>
  id.startsWith(NOMINATE) || id.startsWith(SIGN) || id.startsWith(VERIFY);

type Effects = readonly Effect<SayLeaving>[];

/** How much room there is. */
export function noteRoom({ leaving }: Holding, { bytesFree, bytesMax }: PieceTally): void {
  leaving.isShort = bytesFree * 1_000 < bytesMax * leaving.marks.roomPermille;
}

/** What the store lists: promises that end soon are remembered. */
export function noteTimes({ leaving }: Holding, pieces: readonly PieceEntry[], at: Moment): void {
  const now = cityNow(leaving.clock, at);
  const { timeMs } = leaving.marks;
  if (timeMs === undefined) return;
  if (now === undefined) return void (leaving.isAskedForTime = true);
  for (const { key, expiresAt } of pieces) {
    const isSoon = expiresAt > now && expiresAt - now <= timeMs + REST_MS;
    if (isSoon) name(leaving, { key, because: 'time' }, at);
  }
}

/** Time passes: what has expired may go, and what is to leave is wished away. */
export function tick(holding: Holding, at: Moment): Effects {
  const { leaving, holder } = holding;
  const now = holder.plant === 'expiry-by-own-clock' ? at.wall : cityNow(leaving.clock, at);
  tire(leaving, at);
  return [
    ...(now === undefined ? NOTHING : [lapse(millis(Math.floor(now)))]),
    ...nominateIfShort(leaving, at),
    ...lookAtNamed(leaving),
    ...wishIfDue(holding, at),
  ];
}

/** Partings that led to nothing, and those for which there is no reason any more. */
function tire(leaving: Leaving, { now }: Moment): void {
  for (const [key, { since, wished, isDropping }] of leaving.partings) {
    const isTired = now - since >= PARTING_MS;
    const isNeeded = wished.because !== 'room' || leaving.isShort;
    if (isDropping || (isNeeded && !isTired)) continue;
    if (isTired) leaving.resting.put(key, now + REST_MS);
    leaving.partings.delete(key);
  }
}

function nominateIfShort(leaving: Leaving, at: Moment): Effects {
  const { isShort, isNominating, partings, named, clock } = leaving;
  // What has expired goes first: so the time is asked for first.
  const isReady = isShort && !isNominating && isFresh(clock, at);
  if (!isReady || named.length > 0 || partings.size >= WISHED_MAX) return NOTHING;
  leaving.isNominating = true;
  return [nominate(NOMINATE)];
}

/** What the store would rather be rid of. */
export function nominated(holding: Holding, pieces: readonly PieceEntry[], at: Moment): Effects {
  const { leaving } = holding;
  leaving.isNominating = false;
  for (const { key } of pieces) name(leaving, { key, because: 'room' }, at);
  return [...lookAtNamed(leaving), ...wishIfDue(holding, at)];
}

/** It is too early to ask about it, or too soon to ask again. */
const isResting = ({ resting, bornAt, marks }: Leaving, key: string, { now }: Moment): boolean =>
  now - bornAt < marks.settledMs || (resting.get(key) ?? 0) > now;

function name(leaving: Leaving, named: Named, at: Moment): void {
  const { key } = named;
  const isKnown =
    leaving.partings.has(key) ||
    leaving.named.some((each) => each.key === key) ||
    isResting(leaving, key, at);
  if (!isKnown && leaving.named.length < NAMED_MAX) leaving.named.push(named);
}

/** A key says which transaction, and its value says which row. */
function lookAtNamed(leaving: Leaving): Effects {
  const room = WISHED_MAX - leaving.partings.size - leaving.looks.size;
  return leaving.named.splice(0, Math.max(0, room)).map((named) => {
    const id = `${LOOK}${++leaving.begun}`;
    leaving.looks.set(id, named);
    return peek(id, named.key);
  });
}

/** A named piece was looked at. */
export function looked(holding: Holding, id: string, found: PieceFound, at: Moment): Effects {
  const { leaving } = holding;
  const named = leaving.looks.get(id);
  leaving.looks.delete(id);
  const held = found.found === 'piece' ? readHeld(found.value) : undefined;
  const txId = named === undefined ? undefined : txIdOfKey(named.key);
  if (named === undefined || held === undefined || txId === undefined) return NOTHING;
  const { row, pieceRoot } = held;
  part(leaving, named.key, { txId, row, pieceRoot, because: named.because }, at);
  return leaving.looks.size > 0 ? NOTHING : wishIfDue(holding, at);
}

function part(leaving: Leaving, key: string, wished: WishedRow, at: Moment): void {
  const { partings } = leaving;
  const { now } = at;
  if (isResting(leaving, key, at) || partings.has(key) || partings.size >= WISHED_MAX) return;
  partings.set(key, { key, wished, since: now, isDropping: false });
}

/** Another row of it, or of another coding, is to be held here: is what there is anybody's? */
export function question(
  holding: Holding,
  key: string,
  row: Omit<WishedRow, 'because'>,
  at: Moment,
): Effects {
  part(holding.leaving, key, { ...row, because: 'question' }, at);
  return wishIfDue(holding, at);
}

/**
 * It was brought (again), and is promised (again): whatever was said of it before is void. Our ack may be on its way
 * into the order, and until it is there the order has the row with somebody else.
 */
export function stays({ leaving }: Holding, key: string, { now }: Moment): void {
  leaving.partings.delete(key);
  leaving.resting.put(key, now + leaving.marks.settledMs);
}

/** On its way out of the store: whoever brings it meanwhile brings it again. */
export const isDropping = ({ leaving }: Holding, key: string): boolean =>
  leaving.partings.get(key)?.isDropping ?? false;

function wishIfDue(holding: Holding, at: Moment): Effects {
  const { leaving } = holding;
  const { wishing, partings, wishedAt, clock } = leaving;
  if (wishing !== undefined && at.now >= wishing.until) ended(leaving, wishing, at);
  const wantsTime = (leaving.isShort || leaving.isAskedForTime) && !isFresh(clock, at);
  if (!wantsTime) leaving.isAskedForTime = false;
  const isIdle = leaving.wishing === undefined && at.now - wishedAt >= WISH_MS;
  return isIdle && (wantsTime || partings.size > 0) ? wish(holding, at) : NOTHING;
}

function wish({ leaving, holder }: Holding, at: Moment): Effects {
  const partings = [...leaving.partings.values()].filter((each) => !each.isDropping);
  const said: Wish = {
    holder: holder.node,
    nonce: at.entropy.bytes(16),
    at: Math.max(0, Math.floor(cityNow(leaving.clock, at) ?? at.wall)),
    rows: partings.map(({ wished }) => wished),
  };
  leaving.wishedAt = at.now;
  leaving.wishing = {
    wish: said,
    digest: wishDigest(said),
    partings,
    words: new Map(),
    tries: new Map(),
    until: at.now + WORDS_MS,
  };
  const job = {
    ...wishSignJob(holder.genesis.network, said, holder.secrets.signing),
    hedge: at.entropy.bytes(32),
  };
  return [compute(SIGN, 'hold.sign', job)];
}

/** A job came back: our signature, or whether a word stands. */
export function worked(
  holding: Holding,
  id: string,
  output: Plain | undefined,
  at: Moment,
): Effects {
  if (id === SIGN) return signed(holding, output);
  const { leaving } = holding;
  const verified = leaving.verifying.get(id);
  leaving.verifying.delete(id);
  const [stands] = (output ?? []) as readonly boolean[];
  if (verified === undefined || stands !== true || verified.of !== leaving.wishing) return NOTHING;
  verified.of.words.set(verified.word.by, verified.word);
  return heeded(holding, verified.of, at);
}

function signed({ leaving, holder }: Holding, output: Plain | undefined): Effects {
  const { wishing } = leaving;
  if (wishing === undefined || !(output instanceof Uint8Array)) return NOTHING;
  const message = SayLeaving.of({ wish: wishing.wish, signature: output });
  return holder.genesis.delegates.map(({ node }) => send(address(node, 'repair'), message));
}

/** A delegate answers: it is believed when its signature stands. */
export function heard(holding: Holding, { word, signature }: Leave, at: Moment): Effects {
  const { leaving, holder } = holding;
  const { wishing } = leaving;
  const delegate = holder.genesis.delegates.find(({ node }) => node === word.by);
  if (wishing === undefined || delegate === undefined || at.from === undefined) return NOTHING;
  const tries = (wishing.tries.get(word.by) ?? 0) + 1;
  const isIts =
    nodeOf(at.from) === word.by &&
    same(word.wish, wishing.digest) &&
    word.stands.length === wishing.wish.rows.length;
  if (!isIts || tries > TRIES_MAX || wishing.words.has(word.by)) return NOTHING;
  wishing.tries.set(word.by, tries);
  const id = `${VERIFY}${++leaving.begun}`;
  leaving.verifying.set(id, { of: wishing, word });
  const job = wordVerifyJob(holder.genesis.network, word, signature, delegate.signing);
  return [compute(id, 'batch.verify', [job] as unknown as Plain)];
}

/** One more word stands: what time it is, and what is gone. */
function heeded(holding: Holding, wishing: Wishing, at: Moment): Effects {
  const { leaving, holder } = holding;
  const { words, partings } = wishing;
  const time = timeBy(holder.genesis, words);
  if (time !== undefined) learn(leaving.clock, time, at);
  const now = cityNow(leaving.clock, at);
  const gone = partings.flatMap((parting, i) =>
    now !== undefined && mayGo(holding, wishing, i, now) ? drop(holding, parting) : NOTHING,
  );
  if (words.size === holder.genesis.delegates.length) ended(leaving, wishing, at);
  const lapsed = time === undefined ? NOTHING : [lapse(millis(Math.floor(now!)))];
  return [...lapsed, ...gone, ...nominateIfShort(leaving, at)];
}

function mayGo({ leaving, holder }: Holding, wishing: Wishing, i: number, now: number): boolean {
  const { words, partings } = wishing;
  const { genesis, plant } = holder;
  if (plant === 'drop-before-moved' || isGone(genesis, words, i)) return true;
  const { key } = partings[i]!;
  if (!isUnknown(genesis, words, i)) return false;
  const since = leaving.unknownSince.get(key) ?? now;
  leaving.unknownSince.put(key, since);
  return isForgotten(since, now);
}

function drop({ leaving, takes, holder }: Holding, parting: Parting): Effects {
  const { key } = parting;
  const isStill = leaving.partings.get(key) === parting && !parting.isDropping;
  if (!isStill || takes.has(key)) return NOTHING;
  holder.probe.sometimes('holder: a row went when it was with others');
  parting.isDropping = true;
  const id = `${DROP}${++leaving.begun}`;
  leaving.dropping.set(id, parting);
  return [discard(id, key)];
}

/** It cannot come back; or, where too much waits for the disk, it is tried again with the next words. */
export function dropped({ leaving }: Holding, id: string, outcome: 'gone' | 'full'): void {
  const parting = leaving.dropping.get(id);
  leaving.dropping.delete(id);
  if (parting === undefined) return;
  parting.isDropping = false;
  if (outcome === 'gone') leaving.partings.delete(parting.key);
}

/** No more words are waited for: whoever only asked has its answer, if there was one. */
function ended(leaving: Leaving, wishing: Wishing, { now }: Moment): void {
  leaving.wishing = undefined;
  if (wishing.words.size === 0) return;
  for (const parting of wishing.partings) {
    const { key, wished, isDropping: isGoing } = parting;
    if (leaving.partings.get(key) !== parting || isGoing || wished.because === 'room') continue;
    leaving.partings.delete(key);
    if (wished.because === 'time') leaving.resting.put(key, now + REST_MS);
  }
}

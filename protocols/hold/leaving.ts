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
 * Safety: nothing expires but by the city's time, and nothing that is alive goes but by words (wishing.ts).
 * Liveness: a wish is repeated while there are partings; one that leads to nothing rests for an hour, and others have
 * their turn. Nothing of it is durable: a store that is short names the same again.
 */
import {
  lapse,
  nominate,
  NOTHING,
  peek,
  type Moment,
  type PieceEntry,
  type PieceFound,
  type PieceTally,
} from '../effect.ts';
import { millis } from '../ids.ts';
import { WISHED_MAX, type WishedRow } from '../leaving.ts';
import { cityNow, isFresh } from './city-clock.ts';
import { readHeld, txIdOfKey } from './held-piece.ts';
import { relist } from './inventory.ts';
import {
  isResting,
  isYoung,
  LOOK,
  NOMINATE,
  part,
  REST_MS,
  type Leaving,
  type Named,
} from './partings.ts';
import type { Holding } from './state.ts';
import { wishIfDue, type Effects } from './wishing.ts';

/** What did not go within so long gives others a turn. */
const PARTING_MS = 600_000;
/** A store that named nothing new is not asked again for so long. */
const NOMINATE_MS = 30_000;
/** Named, and not looked at yet. */
const NAMED_MAX = 1_024;

/** How much room there is. */
export function noteRoom({ leaving }: Holding, { bytesFree, bytesMax }: PieceTally): void {
  leaving.isShort = bytesFree * 1_000 < bytesMax * leaving.marks.roomPermille;
}

/** What the store lists: promises that end soon are remembered. */
export function noteTimes({ leaving }: Holding, pieces: readonly PieceEntry[], at: Moment): void {
  const now = cityNow(leaving.clock, at);
  const { timeMs } = leaving.marks;
  if (timeMs === undefined || pieces.length === 0) return;
  if (now === undefined) return void (leaving.isAskedForTime = leaving.hasMore = true);
  for (const { key, expiresAt } of pieces) {
    const isSoon = expiresAt > now && expiresAt - now <= timeMs;
    const isTooEarly = isSoon && (isYoung(leaving, at) || leaving.named.length >= NAMED_MAX);
    if (isTooEarly) leaving.hasMore = true;
    else if (isSoon) name(leaving, { key, because: 'time' }, at);
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
    ...listForMore(leaving, at),
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
  const isIdle = named.length === 0 && partings.size < WISHED_MAX && at.now >= leaving.nominateAt;
  if (!isReady || !isIdle) return NOTHING;
  leaving.isNominating = true;
  return [nominate(NOMINATE)];
}

/** What the store would rather be rid of. */
export function nominated(holding: Holding, pieces: readonly PieceEntry[], at: Moment): Effects {
  const { leaving } = holding;
  leaving.isNominating = false;
  for (const { key } of pieces) name(leaving, { key, because: 'room' }, at);
  if (leaving.named.length === 0) leaving.nominateAt = at.now + NOMINATE_MS;
  return [...lookAtNamed(leaving), ...wishIfDue(holding, at)];
}

/** What was too much or too early for the last list. */
function listForMore(leaving: Leaving, at: Moment): Effects {
  const isReady = cityNow(leaving.clock, at) !== undefined && !isYoung(leaving, at);
  if (!leaving.hasMore || !isReady || leaving.named.length > 0) return NOTHING;
  leaving.hasMore = false;
  return relist();
}

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

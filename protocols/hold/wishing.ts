/**
 * Wishing: what a holder says to delegates of its partings, and what it does by their words.
 *
 *   partings, or no time --> wish, signed --> every delegate --> words, verified one by one
 *                                                                  |-- time --> what has expired may go
 *                                                                  '-- gone, by more than a third of the stake --> discarded
 *
 * Safety: what is discarded was in this wish, and the words are words on it; not while anybody brings the same piece,
 * nor when it was brought since. Bounds: one wish at a time, one word of each delegate, so many tries at each.
 */
import { same } from '#lib/bytes.ts';
import {
  compute,
  discard,
  lapse,
  NOTHING,
  send,
  type Effect,
  type Moment,
  type Plain,
} from '../effect.ts';
import { millis } from '../ids.ts';
import {
  isForgotten,
  isGone,
  isUnknown,
  timeBy,
  wishDigest,
  wishSignJob,
  wordVerifyJob,
  type Wish,
} from '../leaving.ts';
import { Leaving as SayLeaving, type Leave } from '../leaving.messages.ts';
import { address, nodeOf } from '../subjects.ts';
import { cityNow, isFresh, learn } from './city-clock.ts';
import {
  DROP,
  REST_MS,
  SIGN,
  VERIFY,
  type Leaving,
  type Parting,
  type Wishing,
} from './partings.ts';
import type { Holding } from './state.ts';

/** Words on a wish are waited for so long; the next wish is made so long after one. */
const WORDS_MS = 5_000;
const WISH_MS = 15_000;
/** Words that claim to be of one delegate, on one wish. */
const TRIES_MAX = 3;

export type Effects = readonly Effect<SayLeaving>[];

/** There is something to wish for, and it is not too soon after the last one. */
export function wishIfDue(holding: Holding, at: Moment): Effects {
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
  return [...lapsed, ...gone];
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

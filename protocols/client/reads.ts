/**
 * What a client asks R1 for, whatever is lost on the way: reads, and looks at who holds what.
 *
 *   asked --> R1 of one delegate --(progress)--> ... --> given | unavailable | refused | surveyed
 *     ^                |
 *     '-(silent, busy, denied by a few)-'  the next delegate is asked the same
 *
 * Safety: the same question is asked again under the same number; the first last word counts, and what comes
 * later finds nobody. What was given is a ciphertext until its reader has opened it. Nobody alone denies anything: what
 * is refused is refused by more than a third of the stake, one of whom is honest; with fewer of them in reach it is
 * unavailable. Liveness: R1 says something each second, so silence is noticed, and whoever was silent of late is not asked
 * first; everything ends when its time is over, at the latest.
 */
import { assert } from '#lib/assert.ts';
import { NOTHING, send, sleep, wake, type Effect, type Moment } from '../effect.ts';
import type { Genesis } from '../genesis.ts';
import {
  LeaveRead,
  Unavailable,
  type Given,
  type Read,
  type ReaderHears,
  type ReadProgress,
  type ReadReason,
  type ReadRefused,
  type Survey,
  type Surveyed,
} from '../receiving.messages.ts';
import { address, type Address } from '../subjects.ts';
import { isBelieved } from './doubts.ts';

/** Questions under way at once. */
export const ASKED_MAX = 1_024;
const LOOK_MS = 500;
/** R1 speaks each second. */
const SILENCE_MS = 2_500;
/** Beyond its own time: R1 has the last word. */
const GRACE_MS = 2_000;
const RETRY_MS = 1_000;

/** Whoever was silent is not asked first for so long. */
const AVOIDED_MS = 30_000;

/** What an application is told of its questions, by their numbers. */
export type ReadWord = ReadProgress | Given | Unavailable | ReadRefused | Surveyed;

interface Question {
  readonly ask: Read | Survey;
  readonly endsAt: number;
  heardAt: number;
  /** Whoever was asked cannot or will not: the next is asked at the next look. */
  isPassedOn: boolean;
  /** Which of the delegates is asked. */
  turn: number;
  /** Who refused it last, and why: perhaps they lie, know too little, or have clocks that are wrong. */
  readonly denied: Map<Address, ReadReason>;
}

export interface Reads {
  readonly underWay: Map<number, Question>;
  /** When each delegate was silent last; none of those that have spoken since. */
  readonly silentAt: Map<Address, number>;
}

export const noReads = (): Reads => ({ underWay: new Map(), silentAt: new Map() });

type Says = Read | Survey | LeaveRead;
type Effects = readonly Effect<Says>[];
/** Tells the application. */
type Tell = (word: ReadWord) => void;

const ID = 'read/';
export const isOfReads = (id: string): boolean => id.startsWith(ID);
const idOf = (number: number): string => `${ID}${number}`;

export function invariants({ underWay }: Reads): void {
  assert(underWay.size <= ASKED_MAX, 'a client has so many questions under way at once');
}

export function asked(
  reads: Reads,
  genesis: Genesis | undefined,
  ask: Read | Survey,
  at: Moment,
  tell: Tell,
): Effects {
  const { number, withinMs } = ask;
  if (genesis === undefined || reads.underWay.size >= ASKED_MAX || reads.underWay.has(number)) {
    tell({ kind: 'receive.refused', number, reason: 'busy' });
    return NOTHING;
  }
  const question: Question = {
    ask,
    endsAt: at.now + withinMs + GRACE_MS,
    heardAt: at.now,
    isPassedOn: false,
    turn: firstOf(reads, genesis, at),
    denied: new Map(),
  };
  reads.underWay.set(number, question);
  return [send(whomOf(genesis, question), ask), wake(idOf(number), LOOK_MS)];
}

/** By lot, of those who were not silent of late. */
function firstOf({ silentAt }: Reads, { delegates }: Genesis, { now, entropy }: Moment): number {
  const all = delegates.map((_, i) => i);
  const isThere = (i: number): boolean => {
    const at = silentAt.get(address(delegates[i]!.node, 'receive'));
    return at === undefined || now - at >= AVOIDED_MS;
  };
  const there = all.filter(isThere);
  const some = there.length > 0 ? there : all;
  return some[entropy.below(some.length)]!;
}

const whomOf = ({ delegates }: Genesis, { turn }: Question): Address =>
  address(delegates[turn % delegates.length]!.node, 'receive');

/** Somebody else may be able to. */
const PASSING: ReadonlySet<ReadReason> = new Set(['busy', 'rate-limited']);

export function heard(
  reads: Reads,
  genesis: Genesis | undefined,
  word: ReaderHears,
  at: Moment,
  tell: Tell,
): Effects {
  const question = reads.underWay.get(word.number);
  const { from } = at;
  // Delegates alone are believed; whatever they give is checked by whoever opens it.
  const isDelegate = genesis?.delegates.some(({ node }) => from === address(node, 'receive'));
  if (question === undefined || isDelegate !== true || word.kind === 'receive.known')
    return NOTHING;
  question.heardAt = at.now;
  reads.silentAt.delete(from!);
  if (word.kind === 'receive.refused') {
    // Whoever is not asked now changes nothing of who is, however often it refuses.
    const isAsked = from === whomOf(genesis!, question);
    if (PASSING.has(word.reason)) {
      question.isPassedOn ||= isAsked;
      return NOTHING;
    }
    if (isDoubtful(genesis!, question, word.reason, from!))
      return isAsked ? next(genesis!, question, at) : NOTHING;
  }
  tell(word);
  return word.kind === 'receive.progress' ? NOTHING : over(reads, word.number);
}

/** Until those with more than a third of the stake say so: it may be a lie of theirs, or a clock that is wrong. */
function isDoubtful(
  { delegates }: Genesis,
  { denied }: Question,
  reason: ReadReason,
  from: Address,
): boolean {
  denied.set(from, reason);
  const by = delegates.filter(({ node }) => denied.get(address(node, 'receive')) === reason);
  return !isBelieved(delegates, by);
}

/** Whoever has not refused it yet is asked at once; when all have, whoever comes next, at the next look. */
function next(genesis: Genesis, question: Question, { now }: Moment): Effects {
  const { delegates } = genesis;
  for (let i = 1; i < delegates.length; i++) {
    question.turn++;
    if (!question.denied.has(whomOf(genesis, question)))
      return [send(whomOf(genesis, question), onlyLeft(question, now))];
  }
  question.isPassedOn = true;
  return NOTHING;
}

export function looked(
  reads: Reads,
  genesis: Genesis | undefined,
  id: string,
  { now }: Moment,
  tell: Tell,
): Effects {
  const number = Number(id.slice(ID.length));
  const question = reads.underWay.get(number);
  if (question === undefined || genesis === undefined) return NOTHING;
  if (now >= question.endsAt) {
    tell(nobody(question));
    return over(reads, number);
  }
  const again = wake(id, LOOK_MS);
  if (!question.isPassedOn) {
    if (now - question.heardAt < SILENCE_MS) return [again];
    reads.silentAt.set(whomOf(genesis, question), now);
  }
  question.isPassedOn = false;
  question.turn++;
  question.heardAt = now;
  return [again, send(whomOf(genesis, question), onlyLeft(question, now))];
}

/** The same question, for the time that is left. */
function onlyLeft({ ask, endsAt }: Question, now: number): Read | Survey {
  const withinMs = Math.max(1, Math.min(ask.withinMs, Math.round(endsAt - GRACE_MS - now)));
  return { ...ask, withinMs };
}

/** No delegate had a last word. */
function nobody({ ask }: Question): Unavailable {
  const txId = ask.kind === 'receive.read' ? ask.request.txId : ask.txId;
  const { number } = ask;
  return Unavailable.of({ number, txId, have: 0, need: 0, retryMs: RETRY_MS });
}

/** The application turns away. */
export function left(reads: Reads, genesis: Genesis | undefined, number: number): Effects {
  const question = reads.underWay.get(number);
  if (question === undefined || genesis === undefined) return NOTHING;
  return [send(whomOf(genesis, question), LeaveRead.of({ number })), ...over(reads, number)];
}

const over = ({ underWay }: Reads, number: number): Effects =>
  underWay.delete(number) ? [sleep(idOf(number))] : NOTHING;

/**
 * A challenge: one holder is asked for some rows, and what it answers is judged.
 *
 *   it owes an answer   the same rows again, before anything else (containment)
 *   not measured        nothing at all: how long does the way take? Only of whom there is something to ask
 *   else                rows that were drawn (rows.ts)
 *
 *   answer      in time: sound                   late: other rows, three times, then silent
 *               "I have it not": lacking         signed something else: false, and evidence
 *   no answer   asked for the same again; three times, then silent, in each span until it answers
 *
 * A late answer counts as none because whoever has to fetch a piece first is late; other rows are asked for next,
 * because by then it has these. A debt stays a debt, so nobody chooses what he answers.
 *
 * What is asked of a holder in a span is asked at drawn moments all along it, not at its beginning: what is lost later
 * is found sooner. A challenge costs two signatures however few rows it has, so whoever had few to show is left time
 * to get more. Whoever did not show everything is asked again soon.
 */
import { memberOf } from '../presence/roll.ts';
import { Prove, type Proved } from '../holder.messages.ts';
import { send, type Moment } from '../effect.ts';
import { Suspect, type Suspect as Suspected } from '../audit.messages.ts';
import { address } from '../subjects.ts';
import { accuse } from './accuse.ts';
import { CHALLENGED_MAX } from '../proof-of-holding.ts';
import { hashOfRow, type Wanted } from './facts.ts';
import type { CheckInput, Finding } from './jobs.ts';
import { allowedMs, isMeasured, learned, measured } from './pace.ts';
import { policyOf } from './follow.ts';
import { giveBack, rowsFor } from './rows.ts';
import { own, ROWS_PER_SPAN, tallyOf, type Auditing, type Known, type Round } from './state.ts';
import { asks, computes, type Effects } from './waits.ts';

/** Longer than any answer takes: then it is none. */
const ANSWER_MS = 5_000;
export const TRIES = 3;
/** Between two challenges of a holder, where spans are short or it did not show everything. */
const PAUSE_MS = 2_000;
const PAUSE_MS_MAX = 30_000;
const IDLE_MS = 15_000;
/** The way is measured with each so many challenges. */
const MEASURED_EACH = 8;
const NONCE_BYTES = 16;

export function challenge(state: Auditing, round: Round, holder: Known, at: Moment): Effects {
  holder.isBusy = true;
  state.underWay++;
  state.allowance -= CHALLENGED_MAX;
  if (holder.debt !== undefined) return put(state, holder, holder.debt.wanted, at);
  if (isToMeasure(state, holder)) return measure(state, holder, at);
  return rowsFor(state, round, holder, at, (wanted, now) => {
    if (wanted.length === 0) return nothing(state, holder, now);
    if (isMeasured(state.pace, holder.node)) {
      holder.challenges++;
      return put(state, holder, wanted, now);
    }
    giveBack(round, holder, wanted);
    return measure(state, holder, now);
  });
}

/** Whoever has nothing to show is not measured either. */
function isToMeasure({ doubts, pace }: Auditing, holder: Known): boolean {
  const { node, perPage = 0, challenges } = holder;
  if (perPage === 0 && !doubts.has(node)) return false;
  return challenges % MEASURED_EACH === 0 || !isMeasured(pace, node);
}

function measure(state: Auditing, holder: Known, at: Moment): Effects {
  holder.challenges++;
  return put(state, holder, [], at);
}

/** It was asked for all that there is, in this span. */
function nothing(state: Auditing, holder: Known, at: Moment): Effects {
  state.allowance += CHALLENGED_MAX;
  return done(state, holder, at, IDLE_MS);
}

function done(state: Auditing, holder: Known, { now }: Moment, pauseMs: number): Effects {
  holder.isBusy = false;
  holder.nextAt = now + pauseMs;
  state.underWay--;
  return [];
}

function put(state: Auditing, holder: Known, wanted: readonly Wanted[], at: Moment): Effects {
  const nonce = at.entropy.bytes(NONCE_BYTES);
  state.allowance += CHALLENGED_MAX - Math.max(1, wanted.length);
  const to = address(holder.node, 'holder');
  const sent = { nonce, wanted, at: at.now };
  const prove = Prove.of({ nonce, wanted: wanted.map(({ asked }) => asked) });
  return [
    asks(state.waits, to, prove, ANSWER_MS, (answer, now) =>
      answer?.kind === 'holder.proved'
        ? proved(state, holder, sent, answer as Proved, now)
        : unheard(state, holder, sent, now),
    ),
  ];
}

interface Sent {
  readonly nonce: Uint8Array;
  readonly wanted: readonly Wanted[];
  readonly at: number;
}

function proved(state: Auditing, holder: Known, sent: Sent, answer: Proved, at: Moment): Effects {
  const { self } = state.of;
  const listed = memberOf(state.copy.rolls[0]?.members ?? [], holder.node);
  if (listed === undefined) return done(state, holder, at, PAUSE_MS);
  const tookMs = at.now - sent.at;
  const { statement, signature, answers, pieces } = answer;
  const input: CheckInput = {
    network: self.genesis.network,
    holder: holder.node,
    auditor: self.node,
    nonce: sent.nonce,
    key: listed.signing,
    wanted: sent.wanted.map(({ asked }) => asked),
    hashes: sent.wanted.map(hashOfRow),
    proved: { statement, signature, answers, pieces },
    takesOld: state.of.plant === 'audit-replay-accepted',
  };
  return [
    computes<readonly Finding[]>(state.waits, 'audit.check', input, (findings, now) =>
      findings === undefined
        ? unheard(state, holder, sent, now)
        : judged(state, holder, sent, answer, findings, tookMs, now),
    ),
  ];
}

function judged(
  state: Auditing,
  holder: Known,
  { wanted }: Sent,
  answer: Proved,
  findings: readonly Finding[],
  tookMs: number,
  at: Moment,
): Effects {
  const { pace, of, round } = state;
  const { node, debt } = holder;
  holder.debt = undefined;
  if (wanted.length === 0) {
    measured(pace, node, tookMs);
    return done(state, holder, at, 0);
  }
  const shown = findings.filter((finding) => finding === 'held').length;
  const isLate = tookMs > (allowedMs(pace, node) ?? tookMs) && of.plant !== 'audit-no-deadline';
  const isJudged = debt === undefined && allowedMs(pace, node) !== undefined;
  if (shown === findings.length) learned(pace, node, tookMs);
  of.self.probe.sometimes(`audit: ${isLate ? 'late' : 'in time'}`);
  const tally = round === undefined ? undefined : tallyOf(round, node);
  if (tally !== undefined) count(tally, findings, wanted);
  // A debt was given more time than anybody has: what it shows is no more than paid back.
  if (isJudged && !isLate && tally !== undefined) tally.sound += shown;
  if (isJudged && shown > 0) holder.late = isLate ? holder.late + 1 : 0;
  if (holder.late === TRIES) {
    holder.late = 0;
    if (tally !== undefined) tally.silent += shown;
  }
  const isGood = shown === findings.length && holder.late === 0;
  const pauseMs = isGood ? restMs(state, shown, at) : holder.late > 0 ? 0 : PAUSE_MS;
  return [
    ...findings.flatMap((finding, i) => suspected(state, holder, wanted[i]!, finding)),
    ...accuse(state, node, answer, findings, wanted, at),
    ...done(state, holder, at, pauseMs),
  ];
}

/** All that is to be asked in a span takes three quarters of it; where a challenge had few rows it is longer. */
function restMs({ following }: Auditing, rows: number, { entropy }: Moment): number {
  const { epochMs } = policyOf(following).audits;
  const share = Math.max(PAUSE_MS, (epochMs * CHALLENGED_MAX) / ROWS_PER_SPAN);
  const drawn = (share * (256 + entropy.bytes(1)[0]!)) / 512;
  const few = Math.min((drawn * CHALLENGED_MAX) / rows, IDLE_MS);
  return Math.floor(Math.max(drawn, few));
}

function count(
  tally: { lacking: number; silent: number; false: number },
  findings: readonly Finding[],
  wanted: readonly Wanted[],
): void {
  for (const [i, finding] of findings.entries()) {
    // What it never said that it has it may lack; what is damaged it had.
    const isFault = finding === 'damaged' || (finding === 'lacking' && wanted[i]!.isOwed);
    if (isFault) tally.lacking++;
    if (finding === 'unshown') tally.silent++;
    if (finding === 'false') tally.false++;
  }
}

const WHY: Readonly<Record<Finding, Suspected['why'] | undefined>> = {
  held: undefined,
  lacking: 'lacking',
  damaged: 'damaged',
  false: 'false',
  unshown: 'silent',
};

function suspected(
  state: Auditing,
  { node: holder }: Known,
  { asked: { txId, row } }: Wanted,
  finding: Finding,
): Effects {
  const why = WHY[finding];
  if (why === undefined) return [];
  state.of.self.probe.sometimes(`audit: ${why}`);
  return [send(own(state, 'repair'), Suspect.of({ txId, row, holder, why }))];
}

/** No answer, or none that it signed. */
function unheard(state: Auditing, holder: Known, { wanted }: Sent, at: Moment): Effects {
  const { round, of } = state;
  const tries = (holder.debt?.tries ?? 0) + 1;
  const isContained = of.plant !== 'audit-no-containment';
  holder.debt = isContained ? { wanted, tries } : undefined;
  const pauseMs = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** (tries - 1));
  const effects = done(state, holder, at, pauseMs);
  if (tries < TRIES || round === undefined || round.isSilent.has(holder.node)) return effects;
  round.isSilent.add(holder.node);
  const tally = tallyOf(round, holder.node);
  const rows = Math.max(1, wanted.length);
  if (of.plant === 'audit-silent-as-false') tally.false += rows;
  else tally.silent += rows;
  return [...effects, ...wanted.flatMap((row) => suspected(state, holder, row, 'unshown'))];
}

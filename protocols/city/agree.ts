/**
 * Agreement on the batch of one height. After Buchman, Kwon, Milosevic, "The latest gossip on BFT consensus"
 * (2018), algorithm 1; the numbers below are its lines.
 *
 *   round 0                                             round 1 ...
 *   propose ------> prevote ------> precommit ------> (timeout, or nothing chosen) propose by the next one
 *   the proposer's   > 2/3 prevotes   > 2/3 precommits
 *   batch, or        for it: LOCK     for it: DECIDED, in whatever round
 *   timeout: nothing
 *
 * Safety, with less than a third of the stake faulty. (1) An honest delegate casts one ballot for each (round,
 * step), so two choices of one step cannot both have more than two thirds: those would share an honest member.
 * (2) If b is decided in round r, more than a third of the stake is honest, precommitted b in r, and was locked
 * on b from then on. Who is locked on b at r prevotes another batch only when shown > 2/3 prevotes for that one
 * from a round r' with r <= r' (`proof`). By (1) none is of round r, and the first of a later round would need
 * prevotes of those who are locked. So no other batch ever gets > 2/3 prevotes, and none is decided.
 * Crashes: ballots and lock are on the disk before a ballot leaves (ballots.ts), so a delegate that restarts is
 * a slow one. All that is remembered of other delegates may be lost.
 *
 * Liveness, once the network delivers: ballots and proposals are said again until the height is done, > 1/3
 * ahead pull the others to their round (55), timeouts grow; and `valid`, the newest proof that a delegate has
 * seen, is what it proposes and what it sends along when it says things again, so all soon know the proof that
 * an honest proposer needs to unlock everybody. A delegate that has nothing to order and hears nothing sleeps.
 *
 * Nothing here signs, keeps or sends: `Act`s say what is to be done. The state changes in place.
 */
import { assert } from '#lib/assert.ts';
import { same } from '#lib/bytes.ts';
import {
  headDigest,
  isSameChoice,
  type CityBatch,
  type Committee,
  type Quorum,
} from '../city-batch.ts';
import type { Vote } from '../city.messages.ts';
import { proposerOf } from './committee.ts';
import {
  chosenIn,
  countVote,
  emptyTally,
  haveVoted,
  isUnderWay,
  roundAbove,
  type Step,
  type Tally,
} from './tally.ts';

/** Proposals of so many rounds before and after the one at hand are remembered, one of each. */
const ROUNDS_NEAR = 4;

export interface Proposed {
  readonly batch: CityBatch;
  readonly digest: Uint8Array;
  /** Prevotes for it, of an earlier round. */
  readonly proof: Quorum | undefined;
  readonly signature: Uint8Array;
  readonly member: number;
}

/** A ballot that was cast; no batch: for nothing. */
export interface Choice {
  readonly batch: Uint8Array | undefined;
}

export interface Lock {
  readonly round: number;
  readonly batch: Uint8Array;
}

/** A batch for which > 2/3 prevoted: the newest that is known. */
export interface Valid {
  readonly batch: CityBatch;
  readonly quorum: Quorum;
}

/** What is kept before a ballot leaves. */
export interface Standing {
  readonly height: number;
  readonly round: number;
  readonly proposed: Uint8Array | undefined;
  readonly prevote: Choice | undefined;
  readonly precommit: Choice | undefined;
  readonly lock: Lock | undefined;
  readonly valid: Valid | undefined;
}

export interface Agreement {
  readonly committee: Committee;
  /** Its own place; not there for one that only watches. */
  readonly own: number | undefined;
  readonly height: number;
  round: number;
  step: 'propose' | Step;
  /** There is something to agree on. */
  isAwake: boolean;
  /** It counts, but casts nothing. */
  isMute: boolean;
  isDecided: boolean;
  proposed: Uint8Array | undefined;
  prevote: Choice | undefined;
  precommit: Choice | undefined;
  lock: Lock | undefined;
  valid: Valid | undefined;
  readonly proposals: Map<number, Proposed>;
  readonly tally: Tally;
  /** The steps of this round whose timer runs or ran. */
  readonly timed: Set<Timed>;
}

export type Timed = 'propose' | Step;
export type Act =
  | { readonly act: 'cast'; readonly step: Step; readonly round: number; readonly choice: Choice }
  | { readonly act: 'time'; readonly step: Timed; readonly round: number }
  | { readonly act: 'decided'; readonly batch: CityBatch; readonly quorum: Quorum }
  | { readonly act: 'accuse'; readonly vote: Vote; readonly other: Vote };

/** Whether a batch may be voted for: not if it is wrong, not yet if something in it is not held here. */
export type Judge = (batch: CityBatch, isProved: boolean) => 'fit' | 'unfit' | 'wait';

export function beginHeight(
  committee: Committee,
  own: number | undefined,
  height: number,
  kept: Standing | undefined,
): Agreement {
  const stood = kept?.height === height ? kept : undefined;
  return {
    committee,
    own,
    height,
    round: stood?.round ?? 0,
    step: stepAfter(stood),
    isAwake: stood !== undefined,
    isMute: own === undefined,
    isDecided: false,
    proposed: stood?.proposed,
    prevote: stood?.prevote,
    precommit: stood?.precommit,
    lock: stood?.lock,
    valid: stood?.valid,
    proposals: new Map(),
    tally: emptyTally(committee),
    timed: new Set(),
  };
}

function stepAfter(stood: Standing | undefined): Agreement['step'] {
  if (stood?.precommit !== undefined) return 'precommit';
  return stood?.prevote === undefined ? 'propose' : 'prevote';
}

export const standingOf = (on: Agreement): Standing => {
  const { height, round, proposed, prevote, precommit, lock, valid } = on;
  return { height, round, proposed, prevote, precommit, lock, valid };
};

/** Whether a proposal is expected of us in this round. */
export const isOurTurn = (on: Agreement): boolean =>
  on.own !== undefined &&
  !on.isMute &&
  !on.isDecided &&
  on.step === 'propose' &&
  on.proposed === undefined &&
  proposerOf(on.committee, on.height, on.round) === on.own;

/** There is something to agree on: from now on nobody's silence is waited out for ever. */
export function awaken(on: Agreement): Act[] {
  on.isAwake = true;
  return time(on, 'propose');
}

/** Whether a proposal could be of use: of its round's proposer, near, the first. */
export const isProposalWanted = (on: Agreement, round: number, member: number): boolean =>
  !on.isDecided &&
  Math.abs(round - on.round) <= ROUNDS_NEAR &&
  !on.proposals.has(round) &&
  proposerOf(on.committee, on.height, round) === member;

/** A verified proposal. */
export function hearProposal(on: Agreement, round: number, proposal: Proposed): void {
  if (!isProposalWanted(on, round, proposal.member)) return;
  assert(proposal.proof === undefined || proposal.proof.round < round, 'a proof is of before');
  on.proposals.set(round, proposal);
  on.isAwake = true;
  if (proposal.proof !== undefined) hearProof(on, { ...proposal, quorum: proposal.proof });
}

/** A verified proof that > 2/3 prevoted a batch. */
export function hearProof(on: Agreement, { batch, quorum }: Valid): void {
  if (isNewer(on, quorum.round)) on.valid = { batch, quorum };
}

/** Whether a proof of this round would be newer than what is known. */
export const isNewer = ({ valid }: Agreement, round: number): boolean =>
  valid === undefined || valid.quorum.round < round;

/** A verified vote. */
export function hearVote(on: Agreement, vote: Vote): Act[] {
  const other = countVote(on.tally, vote, on.round);
  return other === undefined ? [] : [{ act: 'accuse', vote, other }];
}

/** A timer of this height came. */
export function timeOut(on: Agreement, step: Timed, round: number): Act[] {
  if (on.isDecided || round !== on.round) return [];
  if (step === 'precommit') return startRound(on, round + 1);
  if (step !== on.step) return [];
  return cast(on, step === 'propose' ? 'prevote' : 'precommit', undefined);
}

/** Whatever follows from what is known by now. To be called after every change. */
export function progress(on: Agreement, judge: Judge): Act[] {
  const acts: Act[] = [];
  if (!on.isAwake && isUnderWay(on.tally)) acts.push(...awaken(on));
  for (let rule = 0; rule < RULES.length && !on.isDecided;) {
    const did = RULES[rule]!(on, judge);
    acts.push(...did);
    rule = did.length > 0 ? 0 : rule + 1;
  }
  return acts;
}

type Rule = (on: Agreement, judge: Judge) => Act[];

/** (49) More than two thirds precommitted a batch, in whatever round. */
const decide: Rule = (on) => {
  for (const round of on.tally.rounds.keys()) {
    const chosen = chosenIn(on.tally, round, 'precommit');
    const batch = chosen?.batch === undefined ? undefined : batchOf(on, chosen.batch);
    if (chosen === undefined || batch === undefined) continue;
    on.isDecided = true;
    return [{ act: 'decided', batch, quorum: chosen.quorum }];
  }
  return [];
};

/** (55) Somebody honest is further. */
const catchUp: Rule = (on) => {
  const above = roundAbove(on.tally, on.round);
  return above === undefined ? [] : startRound(on, above);
};

/** (22, 28) What to say to the proposal of this round. */
const prevote: Rule = (on, judge) => {
  const proposal = on.proposals.get(on.round);
  if (on.step !== 'propose' || proposal === undefined) return [];
  const verdict = judge(proposal.batch, proposal.proof !== undefined);
  if (verdict === 'wait') return [];
  const may = verdict === 'fit' && isUnlockedFor(on, proposal);
  return cast(on, 'prevote', may ? proposal.digest : undefined);
};

/** A lock gives way to the same batch, and to a proof that is not older than it. */
const isUnlockedFor = ({ lock }: Agreement, { digest, proof }: Proposed): boolean =>
  lock === undefined ||
  same(lock.batch, digest) ||
  (proof !== undefined && proof.round >= lock.round);

/** (36) More than two thirds prevoted a batch: whoever has not precommitted yet locks on it. */
const lockOn: Rule = (on, judge) => {
  const chosen = chosenIn(on.tally, on.round, 'prevote');
  const batch = chosen?.batch === undefined ? undefined : batchOf(on, chosen.batch);
  if (batch === undefined) return [];
  hearProof(on, { batch, quorum: chosen!.quorum });
  if (on.step !== 'prevote' || on.isMute || judge(batch, true) !== 'fit') return [];
  on.lock = { round: on.round, batch: chosen!.batch! };
  return cast(on, 'precommit', chosen!.batch);
};

/** (44) More than two thirds prevoted nothing. */
const giveUp: Rule = (on) => {
  if (on.step !== 'prevote') return [];
  const chosen = chosenIn(on.tally, on.round, 'prevote');
  return chosen !== undefined && chosen.batch === undefined ? cast(on, 'precommit', undefined) : [];
};

/** (34, 47) More than two thirds have voted, and not alike: do not wait for ever. */
const waitFor =
  (step: Step): Rule =>
  (on) =>
    (step === 'precommit' || on.step === 'prevote') && haveVoted(on.tally, on.round, step)
      ? time(on, step)
      : [];

const RULES: readonly Rule[] = [
  decide,
  catchUp,
  prevote,
  lockOn,
  giveUp,
  waitFor('prevote'),
  waitFor('precommit'),
];

/** A batch that somebody proposed or proved, by its digest. */
export function batchOf(on: Agreement, digest: Uint8Array): CityBatch | undefined {
  for (const proposal of on.proposals.values()) {
    if (same(proposal.digest, digest)) return proposal.batch;
  }
  const { valid } = on;
  return valid !== undefined && same(headDigest(valid.batch.head), digest)
    ? valid.batch
    : undefined;
}

function startRound(on: Agreement, round: number): Act[] {
  assert(round > on.round, 'rounds go up');
  on.round = round;
  on.step = 'propose';
  on.isAwake = true;
  on.proposed = undefined;
  on.prevote = undefined;
  on.precommit = undefined;
  on.timed.clear();
  for (const old of on.proposals.keys()) if (old < round - ROUNDS_NEAR) on.proposals.delete(old);
  return time(on, 'propose');
}

/** One ballot for each step of a round: the step moves on with it. */
function cast(on: Agreement, step: Step, batch: Uint8Array | undefined): Act[] {
  if (on.isMute) return [];
  assert(on[step] === undefined, 'one ballot for each step of a round');
  const choice = { batch };
  on[step] = choice;
  on.step = step;
  return [{ act: 'cast', step, round: on.round, choice }];
}

function time(on: Agreement, step: Timed): Act[] {
  if (on.isMute || on.timed.has(step)) return [];
  on.timed.add(step);
  return [{ act: 'time', step, round: on.round }];
}

/** What must be true between any two steps. */
export function invariants(on: Agreement): void {
  assert(on.lock === undefined || on.lock.round <= on.round, 'a lock is of no later round');
  const { precommit, lock } = on;
  assert(
    precommit?.batch === undefined || isSameChoice(precommit.batch, lock?.batch),
    'whoever precommitted a batch is locked on it',
  );
  assert(
    on.step === 'propose' || on.prevote !== undefined || on.precommit !== undefined || on.isMute,
    'a step is left by a ballot',
  );
}

/**
 * The tally of one height: who voted what, and what that comes to.
 *
 * One ballot of a member for a (round, step) counts; a second, different one is what the member is accused
 * with. Votes come from members only, and are verified before they come here.
 *
 * Bound: of each member the votes of the round at hand and of `ROUNDS_MAX` others, the lowest leave first. So a
 * member can only push out its own.
 */
import { hex } from '#lib/bytes.ts';
import { isSameChoice, type Committee, type Quorum } from '../city-batch.ts';
import type { Vote } from '../city.messages.ts';
import { isQuorum, stakeOf } from '../genesis.ts';

const ROUNDS_MAX = 4;
export type Step = Vote['step'];

interface Box {
  readonly votes: Map<number, Vote>;
  /** Stake behind each choice. */
  readonly stakes: Map<string, bigint>;
  total: bigint;
}
interface Round {
  readonly prevote: Box;
  readonly precommit: Box;
}

export interface Tally {
  readonly stakes: readonly bigint[];
  readonly whole: bigint;
  readonly rounds: Map<number, Round>;
}

const NOTHING = 'nothing';
const keyOf = (batch: Uint8Array | undefined): string =>
  batch === undefined ? NOTHING : hex(batch);
const box = (): Box => ({ votes: new Map(), stakes: new Map(), total: 0n });

export const emptyTally = ({ members }: Committee): Tally => ({
  stakes: members.map(({ stake }) => stake),
  whole: stakeOf({ delegates: members }),
  rounds: new Map(),
});

/** Whether this vote is counted already. */
export function isCounted(tally: Tally, vote: Omit<Vote, 'signature'>): boolean {
  const had = tally.rounds.get(vote.round)?.[vote.step].votes.get(vote.member);
  return had !== undefined && isSameChoice(had.batch, vote.batch);
}

/** Whether this vote could change anything: not if it says once more what more than two thirds have chosen. */
export function isNeeded(tally: Tally, { round, step, batch }: Omit<Vote, 'signature'>): boolean {
  const part = tally.rounds.get(round)?.[step].stakes.get(keyOf(batch)) ?? 0n;
  return !isQuorum(part, tally.whole);
}

/** Counts a vote. What comes back is the other vote of a member that has voted twice. */
export function countVote(tally: Tally, vote: Vote, roundAtHand: number): Vote | undefined {
  const { rounds, stakes } = tally;
  const had = rounds.get(vote.round)?.[vote.step].votes.get(vote.member);
  if (had !== undefined) return isSameChoice(had.batch, vote.batch) ? undefined : had;
  const round = rounds.get(vote.round) ?? { prevote: box(), precommit: box() };
  rounds.set(vote.round, round);
  put(round[vote.step], vote, stakes[vote.member]!);
  thin(tally, vote.member, roundAtHand);
  return undefined;
}

function put(into: Box, vote: Vote, stake: bigint): void {
  const key = keyOf(vote.batch);
  into.votes.set(vote.member, vote);
  into.stakes.set(key, (into.stakes.get(key) ?? 0n) + stake);
  into.total += stake;
}

function take(from: Box, member: number, stake: bigint): void {
  const vote = from.votes.get(member);
  if (vote === undefined) return;
  const key = keyOf(vote.batch);
  from.votes.delete(member);
  from.stakes.set(key, from.stakes.get(key)! - stake);
  from.total -= stake;
}

function thin({ rounds, stakes }: Tally, member: number, roundAtHand: number): void {
  const own = [...rounds.keys()].filter(
    (round) => round !== roundAtHand && has(rounds, round, member),
  );
  if (own.length <= ROUNDS_MAX) return;
  const lowest = Math.min(...own);
  const { prevote, precommit } = rounds.get(lowest)!;
  take(prevote, member, stakes[member]!);
  take(precommit, member, stakes[member]!);
  if (prevote.votes.size + precommit.votes.size === 0) rounds.delete(lowest);
}

function has(rounds: Tally['rounds'], round: number, member: number): boolean {
  const { prevote, precommit } = rounds.get(round)!;
  return prevote.votes.has(member) || precommit.votes.has(member);
}

/** What more than two thirds of the stake chose; nothing is a choice as well. */
export interface Chosen {
  readonly batch: Uint8Array | undefined;
  readonly quorum: Quorum;
}

export function chosenIn({ rounds, whole }: Tally, round: number, step: Step): Chosen | undefined {
  const votes = rounds.get(round)?.[step];
  for (const [key, part] of votes?.stakes ?? []) {
    if (!isQuorum(part, whole)) continue;
    const same = [...votes!.votes.values()].filter(({ batch }) => keyOf(batch) === key);
    const signed = same
      .toSorted((a, b) => a.member - b.member)
      .map(({ member, signature }) => ({ member, signature }));
    return { batch: same[0]!.batch, quorum: { round, votes: signed } };
  }
  return undefined;
}

/** Whether more than two thirds of the stake have voted, for whatever. */
export const haveVoted = ({ rounds, whole }: Tally, round: number, step: Step): boolean =>
  isQuorum(rounds.get(round)?.[step].total ?? 0n, whole);

/** The highest round above this one in which more than a third of the stake has voted: somebody honest is there. */
export function roundAbove(tally: Tally, round: number): number | undefined {
  const above = [...tally.rounds.keys()].filter((each) => each > round && isHonest(tally, each));
  return above.length === 0 ? undefined : Math.max(...above);
}

/** Whether so much of the stake has voted in any round that somebody honest must be among them. */
export const isUnderWay = (tally: Tally): boolean =>
  [...tally.rounds.keys()].some((round) => isHonest(tally, round));

function isHonest({ rounds, stakes, whole }: Tally, round: number): boolean {
  const { prevote, precommit } = rounds.get(round)!;
  let part = prevote.total;
  for (const member of precommit.votes.keys()) {
    if (!prevote.votes.has(member)) part += stakes[member]!;
  }
  return part * 3n > whole;
}

/**
 * Votes and timeouts of the rounds at hand. The first vote of a member in a round counts, a second one for another
 * block is evidence; so is a timeout that hides a QC on which its member has voted before.
 *
 * Bound: rounds above the highest certified one, `ROUNDS_NEAR` before and after the one at hand, however long nothing is
 * certified; of each member one vote and one timeout in each.
 */
import { hex, same } from '#lib/bytes.ts';
import { isMost, isSomebodyHonest, type Weights } from '../abba/tally.ts';
import type { Qc, Tc, Timeout, Vote } from './block.ts';
import type { JolteonPlant } from './plants.ts';

export const ROUNDS_NEAR = 16;

export interface Tally {
  readonly votes: Map<number, Map<number, Vote>>;
  readonly timeouts: Map<number, Map<number, Timeout>>;
}

export const emptyTally = (): Tally => ({ votes: new Map(), timeouts: new Map() });

function put<T>(into: Map<number, Map<number, T>>, round: number, member: number, what: T): T {
  const had = into.get(round) ?? new Map<number, T>();
  into.set(round, had);
  const before = had.get(member);
  if (before === undefined) had.set(member, what);
  return before ?? what;
}

/** What comes back is the vote that counts: another one, when this member has voted twice. */
export const countVote = ({ votes }: Tally, vote: Vote): Vote =>
  put(votes, vote.round, vote.member, vote);

/** A later timeout of the same round may show a higher QC: the first one is as good as any. */
export const countTimeout = ({ timeouts }: Tally, timeout: Timeout): Timeout =>
  put(timeouts, timeout.round, timeout.member, timeout);

const weightOf = ({ of }: Weights, members: Iterable<number>): bigint => {
  let sum = 0n;
  for (const member of members) sum += of[member]!;
  return sum;
};

const isEnough = (weights: Weights, part: bigint, plant: JolteonPlant | undefined): boolean =>
  plant === 'jolteon-quorum-short' ? isSomebodyHonest(weights, part) : isMost(weights, part);

/** The certificate of a block, once more than two thirds have voted for it. */
export function qcOf(
  { votes }: Tally,
  weights: Weights,
  { round, block }: Pick<Vote, 'round' | 'block'>,
  plant?: JolteonPlant,
): Qc | undefined {
  const alike = [...(votes.get(round)?.values() ?? [])].filter((vote) => same(vote.block, block));
  const part = weightOf(
    weights,
    alike.map(({ member }) => member),
  );
  if (!isEnough(weights, part, plant)) return undefined;
  const signed = alike
    .toSorted((a, b) => a.member - b.member)
    .map(({ member, signature }) => ({ member, signature }));
  return { block, round, votes: signed };
}

/** The certificate that a round was given up, with the highest QC that was shown. */
export function tcOf(
  { timeouts }: Tally,
  weights: Weights,
  round: number,
  plant?: JolteonPlant,
): Tc | undefined {
  const all = [...(timeouts.get(round)?.values() ?? [])].toSorted((a, b) => a.member - b.member);
  if (
    !isEnough(
      weights,
      weightOf(
        weights,
        all.map(({ member }) => member),
      ),
      plant,
    )
  )
    return undefined;
  const high = all.reduce(
    (best: Qc, each) => (each.high.round > best.round ? each.high : best),
    all[0]!.high,
  );
  const votes = all.map(({ member, high: of, signature }) => ({
    member,
    highRound: of.round,
    signature,
  }));
  return { round, high, votes };
}

/** Whether somebody honest has given this round up. */
export const isGivenUp = ({ timeouts }: Tally, weights: Weights, round: number): boolean =>
  isSomebodyHonest(weights, weightOf(weights, timeouts.get(round)?.keys() ?? []));

/** What is below a certified round is of no use any more. */
export function forget({ votes, timeouts }: Tally, below: number): void {
  for (const round of votes.keys()) if (round < below) votes.delete(round);
  for (const round of timeouts.keys()) if (round < below) timeouts.delete(round);
}

/** What makes a certificate one, apart from its signatures: members, each once and in order, enough weight. */
export function isQuorumOf(weights: Weights, members: readonly number[]): boolean {
  const isOrdered = members.every((each, i) => i === 0 || members[i - 1]! < each);
  return (
    isOrdered &&
    members.every((each) => each < weights.of.length) &&
    isMost(weights, weightOf(weights, members))
  );
}

export const keyOf = (id: Uint8Array): string => hex(id);

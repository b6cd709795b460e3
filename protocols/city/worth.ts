/**
 * When votes are verified: together, when they can decide something.
 *
 *   vote --> inbox: with those that wait and those that count, do more than two thirds have voted in its step?
 *                   or more than a third in a later round, or in any while we sleep?
 *             yes --> all that waits, in one job           no --> it waits; at the next tick it is verified anyway
 *
 * A vote that decides nothing is none that anybody waits for: with four delegates the second of two that are missing
 * brings the first one along, and the fourth is never looked at. All else that waits is worth it at once.
 */
import type { Vote } from '../city.messages.ts';
import type { Effect } from '../effect.ts';
import { isQuorum } from '../genesis.ts';
import type { Agreement } from './agree.ts';
import { forgetUnverified, verifyNext, type Claim } from './inbox.ts';
import type { City } from './state.ts';
import { isCounted, isNeeded, type Tally } from './tally.ts';

/** Gives an idle verifier what waits, if that is worth it. */
export function verifyDue(city: City): Effect<never>[] {
  const { on, inbox } = city;
  if (inbox.atWork.length > 0 || inbox.queue.length === 0) return [];
  forgetUnverified(inbox, (claim) => claim.is !== 'vote' || isOfUse(on, claim.vote));
  return isWorth(city) ? verifyNext(inbox) : [];
}

const isOfUse = (on: Agreement | undefined, vote: Vote): boolean =>
  on !== undefined &&
  vote.height === on.height &&
  !isCounted(on.tally, vote) &&
  isNeeded(on.tally, vote);

export function isWorth({ on, inbox }: City): boolean {
  const claims = inbox.queue.map(({ claim }) => claim);
  if (on === undefined || claims.some(({ is }) => is !== 'vote')) return claims.length > 0;
  const votes = claims.flatMap((claim: Claim) => (claim.is === 'vote' ? [claim.vote] : []));
  return votes.some(
    (vote) =>
      isQuorum(stakeIn(on.tally, votes, vote.round, [vote.step]), on.tally.whole) ||
      ((vote.round > on.round || !on.isAwake) &&
        stakeIn(on.tally, votes, vote.round, ['prevote', 'precommit']) * 3n > on.tally.whole),
  );
}

/** The stake of whoever has voted, or is said to have, in any of these steps of a round. */
function stakeIn(
  { rounds, stakes }: Tally,
  votes: readonly Vote[],
  round: number,
  steps: readonly Vote['step'][],
): bigint {
  const members = new Set<number>();
  for (const step of steps) {
    for (const member of rounds.get(round)?.[step].votes.keys() ?? []) members.add(member);
    for (const vote of votes)
      if (vote.round === round && vote.step === step) members.add(vote.member);
  }
  return [...members].reduce((sum, member) => sum + stakes[member]!, 0n);
}

/**
 * Saying things again. One tick for everything, so that nothing that is lost is lost for good:
 *
 *   our ledger has not said where it is     ask it to say again
 *   something was decided, not applied      give it to the ledger again
 *   a height is under way                   our ballots, its proposal, our proof and what waits, to everybody
 *   now and then                            where we are, to one peer after another: an idle city is in step too
 */
import { cityOf, ownLedger, toPeers, type City, type Effects } from './state.ts';
import { Nudge, Proposal, Votes, type Vote } from '../city.messages.ts';
import { send, wake } from '../effect.ts';
import { Resume } from '../order.messages.ts';
import type { Agreement } from './agree.ts';
import { fetchMissing } from './hear.ts';
import { wakeRested } from './rest.ts';
import { handAgain } from './rounds.ts';

export const TICK_MS = 400;
/** Nothing is said again sooner than so many times what a round takes: it may be on its way. */
const SAID_PACES = 2;
const PULSE_TICKS = 5;
const NUDGED_MAX = 64;

export function tick(city: City): Effects {
  const { on, peers } = city;
  city.ticks++;
  city.bothered.clear();
  wakeRested(city);
  const again = wake('tick', TICK_MS);
  if (on === undefined) return [again, send(ownLedger(city), Resume.of({}))];
  const peer = peers[city.ticks % Math.max(1, peers.length)];
  if (on.isDecided) return [again, ...handAgain(city)];
  if (on.isAwake) {
    if (city.now - city.saidAgainAt < SAID_PACES * city.paceMs) return [again];
    city.saidAgainAt = city.now;
    return [again, ...sayAgain(city, on), ...fetchMissing(city, peer)];
  }
  const isPulse = peer !== undefined && city.ticks % PULSE_TICKS === 0;
  return isPulse ? [again, send(cityOf(peer), nudgeOf(city, on))] : [again];
}

function sayAgain(city: City, on: Agreement): Effects {
  const proposal = on.proposals.get(on.round);
  const votes = ownVotes(on);
  return [
    ...(proposal === undefined ? [] : toPeers(city, proposalAgain(on.round, proposal))),
    ...(votes.length === 0 ? [] : toPeers(city, Votes.of({ votes }))),
    ...toPeers(city, nudgeOf(city, on)),
  ];
}

const proposalAgain = (
  round: number,
  { batch, proof, member, signature }: Omit<Proposal, 'kind' | 'round'>,
): Proposal => Proposal.of({ round, batch, proof, member, signature });

/** Of all rounds that are remembered: whoever is behind may need the old ones. */
function ownVotes({ tally, own }: Agreement): Vote[] {
  if (own === undefined) return [];
  return [...tally.rounds.values()].flatMap(({ prevote, precommit }) =>
    [prevote.votes.get(own), precommit.votes.get(own)].filter((vote) => vote !== undefined),
  );
}

function nudgeOf({ waiting, self }: City, on: Agreement): Nudge {
  const { height, valid, round } = on;
  const entries = [];
  for (const entry of waiting.values()) {
    if (entries.length === NUDGED_MAX) break;
    entries.push(entry);
  }
  const isNeeded = valid !== undefined && valid.quorum.round < round;
  if (isNeeded) self.probe.sometimes('city: a proof was sent along');
  return Nudge.of({ height, entries, proved: isNeeded ? valid : undefined });
}

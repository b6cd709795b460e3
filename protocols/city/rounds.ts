/**
 * From what the agreement wants to what is done: ballots are cast, timers set, batches proposed and handed over.
 *
 * A batch is proposed as soon as the one before is applied, if something waits then; otherwise `GATHER_MS` after
 * the first certificate that waits, so that those that come together go together; never later. Nothing is proposed
 * while nothing waits, but for an empty batch that ends a height of which a round has failed (rest.ts).
 */
import { packed, stampBytes, stampOf, unpacked } from '#algorithms/clock/hlc.ts';
import { assert, unreachable } from '#lib/assert.ts';
import {
  cityBatch,
  DoubleVote,
  ENTRIES_MAX,
  headDigest,
  type Ballot,
  type CityBatch,
  type Committed,
} from '../city-batch.ts';
import { ACCUSATIONS_MAX, Proposal, Votes, type Vote } from '../city.messages.ts';
import { toBytes } from '../codec.ts';
import { keep, note, put, send, wake, type Moment } from '../effect.ts';
import { CommittedBatch } from '../order.messages.ts';
import { nodeToken } from '../subjects.ts';
import {
  awaken,
  hearProposal,
  hearVote,
  isOurTurn,
  progress,
  standingOf,
  type Act,
  type Agreement,
  type Timed,
} from './agree.ts';
import { castBallot, type Proposable, type Said } from './ballots.ts';
import { judgeAt } from './judge.ts';
import { changeEnded, ended, isWanted, restAfter, toPropose } from './rest.ts';
import { certKey, ownLedger, toPeers, type City, type Effects } from './state.ts';

/** Certificates that come within this time of each other share a batch. */
const GATHER_MS = 10;
/**
 * What a step may take before it is given up: at first, and half as much again with each round. On a machine that is
 * slow it is so many times what rounds have taken of late: giving up early makes work, and work makes slow.
 */
const PATIENCE_MS: Readonly<Record<Timed, number>> = { propose: 500, prevote: 250, precommit: 250 };
const PATIENCE_PACES = 4;
const PACE_MS_MAX = 2_000;
const ROUNDS_GROWING = 8;

/** In whole milliseconds, so that it is the same everywhere. */
export function patienceMs(step: Timed, round: number, paceMs: number): number {
  let ms = Math.max(PATIENCE_MS[step], PATIENCE_PACES * paceMs);
  for (let i = 0; i < Math.min(round, ROUNDS_GROWING); i++) ms += ms >> 1;
  return ms;
}

/** A round has decided: how long did it take? What others took rounds for says nothing of the pace. */
function measure(city: City, { round }: { readonly round: number }): void {
  if (round !== city.on!.round) return;
  const tookMs = Math.min(PACE_MS_MAX, city.now - city.roundBeganAt);
  city.paceMs = Math.ceil((city.paceMs + tookMs) / 2);
}

/** Whatever follows from what is known by now. */
export function move(city: City, at: Moment): Effects {
  const { on } = city;
  if (on === undefined || on.isDecided) return [];
  const woken = isWanted(city) || on.isAwake ? awaken(on) : [];
  const effects = carryOut(city, [...woken, ...progress(on, judgeAt(city, at.wall))]);
  return [...effects, ...propose(city, at)];
}

export const carryOut = (city: City, acts: readonly Act[]): Effects =>
  acts.flatMap((act) => carryOutOne(city, act));

function carryOutOne(city: City, act: Act): Effects {
  const { on, ballots, self } = city;
  const { height } = on!;
  switch (act.act) {
    case 'cast': {
      const { step, round, choice } = act;
      return castBallot(ballots, self, { height, round, step, ...choice }, standingOf(on!));
    }
    case 'time':
      if (act.round > 0 && act.step === 'propose') self.probe.sometimes('city: a round failed');
      if (act.step === 'propose') {
        city.roundBeganAt = city.saidAgainAt = city.now;
        restAfter(city, act.round);
      }
      return [
        wake(`${act.step}/${height}/${act.round}`, patienceMs(act.step, act.round, city.paceMs)),
      ];
    case 'decided':
      measure(city, act.quorum);
      return hand(city, act);
    case 'accuse':
      return accuse(city, act.vote, act.other);
    default:
      return unreachable(act);
  }
}

/** Gives a batch to the ledger; it is given again until it is applied. */
export function hand(city: City, { batch, quorum }: Committed): Effects {
  city.handed = { batch, quorum };
  city.on!.isDecided = true;
  for (const entry of batch.entries) ended(city, certKey(entry));
  if (batch.head.changeHash !== undefined) changeEnded(city, batch.head.changeHash);
  return handAgain(city);
}

export const handAgain = (city: City): Effects =>
  city.handed === undefined
    ? []
    : [send(ownLedger(city), CommittedBatch.of({ committed: city.handed }))];

function propose(city: City, at: Moment): Effects {
  const { on, self } = city;
  if (!isOurTurn(on!)) return [];
  const { height, round, valid } = on!;
  // Proved in this round already: by a proposal of our last life, say.
  if (valid !== undefined && valid.quorum.round >= round) return [];
  if (valid === undefined && !mayProposeNow(city)) return gather(city);
  const batch = valid?.batch ?? newBatch(city, at);
  if (valid !== undefined) self.probe.sometimes('city: a proved batch was proposed again');
  else city.rest.ours = { round, entries: batch.entries, changeHash: batch.head.changeHash };
  on!.proposed = headDigest(batch.head);
  const ballot = { height, round, step: 'propose', batch: on!.proposed } as const;
  return castBallot(city.ballots, self, ballot, standingOf(on!), { batch, proof: valid?.quorum });
}

const mayProposeNow = (city: City): boolean =>
  city.on!.round > 0 ||
  (isWanted(city) && (city.gathered === 'yes' || city.waiting.size >= ENTRIES_MAX));

function gather(city: City): Effects {
  if (city.gathered !== 'no' || !isWanted(city)) return [];
  city.gathered = 'soon';
  return [wake(`gather/${city.on!.height}`, GATHER_MS)];
}

/** What waits, oldest first. */
function newBatch(city: City, at: Moment): CityBatch {
  const { head, on, self, committee } = city;
  assert(head !== undefined, 'a height follows one that is applied');
  const next = unpacked(packed(stampOf(head.at)) + 1n);
  const stamp = at.wall > next.wallMs ? { wallMs: at.wall, count: 0 } : next;
  const chosen = {
    place: self.genesis.place,
    epoch: committee.epoch,
    height: on!.height,
    prev: head.digest,
    proposer: self.node,
    at: stampBytes(stamp),
    stateRoot: head.stateRoot,
  };
  const { entries, change } = toPropose(city, ENTRIES_MAX);
  return cityBatch(chosen, entries, change);
}

/** A ballot of ours is durable and signed: everybody hears it, we ourselves as well. */
export function say(city: City, { ballot, signature, proposed }: Said): Effects {
  const { on, own } = city;
  if (on === undefined || on.height !== ballot.height || own === undefined) return [];
  if (ballot.step === 'propose') return sayProposal(city, on, ballot, signature, proposed!);
  const { height, round, step, batch } = ballot;
  const vote: Vote = { height, round, step, batch, member: own, signature };
  return [...toPeers(city, Votes.of({ votes: [vote] })), ...carryOut(city, hearVote(on, vote))];
}

function sayProposal(
  city: City,
  on: Agreement,
  { round, batch: digest }: Ballot,
  signature: Uint8Array,
  { batch, proof }: Proposable,
): Effects {
  const proposal = { batch, proof, signature, member: city.own! };
  hearProposal(on, round, { ...proposal, digest: digest! });
  return toPeers(city, Proposal.of({ ...proposal, round }));
}

const accuse = (
  city: City,
  { height, round, step, batch, member, signature }: Vote,
  other: Vote,
): Effects =>
  recordDoubleVote(city, {
    voter: city.committee.members[member]!.node,
    ballot: { place: city.self.genesis.place, height, round, step, batch },
    signature,
    other: other.batch,
    otherSignature: other.signature,
  });

/** Recorded once for each ballot, durably, for whoever judges it later. */
export function recordDoubleVote(city: City, accusation: DoubleVote): Effects {
  const { accused, self } = city;
  const { voter, ballot } = accusation;
  const isKnown = accused.some(
    (each) =>
      each.voter === voter &&
      each.ballot.height === ballot.height &&
      each.ballot.round === ballot.round &&
      each.ballot.step === ballot.step,
  );
  if (isKnown || accused.length >= ACCUSATIONS_MAX) return [];
  accused.push(accusation);
  self.probe.sometimes('city: a delegate was seen to vote twice');
  const { height, round, step } = ballot;
  return [
    keep('accused', put(`accused/${accused.length}`, toBytes(DoubleVote, accusation))),
    note(`evidence.${nodeToken(voter)}`, { voter, height, round, step }),
  ];
}

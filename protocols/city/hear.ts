/**
 * Hearing: what peers say is looked through while that is cheap, then verified, then believed.
 *
 *   said --(of this height, wanted, well-formed)--> inbox --(signatures)--> agreement
 *     |--(next height) ----> early: heard when that begins
 *     |--(later heights) --> chase: fetch what was decided
 *     '--(before) ---------> nudge: whoever says it is behind
 *
 * Of each peer a few things a height are answered between two ticks; nothing that it says can make us do more.
 */
import { unreachable } from '#lib/assert.ts';
import { hex, same } from '#lib/bytes.ts';
import {
  ballotVerifyJob,
  headDigest,
  isQuorumOf,
  isWholeBatch,
  quorumVerifyJobs,
  type Ballot,
} from '../city-batch.ts';
import { Nudge, type Proposal, type Vote, type Votes } from '../city.messages.ts';
import { send, wake } from '../effect.ts';
import { Fetch } from '../order.messages.ts';
import type { NodeAddress } from '../subjects.ts';
import {
  hearProof,
  hearProposal,
  hearVote,
  isNewer,
  isProposalWanted,
  type Agreement,
} from './agree.ts';
import { caughtUp, chase } from './follow.ts';
import { arrive, type Claim } from './inbox.ts';
import { carryOut, recordDoubleVote } from './rounds.ts';
import { heldEntry } from './rest.ts';
import { isCounted, isNeeded } from './tally.ts';
import {
  certKey,
  cityOf,
  EARLY_MAX,
  memberNode,
  ownLedger,
  type City,
  type Effects,
} from './state.ts';

/** What a proposal names is on its way here as a rule. */
const FETCH_AFTER_MS = 40;
const FETCHED_MAX = 500;

/** What a peer says of a height: now, later, or never. */
export function hear(city: City, from: NodeAddress, said: Proposal | Votes | Nudge): Effects {
  const { on } = city;
  const height = heightOf(said);
  if (on === undefined || height === undefined) return [];
  if (height > on.height + 1) return chase(city, from);
  if (height < on.height) return tellWhereWeAre(city, from);
  if (said.kind === 'city.nudge')
    return height > on.height ? chase(city, from) : nudged(city, on, from, said);
  if (height > on.height) return hearLater(city, from, said);
  return hearNow(city, on, from, said);
}

const heightOf = (said: Proposal | Votes | Nudge): number | undefined => {
  if (said.kind === 'city.nudge') return said.height;
  return said.kind === 'city.proposal' ? said.batch.head.height : said.votes[0]?.height;
};

function tellWhereWeAre(city: City, from: NodeAddress): Effects {
  if (city.bothered.has(from)) return [];
  city.bothered.add(from);
  const where = { height: city.on!.height, entries: [], proved: undefined };
  return [send(cityOf(from), Nudge.of(where))];
}

function hearLater({ early }: City, from: NodeAddress, said: Proposal | Votes): Effects {
  const theirs = early.get(from) ?? [];
  if (theirs.length < EARLY_MAX) early.set(from, [...theirs, said]);
  return [];
}

/** What was said too early, now that its height has begun. */
export function hearEarly(city: City): Effects {
  const said = [...city.early];
  city.early.clear();
  return said.flatMap(([from, theirs]) => theirs.flatMap((each) => hear(city, from, each)));
}

function hearNow(city: City, on: Agreement, from: NodeAddress, said: Proposal | Votes): Effects {
  if (on.isDecided) return [];
  if (said.kind === 'city.proposal') hearNewProposal(city, on, from, said);
  else for (const vote of said.votes) hearNewVote(city, on, from, vote);
  return [];
}

function hearNewVote(city: City, on: Agreement, from: NodeAddress, vote: Vote): void {
  const { committee, self, inbox } = city;
  const by = committee.members[vote.member];
  if (by === undefined || vote.height !== on.height || isCounted(on.tally, vote)) return;
  if (!isNeeded(on.tally, vote)) return;
  const { height, round, step, batch } = vote;
  const ballot: Ballot = { place: self.genesis.place, height, round, step, batch };
  const job = ballotVerifyJob(self.genesis.network, ballot, vote.signature, by.signing);
  arrive(inbox, from, { is: 'vote', vote }, [job]);
}

function hearNewProposal(city: City, on: Agreement, from: NodeAddress, proposal: Proposal): void {
  const { committee, self, inbox } = city;
  const { round, batch, proof, member, signature } = proposal;
  const by = committee.members[member];
  const had = on.proposals.get(round);
  const isOther = had !== undefined && !same(had.digest, headDigest(batch.head));
  if (by === undefined || !(isOther || isProposalWanted(on, round, member))) return;
  if (!isWholeBatch(batch) || !isProofFit(city, proposal)) return;
  const { network } = self.genesis;
  const ballot = proposeBallot(city, proposal);
  const prevotes = { ...ballot, step: 'prevote' } as const;
  const jobs = proof === undefined ? [] : quorumVerifyJobs(network, committee, prevotes, proof);
  const own = ballotVerifyJob(network, ballot, signature, by.signing);
  arrive(inbox, from, { is: 'proposal', proposal }, [own, ...jobs]);
}

const proposeBallot = ({ self }: City, { round, batch }: Proposal): Ballot => ({
  place: self.genesis.place,
  height: batch.head.height,
  round,
  step: 'propose',
  batch: headDigest(batch.head),
});

/** Who proposes something new proposes his own; what is proposed again has a proof of before. */
function isProofFit(city: City, { proof, batch, round, member }: Proposal): boolean {
  if (proof === undefined) return batch.head.proposer === memberNode(city, member);
  return proof.round < round && isQuorumOf(city.committee, proof);
}

/** Somebody waits for something. What it holds and we do not, our ledger gets. */
function nudged(city: City, on: Agreement, from: NodeAddress, { entries, proved }: Nudge): Effects {
  const { inbox, committee, self } = city;
  if (proved !== undefined && isNewer(on, proved.quorum.round)) {
    const { head } = proved.batch;
    const fits = head.height === on.height && isWholeBatch(proved.batch);
    if (fits && isQuorumOf(committee, proved.quorum)) {
      const { place, height } = head;
      const said = { place, height, step: 'prevote', batch: headDigest(head) } as const;
      const jobs = quorumVerifyJobs(self.genesis.network, committee, said, proved.quorum);
      arrive(inbox, from, { is: 'proof', height: on.height, valid: proved }, jobs);
    }
  }
  const unknown = entries.filter((entry) => heldEntry(city, certKey(entry)) === undefined);
  if (unknown.length === 0 || city.bothered.has(from)) return [];
  city.bothered.add(from);
  const certs = unknown.map(({ cert }) => cert);
  return [send(ownLedger(city), Fetch.of({ certs, from, isProved: false }))];
}

/** A claim whose signatures are good. The height may be another one by now. */
export function believe(city: City, claim: Claim): Effects {
  const { on } = city;
  if (on === undefined) return [];
  switch (claim.is) {
    case 'vote':
      return claim.vote.height === on.height ? carryOut(city, hearVote(on, claim.vote)) : [];
    case 'proposal':
      return claim.proposal.batch.head.height === on.height
        ? believeProposal(city, on, claim.proposal)
        : [];
    case 'proof':
      if (claim.height === on.height) hearProof(on, claim.valid);
      return [];
    case 'chain':
      city.furthest = { node: claim.from, height: claim.top };
      return caughtUp(city, claim.chain);
    default:
      return unreachable(claim);
  }
}

function believeProposal(city: City, on: Agreement, proposal: Proposal): Effects {
  const { round, batch, proof, member, signature } = proposal;
  const digest = headDigest(batch.head);
  const had = on.proposals.get(round);
  if (had === undefined) {
    hearProposal(on, round, { batch, digest, proof, signature, member });
    return [wake(`fetch/${on.height}`, FETCH_AFTER_MS)];
  }
  if (same(had.digest, digest)) return [];
  return recordDoubleVote(city, {
    voter: memberNode(city, member)!,
    ballot: proposeBallot(city, proposal),
    signature,
    other: had.digest,
    otherSignature: had.signature,
  });
}

/** Has our ledger get what proposals of this height name and we have not: from the proposer, or from another. */
export function fetchMissing(city: City, from?: NodeAddress): Effects {
  const { valid } = city.on ?? {};
  const proved = valid === undefined ? undefined : hex(headDigest(valid.batch.head));
  return [...city.looked].flatMap(([name, { batch, missing }]) => {
    if (missing.size === 0 || city.on?.isDecided === true) return [];
    const certs = batch.entries
      .filter((entry) => missing.has(certKey(entry)))
      .slice(0, FETCHED_MAX)
      .map(({ cert }) => cert);
    const whose = from ?? batch.head.proposer;
    return [send(ownLedger(city), Fetch.of({ certs, from: whose, isProved: name === proved }))];
  });
}

/**
 * Voting: whether a presence stands for the list of another.
 *
 *   propose -> of the active one? follows my newest? -> members, page by page -> root and shares right?
 *           -> proofs of those who are new -> signatures right? -> kept -> signed -> vote
 *
 * Safety: a vote is durable before it is signed, and no two votes have one number. Since more than two
 * thirds of the stake are needed, there is at most one frozen list of a number, whatever presences believe
 * about who is active. Nobody gets onto a list whose login and grant were not verified by those who vote;
 * what remains to the active presence is whom to leave out, and weights.
 *
 * Liveness: a refusal says why. Who is behind gets the newer list; whoever is ahead of us is followed.
 */
import { assert } from '#lib/assert.ts';
import { same } from '#lib/bytes.ts';
import type { VerifyJob } from '#algorithms/signature.ts';
import { toBytes } from '../codec.ts';
import { credentialFault, proofJobs, type Proof } from '../credential.ts';
import { compute, keep, NOTHING, put, send, type Moment, type Plain } from '../effect.ts';
import { eligibleDigest, endorseJob, type Eligible, type EligibleHead } from '../eligibility.ts';
import {
  ListFrozen,
  Prove,
  PROOFS_MAX,
  Unvoted,
  Vote,
  type ListPage,
  type Propose,
  type Proven,
} from '../presence.messages.ts';
import { nodeOf, type Address } from '../subjects.ts';
import { fingerprintOf, readerFingerprintOf } from '../transaction.ts';
import { download, take, wanted } from './download.ts';
import { activeAt, delegateOf } from './peers.ts';
import { offer } from './replica.ts';
import { memberOf } from './roll.ts';
import { areSharesOf } from './shares.ts';
import { keyOf, newestRoll, Voted, type Candidate, type Presence, type Said } from './state.ts';
import { isSamePerson } from './table.ts';

export const VOTE = 'vote/';
export const ENDORSE = 'endorse/';
export const PROOFS = 'proofs/';
const KEPT_VOTE = 'vote';
/** How far the clock of another may be off ours. */
const CLOCK_MS = 5_000;
const NUMBERS_AHEAD = 4_096;
export const CANDIDATE_MS = 5_000;

type Reason = Unvoted['reason'];

/** Stands for a list: kept first, then signed. `to` is who proposed it, nobody for our own. */
export function cast(
  state: Presence,
  { head, digest }: { readonly head: EligibleHead; readonly digest: Uint8Array },
  to: Address | undefined,
): Said {
  const key = keyOf(digest);
  assert(mayStand(state, head, digest), 'nobody stands for two lists of one number');
  state.casting = { key, list: digest, to, signature: undefined };
  state.voted = { number: head.number, list: digest };
  return [keep(`${VOTE}${key}`, put(KEPT_VOTE, toBytes(Voted, state.voted)))];
}

/** Whether we have not stood for another list of this number or of a greater one. */
const mayStand = ({ voted }: Presence, { number }: EligibleHead, list: Uint8Array): boolean =>
  voted === undefined ||
  voted.number < number ||
  (voted.number === number && same(voted.list, list));

/** A vote is on the disk: now it may be signed. */
export function castKept({ casting, of }: Presence, key: string): Said {
  if (casting?.key !== key) return NOTHING;
  const { genesis, secrets } = of.self;
  const job = endorseJob(genesis.network, casting.list, secrets.signing) as unknown as Plain;
  return [compute(`${ENDORSE}${key}`, 'presence.sign', job)];
}

export function proposed(state: Presence, { head }: Propose, from: Address, at: Moment): Said {
  const list = eligibleDigest(head);
  const key = keyOf(list);
  if (state.casting?.key === key) return castAgain(state);
  if (isForCandidate(state, list, from)) return onwards(state, state.candidate!, at);
  const reason = unfit(state, head, list, from, at);
  if (reason !== undefined) return refused(state, list, from, reason);
  const found: Candidate = {
    key,
    head,
    from,
    stirredAt: at.now,
    download: download(state.of.self.genesis, { head, endorsements: [] }, newestRoll(state)),
    roll: undefined,
    unproven: [],
  };
  state.candidate = found;
  return onwards(state, found, at);
}

const castAgain = ({ casting }: Presence): Said =>
  casting?.signature === undefined || casting.to === undefined
    ? NOTHING
    : [send(casting.to, Vote.of({ list: casting.list, signature: casting.signature }))];

function refused(state: Presence, list: Uint8Array, to: Address, reason: Reason): Said {
  const newest = newestRoll(state);
  const answer = send(to, Unvoted.of({ list, reason, voted: state.voted?.number ?? 0 }));
  const isBehind = reason === 'behind' && newest !== undefined;
  return isBehind ? [answer, send(to, ListFrozen.of({ frozen: newest.frozen }))] : [answer];
}

/** What of a head is wrong before anything is fetched. */
function unfit(
  state: Presence,
  head: EligibleHead,
  list: Uint8Array,
  from: Address,
  { now, wall }: Moment,
): Reason | undefined {
  const { of, peers } = state;
  const { genesis } = of.self;
  const newest = newestRoll(state)?.list;
  const number = newest?.head.number ?? 0;
  if (head.place !== genesis.place || head.by !== nodeOf(from)) return 'unfit';
  const active = activeAt(peers, newest?.head, now);
  if (delegateOf(genesis, from) !== active) return 'not-active';
  if (!isSameList(head.follows, newest?.digest))
    return head.number > number + 1 ? 'ahead' : 'behind';
  if (head.number <= number || head.number > number + NUMBERS_AHEAD) return 'unfit';
  if (Math.abs(head.at - wall) > CLOCK_MS || (newest !== undefined && head.at <= newest.head.at))
    return 'unfit';
  return mayStand(state, head, list) ? undefined : 'voted';
}

const isSameList = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : same(a, b);

/** Asks for what is missing: members, then proofs. */
function onwards(state: Presence, of: Candidate, { now }: Pick<Moment, 'now'>): Said {
  of.stirredAt = now;
  if (of.roll === undefined) return [send(of.from, wanted(of.download))];
  if (of.unproven.length === 0) return stand(state, of);
  const nodes = of.unproven.slice(0, PROOFS_MAX);
  return [send(of.from, Prove.of({ list: of.roll.list.digest, nodes }))];
}

/** We may have stood for another list since this one was proposed: for one of our own, for example. */
function stand(state: Presence, candidate: Candidate): Said {
  const { roll, from } = candidate;
  const { list } = roll!;
  if (!mayStand(state, list.head, list.digest)) return dropped(state, candidate, 'voted');
  state.candidate = undefined;
  offer(state.replica, roll!);
  return cast(state, list, from);
}

export const isForCandidate = (
  { candidate }: Presence,
  list: Uint8Array,
  from: Address | undefined,
): boolean => candidate !== undefined && candidate.from === from && candidate.key === keyOf(list);

/** A page of the candidate. */
export function candidatePage(state: Presence, page: ListPage, at: Moment): Said {
  const { candidate } = state;
  if (candidate === undefined) return NOTHING;
  const taken = take(candidate.download, page);
  if (taken.is === 'other') return NOTHING;
  if (taken.is === 'more') return onwards(state, candidate, at);
  if (taken.is === 'broken') return dropped(state, candidate, 'unfit');
  const { list, members } = taken.roll;
  const base = newestRoll(state);
  if (!areSharesOf(list.head, list.nodes, base?.list.head))
    return dropped(state, candidate, 'unfit');
  candidate.roll = taken.roll;
  candidate.unproven = members
    .map(({ eligible }) => eligible)
    .filter(
      (each) =>
        !isKnown(
          each,
          base === undefined ? undefined : memberOf(base.members, each.node)?.eligible,
        ),
    )
    .map(({ node }) => node);
  return onwards(state, candidate, at);
}

const isKnown = (one: Eligible, before: Eligible | undefined): boolean =>
  before !== undefined && isSamePerson(one, before);

function dropped(state: Presence, { from, download: { digest } }: Candidate, why: Reason): Said {
  state.candidate = undefined;
  return refused(state, digest, from, why);
}

/** Proofs: of those who were asked for, in their order, each of the one who stands in the list. */
export function candidateProofs(state: Presence, { proofs }: Proven, { wall }: Moment): Said {
  const { candidate, of } = state;
  const roll = candidate?.roll;
  if (candidate === undefined || roll === undefined) return NOTHING;
  const nodes = candidate.unproven.slice(0, PROOFS_MAX);
  if (proofs[0]?.login.node !== nodes[0]) return NOTHING; // Of an earlier question.
  const { network, grantor } = of.self.genesis;
  const stands =
    proofs.length === nodes.length &&
    proofs.every((proof, i) => {
      const listed = memberOf(roll.members, nodes[i]!)!.eligible;
      return isProofOf(proof, listed) && credentialFault(proof, of.contracts, wall) === undefined;
    });
  if (!stands) return dropped(state, candidate, 'unproven');
  const jobs: readonly VerifyJob[] = proofs.flatMap((proof) => proofJobs(network, grantor, proof));
  const id = `${PROOFS}${candidate.key}/${candidate.unproven.length}`;
  return [compute(id, 'presence.verify', jobs as unknown as Plain)];
}

const isProofOf = ({ login }: Proof, listed: Eligible): boolean =>
  isSamePerson(listed, {
    ...listed,
    node: login.node,
    role: login.role,
    operator: login.operator,
    device: login.device,
    fingerprint: readerFingerprintOf(login.sealing),
    signer: fingerprintOf(login.verifying),
  });

/** The verdict about a page of proofs. */
export function candidateProved(state: Presence, id: string, isGood: boolean, at: Moment): Said {
  const { candidate } = state;
  if (id !== `${PROOFS}${candidate?.key}/${candidate?.unproven.length}`) return NOTHING;
  if (!isGood) return dropped(state, candidate!, 'unproven');
  candidate!.unproven = candidate!.unproven.slice(PROOFS_MAX);
  return onwards(state, candidate!, at);
}

/** Our signature is there. */
export function castSigned(state: Presence, key: string, signature: Uint8Array): Said {
  if (state.casting?.key !== key) return NOTHING;
  state.casting.signature = signature;
  return castAgain(state);
}

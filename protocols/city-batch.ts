/**
 * The city batch: certificates in one order, on which the delegates of a city agreed.
 *
 *   entries     transaction and certificate, one after another; a transaction may stand in several
 *   head        height | batch before | proposer | at | roots | committee's epoch
 *   batch       head | entries | change
 *   digest      hash of the head: what is voted for, and what the next batch names
 *   quorum      precommits of one round by more than two thirds of the stake: whoever has it needs to trust
 *               nobody
 *
 *   entry, entry ... --(leaves)--> txRoot --.
 *   outcomes of the batches before --(chained)--> stateRoot --> head --(hash)--> digest <-- quorum
 *   change of policy --(hash)---------------'
 *
 * To stand in a batch is to be ordered, not to be committed: of two transactions in conflict both may be
 * ordered, and the first one wins. What became of them follows from the order, and is what `stateRoot` says:
 * that of a batch is of the state *after the batch before it*, so nobody executes anything before he votes,
 * and a wrong state shows one batch later. Outcomes of batch h are proved by the head of batch h + 1.
 *
 * `at` is the proposer's stamp, always later than the batch before, never far ahead of the voters' clocks:
 * what expires does so by this clock alone, on every node alike.
 */
import { domain, hash, HASH_BYTES } from '#algorithms/hash/hash.ts';
import { isIncluded, pathOf, treeOf } from '#algorithms/merkle/tree.ts';
import type { SignatureSuite, SignJob, VerifyJob } from '#algorithms/signature.ts';
import { concat, EMPTY, same } from '#lib/bytes.ts';
import { bytes, count, list, oneOf, optional, record, toBytes, type Infer } from './codec.ts';
import { DELEGATES_MAX, isQuorum, stakeOf, type Delegate } from './genesis.ts';
import { digest, nodeName, placeName, signature, stamp, type VerifyingKey } from './terms.ts';

export const ENTRIES_MAX = 500;
const CHANGE_BYTES_MAX = 65_536;
const ENTRY_PATH_MAX = 9 * HASH_BYTES;

export const height = count(Number.MAX_SAFE_INTEGER);
export const round = count(0xffff_ffff);

/** What is ordered: a certificate, and whose; or an act (act.ts), which is its own transaction. */
export const Entry = record({ txId: digest, cert: digest });
export type Entry = Infer<typeof Entry>;
export const isAct = ({ txId, cert }: Entry): boolean => same(txId, cert);
export const entries = list(Entry, ENTRIES_MAX);
/** A change of policy, opaque here (config/policy.ts). */
export const change = bytes(1, CHANGE_BYTES_MAX);

export const CityHead = record({
  place: placeName,
  /** Whose committee: genesis.ts. */
  epoch: count(Number.MAX_SAFE_INTEGER),
  /** 1 is the first. */
  height,
  prev: digest,
  proposer: nodeName,
  at: stamp,
  count: count(ENTRIES_MAX),
  txRoot: digest,
  stateRoot: digest,
  changeHash: optional(digest),
});
export type CityHead = Infer<typeof CityHead>;

export const CityBatch = record({ head: CityHead, entries, change: optional(change) });
export type CityBatch = Infer<typeof CityBatch>;

const HEAD = domain('city batch');
const ENTRY = domain('city batch entry');
const CHANGE = domain('policy change');
/** The root over nothing, the batch before the first one, the state before it. */
export const NONE = hash(ENTRY, EMPTY);

export const headDigest = (head: CityHead): Uint8Array => hash(HEAD, toBytes(CityHead, head));
export const entryLeaf = (entry: Entry): Uint8Array => hash(ENTRY, toBytes(Entry, entry));
export const changeHashOf = (bytesOf: Uint8Array): Uint8Array => hash(CHANGE, bytesOf);

const leavesOf = (all: readonly Entry[]): Uint8Array => concat(...all.map(entryLeaf));
export const txRootOf = (all: readonly Entry[]): Uint8Array =>
  all.length === 0 ? NONE : treeOf(leavesOf(all)).root;

type Chosen = Omit<CityHead, 'count' | 'txRoot' | 'changeHash'>;

/** A batch whose head fits what is in it. */
export function cityBatch(
  chosen: Chosen,
  all: readonly Entry[],
  changed: Uint8Array | undefined,
): CityBatch {
  const { place, epoch, height: of, prev, proposer, at, stateRoot } = chosen;
  const changeHash = changed === undefined ? undefined : changeHashOf(changed);
  const roots = { count: all.length, txRoot: txRootOf(all), stateRoot, changeHash };
  return {
    head: { place, epoch, height: of, prev, proposer, at, ...roots },
    entries: all,
    change: changed,
  };
}

/** Whether head and content belong together: then the digest of the head is that of the batch. */
export function isWholeBatch({ head, entries: all, change: changed }: CityBatch): boolean {
  const { changeHash } = head;
  if (head.count !== all.length || !same(head.txRoot, txRootOf(all))) return false;
  if (changed === undefined || changeHash === undefined) return changed === changeHash;
  return same(changeHash, changeHashOf(changed));
}

/** That an entry stands at a place of a batch. */
export const EntryProof = record({
  head: CityHead,
  index: count(ENTRIES_MAX - 1),
  path: bytes(0, ENTRY_PATH_MAX),
});
export type EntryProof = Infer<typeof EntryProof>;

export const proofOf = ({ head, entries: all }: CityBatch, index: number): EntryProof => ({
  head,
  index,
  path: pathOf(treeOf(leavesOf(all)), index),
});

export const isProved = ({ head, index, path }: EntryProof, entry: Entry): boolean =>
  isIncluded({ root: head.txRoot, count: head.count }, index, entryLeaf(entry), path);

/** What a delegate signs: at most one of each (height, round, step). No batch: for none of this round. */
export const Ballot = record({
  place: placeName,
  height,
  round,
  step: oneOf('propose', 'prevote', 'precommit'),
  batch: optional(digest),
});
export type Ballot = Infer<typeof Ballot>;
export type BallotStep = Ballot['step'];

export const ballotSignJob = (
  network: Uint8Array,
  ballot: Ballot,
  key: { readonly suite: SignatureSuite; readonly seed: Uint8Array },
): SignJob => ({ ...key, purpose: 'vote', network, bytes: toBytes(Ballot, ballot) });

export const ballotVerifyJob = (
  network: Uint8Array,
  ballot: Ballot,
  made: Uint8Array,
  { suite, key }: VerifyingKey,
): VerifyJob => ({
  suite,
  purpose: 'vote',
  network,
  publicKey: key,
  bytes: toBytes(Ballot, ballot),
  signature: made,
});

/** Which of the committee, by the order of its names. */
export const member = count(DELEGATES_MAX - 1);

/** The same ballot signed by several, by ascending member. */
export const Quorum = record({ round, votes: list(record({ member, signature }), DELEGATES_MAX) });
export type Quorum = Infer<typeof Quorum>;

/** Who votes in an epoch: in the order of their names (genesis.ts). */
export interface Committee {
  readonly epoch: number;
  readonly members: readonly Delegate[];
}

/** What makes a quorum one, apart from its signatures: members of the committee, each once, enough stake. */
export function isQuorumOf({ members }: Committee, { votes }: Quorum): boolean {
  let part = 0n;
  for (const [i, { member: of }] of votes.entries()) {
    if (i > 0 && votes[i - 1]!.member >= of) return false;
    if (of >= members.length) return false;
    part += members[of]!.stake;
  }
  return isQuorum(part, stakeOf({ delegates: members }));
}

/** What the signatures of a quorum are checked by. Only for one that `isQuorumOf` a committee. */
export const quorumVerifyJobs = (
  network: Uint8Array,
  { members }: Committee,
  said: Omit<Ballot, 'round'>,
  { round: of, votes }: Quorum,
): VerifyJob[] =>
  votes.map(({ member: by, signature: made }) =>
    ballotVerifyJob(network, { ...said, round: of }, made, members[by]!.signing),
  );

/** What a quorum of commitment says about a batch. */
export const commitBallot = (head: CityHead): Omit<Ballot, 'round'> => ({
  place: head.place,
  height: head.height,
  step: 'precommit',
  batch: headDigest(head),
});

/** A batch with what makes it final. */
export const Committed = record({ batch: CityBatch, quorum: Quorum });
export type Committed = Infer<typeof Committed>;

/** Two different ballots of one delegate for one (height, round, step). Needs nothing else to be checked. */
export const DoubleVote = record({
  voter: nodeName,
  ballot: Ballot,
  signature,
  other: optional(digest),
  otherSignature: signature,
});
export type DoubleVote = Infer<typeof DoubleVote>;

/** What is to be verified of an accusation; `undefined` when there is nothing to accuse of. */
export function doubleVoteJobs(
  network: Uint8Array,
  { members }: Committee,
  { voter, ballot, signature: made, other, otherSignature }: DoubleVote,
): readonly VerifyJob[] | undefined {
  const accused = members.find(({ node }) => node === voter);
  if (accused === undefined || isSameChoice(ballot.batch, other)) return undefined;
  return [
    ballotVerifyJob(network, ballot, made, accused.signing),
    ballotVerifyJob(network, { ...ballot, batch: other }, otherSignature, accused.signing),
  ];
}

export const isSameChoice = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : same(a, b);

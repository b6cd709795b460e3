/**
 * The city batch: certificates in one order, on which the delegates of a city agreed.
 *
 *   entries     transaction and certificate, one after another; a transaction may stand in several
 *   head        height | batch before | proposer, round, seen | at | roots | committee's epoch, the next committee
 *   batch       head | entries | change
 *   digest      hash of the head: what is sealed, and what the next batch names
 *   quorum      heads of vertices that seal it, by more than two thirds of the stake: whoever has it needs to
 *               trust nobody
 *
 *   entry, entry ... --(leaves)--> txRoot --.
 *   outcomes of the batches before --(chained)--> stateRoot --> head --(hash)--> digest <-- quorum
 *   change of policy --(hash)---------------'
 *
 * To stand in a batch is to be ordered, not to be committed: of two transactions in conflict both may be
 * ordered, and the first one wins. What became of them follows from the order, and is what `stateRoot` says:
 * that of a batch is of the state *after the batch before it*, so nobody executes anything before it is sealed,
 * and a wrong state shows one batch later. Outcomes of batch h are proved by the head of batch h + 1.
 *
 * A batch is what one vertex of the DAG named, the one whose turn `round` was (dag/decide.ts); the rounds between two
 * batches had none. `seen`: on whose vertices of the round before that vertex stands, so that who takes part is told by
 * what was committed alone; `missed`: whose turns since the batch before came to nothing (stake/turns.ts). `next`: in the last batch of an epoch, and in no other, who orders in the next one: so the
 * quorum of that batch hands over (lineage.ts). `at` is its author's stamp, always later than the batch before, never far ahead of the voters'
 * clocks: what expires does so by this clock alone, on every node alike.
 */
import { domain, hash, HASH_BYTES } from '#algorithms/hash/hash.ts';
import { isIncluded, pathOf, treeOf } from '#algorithms/merkle/tree.ts';
import type { VerifyJob } from '#algorithms/signature.ts';
import { concat, EMPTY, same } from '#lib/bytes.ts';
import { bytes, count, list, optional, record, toBytes, type Infer } from './codec.ts';
import { seats, type Committee } from './committee.ts';
import { DELEGATES_MAX, isQuorum, stakeOf } from './genesis.ts';
import { digest, nodeName, placeName, signature, stamp } from './terms.ts';
import { member, round, vertexVerifyJob } from './vertex-head.ts';

export const ENTRIES_MAX = 500;
const CHANGE_BYTES_MAX = 65_536;
const ENTRY_PATH_MAX = 9 * HASH_BYTES;

export const height = count(Number.MAX_SAFE_INTEGER);

/** What is ordered: a certificate, and whose; or an act (act.ts), which is its own transaction. */
export const Entry = record({ txId: digest, cert: digest });
export type Entry = Infer<typeof Entry>;
export const isAct = ({ txId, cert }: Entry): boolean => same(txId, cert);
export const entries = list(Entry, ENTRIES_MAX);
/** A change of policy, opaque here (config/policy.ts). */
export const change = bytes(1, CHANGE_BYTES_MAX);

/** A bit for each member, the first in the lowest of the first byte. */
export const memberBits = bytes(0, DELEGATES_MAX / 8);

export function bitsOf(members: Iterable<number>): Uint8Array {
  const all = [...members];
  const bits = new Uint8Array(all.length === 0 ? 0 : (Math.max(...all) >> 3) + 1);
  for (const each of all) bits[each >> 3]! |= 1 << (each & 7);
  return bits;
}

export const hasBit = (bits: Uint8Array, of: number): boolean =>
  ((bits[of >> 3] ?? 0) & (1 << (of & 7))) !== 0;

export const membersIn = (bits: Uint8Array): number[] =>
  Array.from({ length: bits.length * 8 }, (_, of) => of).filter((of) => hasBit(bits, of));

export const CityHead = record({
  place: placeName,
  /** Whose committee: genesis.ts. */
  epoch: count(Number.MAX_SAFE_INTEGER),
  /** 1 is the first. */
  height,
  prev: digest,
  proposer: nodeName,
  /** Of the vertex that named it: later than that of the batch before. */
  round,
  at: stamp,
  count: count(ENTRIES_MAX),
  txRoot: digest,
  stateRoot: digest,
  changeHash: optional(digest),
  seen: memberBits,
  next: optional(seats),
  missed: memberBits,
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

type Chosen = Omit<CityHead, 'count' | 'txRoot' | 'changeHash' | 'seen' | 'next' | 'missed'> &
  Partial<Pick<CityHead, 'seen' | 'next' | 'missed'>>;

/** A batch whose head fits what is in it. */
export function cityBatch(
  chosen: Chosen,
  all: readonly Entry[],
  changed: Uint8Array | undefined,
): CityBatch {
  const { place, epoch, height: of, prev, proposer, round: turn, at, stateRoot } = chosen;
  const { seen = EMPTY, next, missed = EMPTY } = chosen;
  const changeHash = changed === undefined ? undefined : changeHashOf(changed);
  const roots = { count: all.length, txRoot: txRootOf(all), stateRoot, changeHash };
  return {
    head: {
      place,
      epoch,
      height: of,
      prev,
      proposer,
      round: turn,
      at,
      ...roots,
      seen,
      next,
      missed,
    },
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

/** The vertex heads that seal one batch: of each all but what the batch itself tells. By ascending member. */
export const Quorum = record({
  votes: list(record({ member, round, content: digest, signature }), DELEGATES_MAX),
});
export type Quorum = Infer<typeof Quorum>;

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
export function quorumVerifyJobs(
  network: Uint8Array,
  { members }: Committee,
  head: CityHead,
  { votes }: Quorum,
): VerifyJob[] {
  const { place, epoch } = head;
  const sealed = headDigest(head);
  return votes.map(({ member: author, round: of, content, signature: made }) => {
    const said = { place, epoch, author, round: of, content, sealed };
    return vertexVerifyJob(network, said, made, members[author]!.signing);
  });
}

/** A batch with what makes it final. */
export const Committed = record({ batch: CityBatch, quorum: Quorum });
export type Committed = Infer<typeof Committed>;

/**
 * Eligibility: who may hold pieces, as everybody who places or checks a placement saw it.
 *
 * Presence changes with every login; placements must be recomputable. So every ten seconds the list of
 * those who may hold something is frozen: its nodes in the order of their names, each with the weight that
 * was made of stake, space, round trip, load and audits. The frozen list has a number, greater each time,
 * and a digest that delegates with more than two thirds of the stake sign. Before the first there is none.
 *
 *   node ... node  --(leaves)-->  head { place, number, at, by, follows, lights, root, count }
 *                                   '--(hash)--> digest --(signed by delegates)--> frozen list
 *
 * Placements from an earlier list remain valid for as long as `isValidBeside` the newest says.
 *
 * A light needs none of this: it trusts the signature of a delegate; delegates check each other.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { treeOf } from '#algorithms/merkle/tree.ts';
import { WEIGHT_MAX } from '#algorithms/rendezvous/membership.ts';
import type { SignatureSuite, SignJob, VerifyJob } from '#algorithms/signature.ts';
import { concat, EMPTY } from '#lib/bytes.ts';
import { assert } from '#lib/assert.ts';
import { count, list, oneOf, optional, record, toBytes, type Infer } from './codec.ts';
import { DELEGATES_MAX, isQuorum, stakeOf, type Genesis } from './genesis.ts';
import {
  continentName,
  CONTINENTS_MAX,
  digest,
  nodeName,
  placeName,
  signature,
  unixMs,
  type SealingKey,
  type VerifyingKey,
} from './terms.ts';

export const FREEZE_MS = 10_000;
/** At first lists follow each other faster: then age decides how long one remains valid. */
const VALID_MS = 2 * FREEZE_MS;
const VALID_NUMBERS = 2;
/** So many lists are valid at once, at most (presence/freezing.ts keeps to it). */
export const VALID_LISTS_MAX = 16;
export const ELIGIBLE_MAX = 1_000_000;
/**
 * A certificate has its place in the order within so long of the list that it was placed by, in the time of the
 * batches; else it is let go, and its transaction placed anew. So long delegates keep lists for each other.
 */
export const PLACED_MS = 10 * 60_000;
/** One message carries the signatures of so many delegates: the heaviest of them make the quorum. */
export const ENDORSEMENTS_MAX = 100;

export const HolderRole = oneOf('light', 'anchor');
export type HolderRole = Infer<typeof HolderRole>;

/** One that may hold pieces. Operators and devices are known by digests: only sameness matters. */
export const Eligible = record({
  node: nodeName,
  role: HolderRole,
  operator: digest,
  device: digest,
  weight: count(WEIGHT_MAX),
  /** Of the key that its pieces are sealed for. */
  fingerprint: digest,
  /** Of the key that it signs its acks with. */
  signer: digest,
});
export type Eligible = Infer<typeof Eligible>;

/**
 * How many of the lights of a continent are online: of those registered, smoothed over the lists, in
 * millionths. An input of the policy, and so part of what is signed.
 */
export const LightShare = record({
  continent: continentName,
  online: count(ELIGIBLE_MAX),
  registered: count(ELIGIBLE_MAX),
  ppm: count(1_000_000),
});
export type LightShare = Infer<typeof LightShare>;

export const EligibleHead = record({
  place: placeName,
  number: count(Number.MAX_SAFE_INTEGER),
  at: unixMs,
  /** The delegate whose presence proposed it. */
  by: nodeName,
  /** The list that it was made from. */
  follows: optional(digest),
  /** In the order of their names. */
  lights: list(LightShare, CONTINENTS_MAX),
  root: digest,
  count: count(ELIGIBLE_MAX),
});
export type EligibleHead = Infer<typeof EligibleHead>;

/** A signature of a delegate (its place in the genesis) over the digest of a list. */
export const Endorsement = record({ delegate: count(DELEGATES_MAX - 1), signature });
export type Endorsement = Infer<typeof Endorsement>;

/** A head that delegates stand for: in the order of their places, each once. */
export const Frozen = record({
  head: EligibleHead,
  endorsements: list(Endorsement, ENDORSEMENTS_MAX),
});
export type Frozen = Infer<typeof Frozen>;

/** A frozen list with the keys that it speaks of. */
export interface EligibleList {
  readonly head: EligibleHead;
  readonly digest: Uint8Array;
  /** In the order of their names. */
  readonly nodes: readonly Eligible[];
  /** What pieces are sealed for, by the place of the node. */
  readonly keys: readonly SealingKey[];
  /** What acks are verified with, by the place of the node. */
  readonly signers: readonly VerifyingKey[];
}

const LEAF = domain('eligible node');
const HEAD = domain('eligible list');
const NOBODY = hash(LEAF, EMPTY);

export const eligibleDigest = (head: EligibleHead): Uint8Array =>
  hash(HEAD, toBytes(EligibleHead, head));

export const eligibleLeaf = (node: Eligible): Uint8Array => hash(LEAF, toBytes(Eligible, node));

/** The root over the leaves of nodes, in the order of their names. */
export const eligibleRoot = (leaves: readonly Uint8Array[]): Uint8Array =>
  leaves.length === 0 ? NOBODY : treeOf(concat(...leaves)).root;

export type Freeze = Omit<EligibleHead, 'root' | 'count'>;

/** The head of a list, whose nodes stand in the order of their names. */
export function eligibleHead(freeze: Freeze, nodes: readonly Eligible[]): EligibleHead {
  assert(
    nodes.every(({ node }, i) => i === 0 || nodes[i - 1]!.node < node),
    'a frozen list stands in the order of its names',
  );
  const { place, number, at, by, follows, lights } = freeze;
  const root = eligibleRoot(nodes.map(eligibleLeaf));
  return { place, number, at, by, follows, lights, root, count: nodes.length };
}

/** Whether a placement from a list may still be used where this is the newest one. */
export const isValidBeside = (
  { number, at }: Pick<EligibleHead, 'number' | 'at'>,
  newest: Pick<EligibleHead, 'number' | 'at'>,
): boolean => number + VALID_NUMBERS >= newest.number || at + VALID_MS > newest.at;

/** How a delegate endorses a list: heavy work, for the pool. */
export const endorseJob = (
  network: Uint8Array,
  digestOfList: Uint8Array,
  key: { readonly suite: SignatureSuite; readonly seed: Uint8Array },
): SignJob => ({ ...key, purpose: 'snapshot', network, bytes: digestOfList });

/** Whether a list is of this city, and its endorsements, if they verify, are more than two thirds. */
export function isEndorsed(genesis: Genesis, { head, endorsements }: Frozen): boolean {
  const { delegates, place } = genesis;
  const inOrder = endorsements.every(
    ({ delegate }, i) =>
      delegate < delegates.length && (i === 0 || endorsements[i - 1]!.delegate < delegate),
  );
  if (!inOrder || head.place !== place) return false;
  const part = endorsements.reduce((sum, { delegate }) => sum + delegates[delegate]!.stake, 0n);
  return isQuorum(part, stakeOf(genesis));
}

/** The jobs that decide, all of them true, whether the endorsements of a list that `isEndorsed` stand. */
export function endorsementJobs({ network, delegates }: Genesis, frozen: Frozen): VerifyJob[] {
  const bytes = eligibleDigest(frozen.head);
  return frozen.endorsements.map(({ delegate, signature: made }) => {
    const { suite, key } = delegates[delegate]!.signing;
    return { suite, purpose: 'snapshot', network, publicKey: key, bytes, signature: made };
  });
}

/**
 * Eligibility: who may hold pieces, as everybody who places or checks a placement saw it.
 *
 * Presence changes with every login; placements must be recomputable. So every ten seconds the list of
 * those who may hold something is frozen: its nodes in the order of their names, each with the weight that
 * was made of stake, space, round trip, load and audits. The frozen list has a number, one more each time,
 * and a digest that delegates sign. The two before the newest remain valid.
 *
 *   node ... node  --(leaves)-->  head { place, number, at, root, count }  --(hash)-->  digest
 *
 * A light needs none of this: it trusts the signature of a delegate; delegates check each other.
 */
import { domain, hash, HASH_BYTES } from '#algorithms/hash/hash.ts';
import { treeOf } from '#algorithms/merkle/tree.ts';
import { WEIGHT_MAX } from '#algorithms/rendezvous/membership.ts';
import { concat, EMPTY } from '#lib/bytes.ts';
import { assert } from '#lib/assert.ts';
import { count, oneOf, record, toBytes, type Infer } from './codec.ts';
import {
  digest,
  nodeName,
  placeName,
  unixMs,
  type SealingKey,
  type VerifyingKey,
} from './terms.ts';

export const FREEZE_MS = 10_000;
/** The newest and the two before it. */
export const VALID_LISTS = 3;
export const ELIGIBLE_MAX = 1_000_000;

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
  /** Of the key that its acks are signed with. */
  signer: digest,
});
export type Eligible = Infer<typeof Eligible>;

export const EligibleHead = record({
  place: placeName,
  number: count(Number.MAX_SAFE_INTEGER),
  at: unixMs,
  root: digest,
  count: count(ELIGIBLE_MAX),
});
export type EligibleHead = Infer<typeof EligibleHead>;

/** A frozen list with the keys that its digest speaks of. */
export interface EligibleList {
  readonly head: EligibleHead;
  readonly digest: Uint8Array;
  /** In the order of their names. */
  readonly nodes: readonly Eligible[];
  readonly keys: readonly SealingKey[];
  readonly signers: readonly VerifyingKey[];
}

const LEAF = domain('eligible node');
const HEAD = domain('eligible list');
const NOBODY = hash(LEAF, EMPTY);

export const eligibleDigest = (head: EligibleHead): Uint8Array =>
  hash(HEAD, toBytes(EligibleHead, head));

/** The head of a list, whose nodes stand in the order of their names. */
export function eligibleHead(
  at: Pick<EligibleHead, 'place' | 'number' | 'at'>,
  nodes: readonly Eligible[],
): EligibleHead {
  assert(
    nodes.every(({ node }, i) => i === 0 || nodes[i - 1]!.node < node),
    'a frozen list stands in the order of its names',
  );
  const leaves = concat(...nodes.map((node) => hash(LEAF, toBytes(Eligible, node))));
  const root = nodes.length === 0 ? NOBODY : treeOf(leaves).root;
  const { place, number, at: when } = at;
  return { place, number, at: when, root, count: leaves.length / HASH_BYTES };
}

/**
 * A listed key: whose a key is, for whoever was not there. Delegates with more than two thirds of the stake
 * signed a frozen list; the node stands on it, and names the fingerprint of the key.
 *
 *   key --(fingerprint)--> node's line --(path)--> root of the list --(endorsed)--> delegates of the genesis
 *
 * A list is forgotten by its followers after minutes; evidence carries the lines that it rests on. Checked with
 * nothing but the genesis, and so with the same outcome on every node, whenever it is done.
 */
import { isIncluded, pathOf, treeOf } from '#algorithms/merkle/tree.ts';
import { HASH_BYTES } from '#algorithms/hash/hash.ts';
import type { VerifyJob } from '#algorithms/signature.ts';
import { concat, same } from '#lib/bytes.ts';
import { bytes, count, record, type Infer } from './codec.ts';
import {
  Eligible,
  eligibleLeaf,
  ELIGIBLE_MAX,
  endorsementJobs,
  Frozen,
  isEndorsed,
} from './eligibility.ts';
import type { Genesis } from './genesis.ts';
import { memberOf, placeIn, type Roll } from './presence/roll.ts';
import type { NodeAddress } from './subjects.ts';
import { VerifyingKey } from './terms.ts';
import { fingerprintOf } from './transaction.ts';

/** As deep as a list of that many is. */
const PATH_BYTES_MAX = Math.ceil(Math.log2(ELIGIBLE_MAX)) * HASH_BYTES;

export const ListedKey = record({
  frozen: Frozen,
  eligible: Eligible,
  index: count(ELIGIBLE_MAX - 1),
  path: bytes(0, PATH_BYTES_MAX),
  key: VerifyingKey,
});
export type ListedKey = Infer<typeof ListedKey>;

/** Whether this is the key of that node, if the signatures of the list (`listedKeyJobs`) stand. */
export function isKeyOf(genesis: Genesis, node: NodeAddress, listed: ListedKey): boolean {
  const { frozen, eligible, index, path, key } = listed;
  return (
    eligible.node === node &&
    same(fingerprintOf(key), eligible.signer) &&
    isIncluded(frozen.head, index, eligibleLeaf(eligible), path) &&
    isEndorsed(genesis, frozen)
  );
}

export const listedKeyJobs = (genesis: Genesis, { frozen }: ListedKey): VerifyJob[] =>
  endorsementJobs(genesis, frozen);

/** The key of a node as a list has it. Costs the nodes of the list's tree: for what is rare. */
export function listedKey({ frozen, members }: Roll, node: NodeAddress): ListedKey | undefined {
  const listed = memberOf(members, node);
  if (listed === undefined) return undefined;
  const index = placeIn(members, node);
  const tree = treeOf(concat(...members.map(({ leaf }) => leaf)));
  const { eligible, signing: key } = listed;
  return { frozen, eligible, index, path: pathOf(tree, index), key };
}

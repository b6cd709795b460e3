/**
 * What a block of a level carries: of those below it what comes next, by name, number and digest.
 *
 *   ref, ref, ... --(leaves)--> root, and how many --(hash)--> payload of the block's head
 *
 * So that one of them stands in a block is proved by a path, and the block by its `Final`.
 */
import { domain, hash, HASH_BYTES } from '#algorithms/hash/hash.ts';
import { isIncluded, pathOf, treeOf } from '#algorithms/merkle/tree.ts';
import { concat, same } from '#lib/bytes.ts';
import { bytes, count, list, record, toBytes, type Infer } from '../codec.ts';
import { chainName, EMPTY_PAYLOAD, type Head } from '../jolteon/block.ts';
import { digest } from '../terms.ts';

/** What one block carries. */
export const REFS_MAX = 64;
const PATH_MAX = 6 * HASH_BYTES;

export const itemId = count(Number.MAX_SAFE_INTEGER);
/** One thing of one of those below: there is one of each number. */
export const Ref = record({ name: chainName, id: itemId, digest });
export type Ref = Infer<typeof Ref>;
export const refs = list(Ref, REFS_MAX);

const PAYLOAD = domain('level payload');
const LEAF = domain('level payload leaf');
const Carried = record({ count: count(REFS_MAX), root: digest });

const leafOf = (ref: Ref): Uint8Array => hash(LEAF, toBytes(Ref, ref));
const treeOver = (all: readonly Ref[]) => treeOf(concat(...all.map(leafOf)));
const payloadOver = (carried: Infer<typeof Carried>): Uint8Array =>
  hash(PAYLOAD, toBytes(Carried, carried));

/** What a head says of what its block carries. */
export function payloadOf(all: readonly Ref[]): Uint8Array {
  if (all.length === 0) return EMPTY_PAYLOAD;
  const { root, count: of } = treeOver(all);
  return payloadOver({ count: of, root });
}

/** That a ref stands in a block. */
export const RefProof = record({
  index: count(REFS_MAX - 1),
  carried: Carried,
  path: bytes(0, PATH_MAX),
});
export type RefProof = Infer<typeof RefProof>;

export function refProof(all: readonly Ref[], index: number): RefProof {
  const tree = treeOver(all);
  const { root, count: of } = tree;
  return { index, carried: { count: of, root }, path: pathOf(tree, index) };
}

export const isCarried = (
  { payload }: Pick<Head, 'payload'>,
  ref: Ref,
  { index, carried, path }: RefProof,
): boolean => same(payload, payloadOver(carried)) && isIncluded(carried, index, leafOf(ref), path);

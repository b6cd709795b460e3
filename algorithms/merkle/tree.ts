/**
 * Merkle trees of the shape of RFC 6962, section 2.1 (the same in RFC 9162): the left subtree of n
 * leaves is full and holds the largest power of two below n. That is what joining neighbours level
 * by level gives, an odd last one moving up as it is:
 *
 *     level 2            r                 leaves a b c d e; r = join(abcd, e)
 *     level 2    abcd        e             path of c: d, ab, e; path of e: abcd
 *     level 1   ab   cd      e
 *     level 0  a  b  c  d    e
 *
 * Leaves are hashes already, each in the domain of what it stands for (a piece, an ack, a header);
 * inner nodes are hashed in a domain of their own. So no leaf passes for a node, nor a leaf of one
 * tree for a leaf of another: the prefix bytes of the RFC, done by BLAKE3's contexts.
 *
 * A root does not say how many leaves are below it, and the last leaf of 3 is proved like the last
 * of 2. Hence a `Head` is root and count, and both belong into whatever is signed.
 *
 * Everything that a peer may have written (paths, indices, counts) is refused by `false`; nothing
 * throws on it.
 */
import { assert } from '#lib/assert.ts';
import { concat, same } from '#lib/bytes.ts';
import { domain, HASH_BYTES, hashRows } from '../hash/hash.ts';

/** The parents, one after another, of pairs of nodes, one after another. */
export type Join = (pairs: Uint8Array) => Uint8Array;

/** What a tree is signed as. */
export interface Head {
  readonly root: Uint8Array;
  readonly count: number;
}

export interface Tree extends Head {
  /** Nodes one after another; `levels[0]` are the leaves, the last level is the root. */
  readonly levels: readonly Uint8Array[];
}

const NODE = domain('merkle node');
const PAIR_BYTES = 2 * HASH_BYTES;

export const joinNodes: Join = (pairs) => hashRows(NODE, pairs, PAIR_BYTES);

/** The tree over at least one leaf hash, one after another. */
export function treeOf(leaves: Uint8Array, join: Join = joinNodes): Tree {
  const count = leaves.length / HASH_BYTES;
  assert(Number.isInteger(count) && count > 0, 'leaves are hashes, at least one');
  const levels = [leaves];
  for (let level = leaves; level.length > HASH_BYTES;) {
    const paired = level.length - (level.length % PAIR_BYTES);
    const parents = join(level.subarray(0, paired));
    level = paired === level.length ? parents : concat(parents, level.subarray(paired));
    levels.push(level);
  }
  return { levels, count, root: levels.at(-1)! };
}

/** The nodes beside the way from leaf `index` to the root, lowest first, one after another. */
export function pathOf(tree: Tree, index: number): Uint8Array {
  assert(isIndexIn(index, tree.count), 'the leaf is in the tree');
  const nodes: Uint8Array[] = [];
  for (let [level, at] = [0, index]; level < tree.levels.length - 1; level++, at = half(at)) {
    const sibling = at ^ 1;
    if (sibling < widthOf(tree.levels[level]!)) nodes.push(nodeAt(tree.levels[level]!, sibling));
  }
  return concat(...nodes);
}

/** Is `leaf` the leaf at `index` of the tree with this head? */
export function isIncluded(
  head: Head,
  index: number,
  leaf: Uint8Array,
  path: Uint8Array,
  join: Join = joinNodes,
): boolean {
  if (!isHead(head) || !isIndexIn(index, head.count) || leaf.length !== HASH_BYTES) return false;
  let node = leaf;
  let next = 0;
  for (let [at, width] = [index, head.count]; width > 1; at = half(at), width = half(width + 1)) {
    if (isOdd(width) && at === width - 1) continue; // Moves up as it is.
    const sibling = path.subarray(next, (next += HASH_BYTES));
    if (sibling.length !== HASH_BYTES) return false;
    node = join(isOdd(at) ? concat(sibling, node) : concat(node, sibling));
  }
  return next === path.length && same(node, head.root);
}

export const nodeAt = (level: Uint8Array, at: number): Uint8Array =>
  level.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);

export const widthOf = (level: Uint8Array): number => level.length / HASH_BYTES;

/** Not a shift: counts of a log may pass 2^32. */
export const half = (value: number): number => Math.floor(value / 2);

export const isOdd = (value: number): boolean => value % 2 === 1;

export const isHead = (head: Head): boolean =>
  head.root.length === HASH_BYTES && Number.isSafeInteger(head.count) && head.count > 0;

export const isIndexIn = (index: number, count: number): boolean =>
  Number.isSafeInteger(index) && index >= 0 && index < count;

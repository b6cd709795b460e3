/**
 * Proofs of several leaves of one tree at once: the nodes that are neither among the leaves proved
 * nor computed from them, level by level from below, left to right. Which those are follows from the
 * indices and the count, so a proof is bare hashes, has one form, and has one length.
 *
 * A holder that acknowledged 16 pieces of a sender in a batch of 64 sends one of these, not 16 paths.
 */
import { assert } from '#lib/assert.ts';
import { concat, same } from '#lib/bytes.ts';
import { HASH_BYTES } from '../hash/hash.ts';
import {
  half,
  isHead,
  isIndexIn,
  isOdd,
  joinNodes,
  nodeAt,
  type Head,
  type Join,
  type Tree,
} from './tree.ts';

/** A node of a level, and where it stands there. */
interface Known {
  readonly at: number;
  readonly node: Uint8Array;
}

/** A proof of the leaves at `indices`, which ascend. */
export function multiProofOf(tree: Tree, indices: readonly number[]): Uint8Array {
  assert(ascendWithin(indices, tree.count), 'indices ascend within the tree, and are some');
  const nodes: Uint8Array[] = [];
  let known: readonly number[] = indices;
  let width = tree.count;
  for (const level of tree.levels.slice(0, -1)) {
    for (const at of missingOf(known, width)) nodes.push(nodeAt(level, at));
    known = parentsOf(known);
    width = half(width + 1);
  }
  return concat(...nodes);
}

/** Are `leaves` (hashes, one after another) the leaves at `indices` of the tree with this head? */
export function areIncluded(
  head: Head,
  indices: readonly number[],
  leaves: Uint8Array,
  proof: Uint8Array,
  join: Join = joinNodes,
): boolean {
  if (!isHead(head) || !ascendWithin(indices, head.count)) return false;
  if (leaves.length !== indices.length * HASH_BYTES) return false;
  let known: readonly Known[] = indices.map((at, i) => ({ at, node: nodeAt(leaves, i) }));
  let next = 0;
  for (let width = head.count; width > 1; width = half(width + 1)) {
    const missing = missingOf(
      known.map(({ at }) => at),
      width,
    );
    const given = missing.map((at): Known => ({
      at,
      node: proof.subarray(next, (next += HASH_BYTES)),
    }));
    if (next > proof.length) return false;
    known = joined(
      [...known, ...given].toSorted((a, b) => a.at - b.at),
      join,
    );
  }
  return next === proof.length && known.length === 1 && same(known[0]!.node, head.root);
}

/** The siblings that are needed beside the nodes known, and are not among them. */
function missingOf(known: readonly number[], width: number): readonly number[] {
  const siblings: number[] = [];
  for (const [i, at] of known.entries()) {
    const sibling = isOdd(at) ? at - 1 : at + 1;
    if (sibling < width && known[isOdd(at) ? i - 1 : i + 1] !== sibling) siblings.push(sibling);
  }
  return siblings;
}

const parentsOf = (known: readonly number[]): readonly number[] =>
  known.map(half).filter((at, i, all) => at !== all[i - 1]);

/** The parents of neighbours; a last one without neighbour moves up. */
function joined(nodes: readonly Known[], join: Join): readonly Known[] {
  const paired = nodes.length - (nodes.length % 2);
  const parents = join(concat(...nodes.slice(0, paired).map(({ node }) => node)));
  const above = nodes
    .slice(0, paired)
    .filter(({ at }) => !isOdd(at))
    .map(({ at }, i): Known => ({ at: half(at), node: nodeAt(parents, i) }));
  const last = nodes[paired];
  return last === undefined ? above : [...above, { at: half(last.at), node: last.node }];
}

const ascendWithin = (indices: readonly number[], count: number): boolean =>
  indices.length > 0 &&
  indices.every((at, i) => isIndexIn(at, count) && (i === 0 || at > indices[i - 1]!));

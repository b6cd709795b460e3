/**
 * The blocks that are not committed yet, and which of them are certified. A block is committed when it and a child in
 * the very next round are certified (the 2-chain), and all its ancestors with it, in order.
 *
 *   c <-- b0 (r) <-- b1 (r + 1) <-- QC of b1       b0 and what is between c and b0 is committed
 *   c <-- b0 (r) <-- b1 (r + 2) <-- QC of b1       not yet: a QC of round r + 1 for something else may exist
 *
 * Bound: of each round one proposal, of `ROUNDS_AHEAD` rounds from the committed one on, and blocks that a QC proves to
 * be needed. What was committed leaves.
 */
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { blockId, type Block, type Qc } from './block.ts';
import type { JolteonPlant } from './plants.ts';

/** So many rounds without any commit are remembered. */
export const ROUNDS_AHEAD = 1_024;

export interface Known extends Block {
  readonly id: Uint8Array;
}

export interface Tree {
  /** The last block that is committed. */
  tip: { readonly id: Uint8Array; readonly round: number };
  readonly blocks: Map<string, Known>;
  /** The first proposal of each round. */
  readonly first: Map<number, Uint8Array>;
  /** Certificates of rounds after the tip, by their blocks. */
  readonly qcs: Map<string, Qc>;
}

export const treeFrom = (tip: Tree['tip']): Tree => ({
  tip,
  blocks: new Map(),
  first: new Map(),
  qcs: new Map(),
});

/** Whether anything of this round may matter still, and already. */
export const isOfUse = ({ tip }: Tree, round: number): boolean =>
  round > tip.round && round <= tip.round + ROUNDS_AHEAD;

/** Takes a block in; what comes back is another one of its author in the same round. */
export function addBlock(tree: Tree, block: Block): Uint8Array | undefined {
  const { round } = block.head;
  if (!isOfUse(tree, round)) return undefined;
  const id = blockId(block.head);
  const key = hex(id);
  const first = tree.first.get(round);
  if (first === undefined) tree.first.set(round, id);
  const isOther = first !== undefined && hex(first) !== key;
  if (!isOther || tree.qcs.has(key)) tree.blocks.set(key, { ...block, id });
  return isOther ? first : undefined;
}

export function addQc(tree: Tree, qc: Qc): void {
  if (isOfUse(tree, qc.round) && !tree.qcs.has(hex(qc.block))) tree.qcs.set(hex(qc.block), qc);
}

export const blockOf = ({ blocks }: Tree, id: Uint8Array): Known | undefined => blocks.get(hex(id));

/** Certified blocks that are not here, the newest first: whoever voted for them has them. */
export const missing = (tree: Tree): Qc[] =>
  [...tree.qcs.values()]
    .filter(({ block }) => !tree.blocks.has(hex(block)))
    .toSorted((a, b) => b.round - a.round);

export interface Committable {
  /** In order. */
  readonly blocks: readonly Known[];
  /** A block that is as good as committed, on another branch: a third of the weight or more is faulty. */
  readonly conflict: Known | undefined;
}

/** What may be committed now. */
export function commit(tree: Tree, plant?: JolteonPlant): Committable {
  const newest = newestCommittable(tree, plant);
  if (newest === undefined) return { blocks: [], conflict: undefined };
  const path = pathTo(tree, newest);
  if (path === 'missing') return { blocks: [], conflict: undefined };
  if (path === 'elsewhere') return { blocks: [], conflict: newest };
  tree.tip = { id: newest.id, round: newest.head.round };
  prune(tree);
  return { blocks: path, conflict: undefined };
}

function newestCommittable(tree: Tree, plant: JolteonPlant | undefined): Known | undefined {
  let newest: Known | undefined;
  for (const key of tree.qcs.keys()) {
    const child = tree.blocks.get(key);
    if (child === undefined) continue;
    const isNext = child.head.parentRound + 1 === child.head.round;
    const parent = blockOf(tree, child.head.parent);
    if ((!isNext && plant !== 'jolteon-commits-gaps') || parent === undefined) continue;
    if (newest === undefined || parent.head.round > newest.head.round) newest = parent;
  }
  return newest;
}

/** From the tip, not included, to a block, unless something in between is missing, or it is on another branch. */
export function pathTo(tree: Tree, to: Known): Known[] | 'missing' | 'elsewhere' {
  const path: Known[] = [];
  for (let at: Known | undefined = to; at !== undefined; at = blockOf(tree, at.head.parent)) {
    path.push(at);
    if (hex(at.head.parent) === hex(tree.tip.id)) return path.toReversed();
    if (at.head.parentRound <= tree.tip.round) return 'elsewhere';
  }
  return 'missing';
}

function prune({ tip, blocks, first, qcs }: Tree): void {
  for (const [key, { head }] of blocks) if (head.round <= tip.round) blocks.delete(key);
  for (const round of first.keys()) if (round <= tip.round) first.delete(round);
  for (const [key, { round }] of qcs) if (round <= tip.round) qcs.delete(key);
}

export function invariants(tree: Tree): void {
  for (const { head } of tree.blocks.values())
    assert(head.round > tree.tip.round, 'what is committed has left the tree');
}

/**
 * The blocks that are not committed yet, and which of them are certified. A block is committed when it and a child in
 * the very next round are certified (the 2-chain), and all its ancestors with it, in order.
 *
 *   c <-- b0 (r) <-- b1 (r + 1) <-- QC of b1       b0 and what is between c and b0 is committed
 *   c <-- b0 (r) <-- b1 (r + 2) <-- QC of b1       not yet: a QC of round r + 1 for something else may exist
 *
 * Bound: of each round one proposal, of `ROUNDS_AHEAD` rounds before and after the one at hand, and blocks that are
 * certified. What was committed leaves.
 */
import { assert } from '#lib/assert.ts';
import { hex, same } from '#lib/bytes.ts';
import { blockId, heightOn, type Block, type Head, type Qc } from './block.ts';
import type { Final } from './final.ts';
import type { JolteonPlant } from './plants.ts';

/** So many rounds are remembered, on either side of the one at hand. */
export const ROUNDS_AHEAD = 1_024;

export interface Named {
  readonly id: Uint8Array;
  readonly head: Head;
}
export interface Known extends Block, Named {}

export interface Tree {
  /** The last block that is committed. */
  tip: { readonly id: Uint8Array; readonly round: number; readonly height: number };
  /** The round at hand. */
  at: number;
  readonly blocks: Map<string, Known>;
  /** The first proposal of each round. */
  readonly first: Map<number, Uint8Array>;
  /** Certificates of rounds after the tip, by their blocks. */
  readonly qcs: Map<string, Qc>;
}

export const treeFrom = (tip: Tree['tip']): Tree => ({
  tip,
  at: tip.round,
  blocks: new Map(),
  first: new Map(),
  qcs: new Map(),
});

/** Whether anything of this round may matter still, and already. */
export const isOfUse = ({ tip, at }: Tree, round: number): boolean =>
  round > tip.round && round <= Math.max(tip.round, at) + ROUNDS_AHEAD;

/** Another round is at hand: of those long ago only what is certified may be needed still, however long nothing commits. */
export function enter(tree: Tree, round: number): void {
  tree.at = round;
  const { blocks, first, qcs } = tree;
  for (const [key, { head }] of blocks)
    if (head.round < round - ROUNDS_AHEAD && !qcs.has(key)) blocks.delete(key);
  for (const each of first.keys()) if (each < round - ROUNDS_AHEAD) first.delete(each);
}

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

/** Whether a block has the number that follows from its parent; not known of one whose parent is not here. */
export function isNumbered(tree: Tree, head: Head): boolean {
  const before = heightOf(tree, head.parent);
  return before !== undefined && head.height === heightOn(before, head);
}

export const heightOf = (tree: Tree, id: Uint8Array): number | undefined =>
  same(id, tree.tip.id) ? tree.tip.height : blockOf(tree, id)?.head.height;

/** Certified blocks that are not here, the newest first: whoever voted for them has them. */
export const missing = (tree: Tree): Qc[] =>
  [...tree.qcs.values()]
    .filter(({ block }) => !tree.blocks.has(hex(block)))
    .toSorted((a, b) => b.round - a.round);

export interface Committable {
  /** In order. */
  readonly blocks: readonly Named[];
  /** What proves all of them; nothing where there are none. */
  readonly final: Final | undefined;
  /** A block that is as good as committed, on another branch: a third of the weight or more is faulty. */
  readonly conflict: Conflict | undefined;
}
export interface Conflict extends Named {
  /** From that block on. */
  readonly final: Final;
}

const NOTHING: Committable = { blocks: [], final: undefined, conflict: undefined };

/** What may be committed now. */
export function commit(tree: Tree, plant?: JolteonPlant): Committable {
  const newest = newestCommittable(tree, plant);
  if (newest === undefined) return NOTHING;
  const { parent, child, qc } = newest;
  const path = pathTo(tree, parent);
  if (path === 'missing') return NOTHING;
  if (path === 'elsewhere') {
    const { id, head } = parent;
    return { ...NOTHING, conflict: { id, head, final: { heads: [head, child.head], qc } } };
  }
  moveTo(tree, parent);
  return {
    blocks: path,
    final: { heads: [...path, child].map(({ head }) => head), qc },
    conflict: undefined,
  };
}

/**
 * What others have committed, proved by itself. Heights are in what is signed, so that what comes next is known
 * whether or not the empty blocks before it are shown.
 */
export function follow(tree: Tree, heads: readonly Head[], final: Final): Committable {
  const { tip } = tree;
  const blocks = heads
    .filter(({ round }) => round > tip.round)
    .map((head): Named => ({ id: blockId(head), head }));
  const [first, last] = [blocks[0], blocks.at(-1)];
  if (first === undefined || last === undefined) return NOTHING;
  const { head } = first;
  const isBeside = head.parentRound === tip.round && !same(head.parent, tip.id);
  if (head.parentRound < tip.round || isBeside) {
    const from = final.heads.findIndex((each) => each.round === head.round);
    const proof = { heads: final.heads.slice(from), qc: final.qc };
    return { ...NOTHING, conflict: { ...first, final: proof } };
  }
  if (head.height !== heightOn(tip.height, head)) return NOTHING;
  moveTo(tree, last);
  return { blocks, final, conflict: undefined };
}

function moveTo(tree: Tree, { id, head: { round, height } }: Named): void {
  tree.tip = { id, round, height };
  prune(tree);
}

interface Proved {
  readonly parent: Known;
  readonly child: Known;
  readonly qc: Qc;
}

function newestCommittable(tree: Tree, plant: JolteonPlant | undefined): Proved | undefined {
  let newest: Proved | undefined;
  for (const [key, qc] of tree.qcs) {
    const child = tree.blocks.get(key);
    if (child === undefined) continue;
    const isNext = child.head.parentRound + 1 === child.head.round;
    const parent = blockOf(tree, child.head.parent);
    if ((!isNext && plant !== 'jolteon-commits-gaps') || parent === undefined) continue;
    if (newest === undefined || parent.head.round > newest.parent.head.round)
      newest = { parent, child, qc };
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

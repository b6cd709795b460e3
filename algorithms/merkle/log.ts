/**
 * Append-only logs: a tree that only grows, and proofs that it did.
 *
 * A consistency proof shows that the first m leaves of a log of n are those of the log of m that
 * somebody saw before: nothing was changed, taken out or put in between (RFC 6962, section 2.1.2;
 * checked as in RFC 9162, section 2.1.4.2). Who appends need not keep the leaves: the `Frontier`,
 * the roots of the full subtrees from left to right, one for each bit of the count, is enough to go
 * on and to know the head.
 */
import { assert } from '#lib/assert.ts';
import { concat, same } from '#lib/bytes.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import { HASH_BYTES } from '../hash/hash.ts';
import { half, isHead, isOdd, joinNodes, nodeAt, type Head, type Join, type Tree } from './tree.ts';

export interface Frontier {
  readonly count: number;
  /** Roots of full subtrees, the largest first, one after another. */
  readonly peaks: Uint8Array;
}

export const EMPTY_LOG: Frontier = { count: 0, peaks: new Uint8Array(0) };

/** The frontier after one more leaf hash. */
export function append(log: Frontier, leaf: Uint8Array, join: Join = joinNodes): Frontier {
  assert(leaf.length === HASH_BYTES, 'a leaf is a hash');
  let node = leaf;
  let { peaks } = log;
  for (let full = log.count; isOdd(full); full = half(full)) {
    node = join(concat(peaks.subarray(-HASH_BYTES), node));
    peaks = peaks.subarray(0, -HASH_BYTES);
  }
  return { count: log.count + 1, peaks: concat(peaks, node) };
}

/** The head of a log that has at least one leaf. */
export function headOf(log: Frontier, join: Join = joinNodes): Head {
  assert(log.count > 0, 'an empty log has no head');
  let root = log.peaks.subarray(-HASH_BYTES);
  for (let at = log.peaks.length / HASH_BYTES - 2; at >= 0; at--) {
    root = join(concat(nodeAt(log.peaks, at), root));
  }
  return { root, count: log.count };
}

/** Canonical: the count in eight bytes, most significant first, then the peaks. */
export function writeFrontier({ count, peaks }: Frontier): Uint8Array {
  const bytes = new Uint8Array(8 + peaks.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(count));
  bytes.set(peaks, 8);
  return bytes;
}

export function readFrontier(bytes: Uint8Array): Result<Frontier> {
  if (bytes.length < 8) return fail('a frontier begins with its count');
  const { buffer, byteOffset } = bytes;
  const count = Number(new DataView(buffer, byteOffset).getBigUint64(0));
  if (!Number.isSafeInteger(count)) return fail('a count is below 2^53');
  if (bytes.length !== 8 + onesOf(count) * HASH_BYTES) return fail('a peak for each bit set');
  return ok({ count, peaks: bytes.slice(8) });
}

/** That the first `count` leaves of the tree are a log that was: nodes, one after another. */
export function consistencyOf(tree: Tree, count: number): Uint8Array {
  assert(count >= 1 && count <= tree.count, 'the log was not empty, and not longer');
  const nodes: Uint8Array[] = [];
  prove(tree, nodes, { from: 0, width: tree.count }, count, true);
  return concat(...nodes);
}

/** SUBPROOF of RFC 6962: of the `was` leaves within a subtree; its root is known if `whole`. */
function prove(
  tree: Tree,
  nodes: Uint8Array[],
  { from, width }: { readonly from: number; readonly width: number },
  was: number,
  whole: boolean,
): void {
  if (was === width) {
    if (!whole) nodes.push(subtree(tree, from, width));
    return;
  }
  const left = 1 << (log2Ceil(width) - 1);
  if (was <= left) {
    prove(tree, nodes, { from, width: left }, was, whole);
    nodes.push(subtree(tree, from + left, width - left));
  } else {
    prove(tree, nodes, { from: from + left, width: width - left }, was - left, false);
    nodes.push(subtree(tree, from, left));
  }
}

/** The root of a full subtree, or of what there is of it at the right edge. */
function subtree(tree: Tree, from: number, width: number): Uint8Array {
  const level = log2Ceil(width);
  return nodeAt(tree.levels[level]!, from >> level);
}

/** Is the log with head `old` a beginning of the log with head `now`? */
export function isConsistent(
  old: Head,
  now: Head,
  proof: Uint8Array,
  join: Join = joinNodes,
): boolean {
  if (!isHead(old) || !isHead(now) || old.count > now.count) return false;
  if (proof.length % HASH_BYTES !== 0) return false;
  if (old.count === now.count) return proof.length === 0 && same(old.root, now.root);
  // Where the old log is a full subtree its root is the first node, and is not sent.
  const path = isFull(old.count) ? concat(old.root, proof) : proof;
  if (path.length === 0) return false;
  let [was, is] = [old.count - 1, now.count - 1];
  while (isOdd(was)) [was, is] = [half(was), half(is)];
  let [oldRoot, newRoot] = [nodeAt(path, 0), nodeAt(path, 0)];
  for (let at = 1; at < path.length / HASH_BYTES; at++) {
    const node = nodeAt(path, at);
    if (is === 0) return false;
    if (isOdd(was) || was === is) {
      oldRoot = join(concat(node, oldRoot));
      newRoot = join(concat(node, newRoot));
      while (!isOdd(was) && was > 0) [was, is] = [half(was), half(is)];
    } else {
      newRoot = join(concat(newRoot, node));
    }
    [was, is] = [half(was), half(is)];
  }
  return is === 0 && same(oldRoot, old.root) && same(newRoot, now.root);
}

/** Of the width of a tree in memory, which is below 2^31. */
const log2Ceil = (width: number): number => 32 - Math.clz32(width - 1);

const isFull = (count: number): boolean => onesOf(count) === 1;

function onesOf(count: number): number {
  let ones = 0;
  for (let rest = count; rest > 0; rest = half(rest)) if (isOdd(rest)) ones++;
  return ones;
}

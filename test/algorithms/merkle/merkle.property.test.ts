/** Merkle proofs: honest ones hold, and none that a peer has bent does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  append,
  consistencyOf,
  EMPTY_LOG,
  headOf,
  isConsistent,
  readFrontier,
  writeFrontier,
} from '#algorithms/merkle/log.ts';
import { areIncluded, multiProofOf } from '#algorithms/merkle/multiproof.ts';
import { isIncluded, nodeAt, pathOf, treeOf, type Tree } from '#algorithms/merkle/tree.ts';
import { concat, same } from '#lib/bytes.ts';
import { cases } from '#test/cases.ts';

const trees = (maxCount = 70) =>
  fc
    .tuple(fc.integer({ min: 1, max: maxCount }), fc.nat())
    .map(([count, seed]) =>
      treeOf(
        Uint8Array.from({ length: 32 * count }, (_, i) => Math.imul(i + seed, 0x9e37_79b1) >> 13),
      ),
    );
/** A tree and some of its leaves, ascending. */
const chosen = () =>
  trees().chain((tree) =>
    fc
      .subarray(
        Array.from({ length: tree.count }, (_, i) => i),
        { minLength: 1 },
      )
      .map((indices) => ({ tree, indices })),
  );
/** Bytes that differ from these: a bit flipped, cut, lengthened, or anything else. */
const bent = (bytes: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc
    .oneof(
      fc
        .nat({ max: Math.max(0, 8 * bytes.length - 1) })
        .map((bit) => bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))),
      fc.nat({ max: bytes.length }).map((length) => bytes.subarray(0, length)),
      fc.uint8Array({ minLength: 1, maxLength: 64 }).map((more) => concat(bytes, more)),
      fc.uint8Array({ maxLength: 256 }),
    )
    .filter((other) => !same(other, bytes));
const leavesAt = (tree: Tree, indices: readonly number[]): Uint8Array =>
  concat(...indices.map((index) => nodeAt(tree.levels[0]!, index)));

/** A tree and one of its leaves. */
const leaf = () =>
  trees().chain((tree) => fc.nat({ max: tree.count - 1 }).map((index) => ({ tree, index })));
/** A log, and how long it once was. */
const grown = () =>
  trees(50).chain((tree) => fc.integer({ min: 1, max: tree.count }).map((was) => ({ tree, was })));
const beginning = (tree: Tree, count: number): Tree =>
  treeOf(tree.levels[0]!.subarray(0, 32 * count));

describe('a path', () => {
  it('proves its leaf, at its place only', () =>
    fc.assert(
      fc.property(leaf(), fc.nat({ max: 80 }), ({ tree, index }, other) => {
        const node = nodeAt(tree.levels[0]!, index);
        const path = pathOf(tree, index);
        expect(isIncluded(tree, index, node, path)).toBe(true);
        expect(isIncluded(tree, other, node, path)).toBe(other === index);
      }),
    ));
  it('proves nothing once bent', () =>
    fc.assert(
      fc.property(
        leaf().chain(({ tree, index }) =>
          fc.tuple(
            fc.constant({ tree, index }),
            bent(pathOf(tree, index)),
            bent(nodeAt(tree.levels[0]!, index)),
            bent(tree.root),
          ),
        ),
        ([{ tree, index }, path, node, root]) => {
          const [leaf, way] = [nodeAt(tree.levels[0]!, index), pathOf(tree, index)];
          expect(isIncluded(tree, index, leaf, path)).toBe(false);
          expect(isIncluded(tree, index, node, way)).toBe(false);
          expect(isIncluded({ root, count: tree.count }, index, leaf, way)).toBe(false);
        },
      ),
    ));
  it('never throws on what a peer sends', () =>
    fc.assert(
      fc.property(
        fc.record({ root: fc.uint8Array({ maxLength: 40 }), count: fc.double() }),
        fc.double(),
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array({ maxLength: 200 }),
        (head, index, leaf, path) => isIncluded(head, index, leaf, path) === false,
      ),
    ));
});

describe('a multi-proof', () => {
  it('proves its leaves, and is shorter than their paths', () =>
    fc.assert(
      fc.property(chosen(), ({ tree, indices }) => {
        const proof = multiProofOf(tree, indices);
        expect(areIncluded(tree, indices, leavesAt(tree, indices), proof)).toBe(true);
        const paths = indices.reduce((sum, index) => sum + pathOf(tree, index).length, 0);
        expect(proof.length).toBeLessThanOrEqual(paths);
        expect(indices.length === tree.count ? proof.length : 0).toBe(0);
      }),
    ));
  it('proves nothing once bent', () =>
    fc.assert(
      fc.property(
        chosen().chain(({ tree, indices }) =>
          fc.tuple(
            fc.constant({ tree, indices }),
            bent(multiProofOf(tree, indices)),
            bent(leavesAt(tree, indices)),
            fc.array(fc.nat({ max: 80 }), { maxLength: 5 }),
          ),
        ),
        ([{ tree, indices }, proof, leaves, others]) => {
          const [all, way] = [leavesAt(tree, indices), multiProofOf(tree, indices)];
          expect(areIncluded(tree, indices, all, proof)).toBe(false);
          expect(areIncluded(tree, indices, leaves, way)).toBe(false);
          const moved =
            others.length === indices.length && others.every((at, i) => at === indices[i]);
          expect(areIncluded(tree, others, all, way)).toBe(moved);
        },
      ),
    ));
  it('never throws on what a peer sends', () =>
    fc.assert(
      fc.property(
        fc.record({
          root: fc.uint8Array({ maxLength: 40 }),
          count: fc.oneof(fc.double(), fc.nat(100)),
        }),
        fc.array(fc.oneof(fc.double(), fc.nat(100)), { maxLength: 6 }),
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ maxLength: 200 }),
        (head, indices, leaves, proof) => areIncluded(head, indices, leaves, proof) === false,
      ),
    ));
});

describe('a log', () => {
  it('proves that it only grew', () =>
    fc.assert(
      fc.property(grown(), ({ tree, was }) =>
        isConsistent(beginning(tree, was), tree, consistencyOf(tree, was)),
      ),
    ));
  it('cannot prove that of another beginning, count or proof', () =>
    fc.assert(
      fc.property(
        grown().chain(({ tree, was }) =>
          fc.tuple(
            fc.constant({ tree, was }),
            bent(consistencyOf(tree, was)),
            bent(tree.root),
            fc.integer({ min: 1, max: 60 }),
          ),
        ),
        ([{ tree, was }, proof, root, count]) => {
          const [old, way] = [beginning(tree, was), consistencyOf(tree, was)];
          expect(isConsistent(old, tree, proof)).toBe(false);
          expect(isConsistent({ root, count: was }, tree, way)).toBe(false);
          expect(isConsistent(old, { root, count: tree.count }, way)).toBe(false);
          if (was < tree.count) expect(isConsistent(tree, old, way)).toBe(false);
          if (was < tree.count && count > was && count !== tree.count) {
            expect(isConsistent(old, { root: beginning(tree, was).root, count }, way)).toBe(false);
          }
        },
      ),
    ));
  it('has the head of its tree, leaf by leaf, and comes back from its bytes', () =>
    fc.assert(
      fc.property(trees(50), (tree) => {
        let log = EMPTY_LOG;
        for (let i = 0; i < tree.count; i++) {
          const again = readFrontier(writeFrontier(log));
          expect(again).toEqual({ ok: true, value: log });
          log = append(log, nodeAt(tree.levels[0]!, i));
          expect(headOf(log).root).toEqual(beginning(tree, i + 1).root);
        }
      }),
      { numRuns: cases(20) },
    ));
  it('reads only what it would write', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        const read = readFrontier(bytes);
        return !read.ok || same(writeFrontier(read.value), bytes);
      }),
    ));
  it('never throws on what a peer sends', () =>
    fc.assert(
      fc.property(
        fc.record({
          root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
          count: fc.oneof(fc.double(), fc.nat(100)),
        }),
        fc.record({
          root: fc.uint8Array({ minLength: 32, maxLength: 32 }),
          count: fc.oneof(fc.double(), fc.nat(100)),
        }),
        fc.nat(9).chain((nodes) => fc.uint8Array({ minLength: 32 * nodes, maxLength: 32 * nodes })),
        (old, now, proof) => typeof isConsistent(old, now, proof) === 'boolean',
      ),
    ));
});

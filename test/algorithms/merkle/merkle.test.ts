/** Merkle trees: Certificate Transparency's known roots, the RFC's definitions, and our own bytes. */
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
import { multiProofOf } from '#algorithms/merkle/multiproof.ts';
import { isIncluded, joinNodes, pathOf, treeOf } from '#algorithms/merkle/tree.ts';
import { concat, hex } from '#lib/bytes.ts';
import {
  consistencySlowly,
  joinSha256,
  KNOWN_LEAVES,
  KNOWN_ROOTS,
  leafOf,
  pathSlowly,
  rootSlowly,
} from './rfc6962.ts';

const leaves = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => leafOf(Uint8Array.of(i, i >> 8)));

describe('merkle', () => {
  it.each([...KNOWN_ROOTS.entries()])('has the known root of %d + 1 leaves', (i, root) => {
    const known = KNOWN_LEAVES.slice(0, i + 1);
    expect(hex(treeOf(concat(...known), joinSha256).root)).toBe(root);
    expect(
      hex(
        headOf(
          known.reduce((log, leaf) => append(log, leaf, joinSha256), EMPTY_LOG),
          joinSha256,
        ).root,
      ),
    ).toBe(root);
  });

  it('has the roots, paths and consistency proofs that RFC 6962 defines, up to 20 leaves', () => {
    for (let count = 1; count <= 20; count++) {
      const all = leaves(count);
      const tree = treeOf(concat(...all), joinSha256);
      expect(hex(tree.root)).toBe(hex(rootSlowly(all)));
      for (let i = 0; i < count; i++) {
        expect(hex(pathOf(tree, i))).toBe(hex(concat(...pathSlowly(i, all))));
        expect(hex(multiProofOf(tree, [i]))).toBe(hex(pathOf(tree, i)));
        expect(hex(consistencyOf(tree, i + 1))).toBe(hex(concat(...consistencySlowly(i + 1, all))));
      }
    }
  });

  it('joins nodes in a domain of its own (bytes computed with noble, by the definition)', () => {
    expect(hex(joinNodes(new Uint8Array(64)))).toBe(
      '3af192908d0f9503563f5088fc703b3ffbb3affa4450615cc4c85175e8bb563a',
    );
    expect(hex(treeOf(concat(...leaves(42))).root)).toBe(
      '9244e12ccf376516040b26fc8f3849f6bc7ba75bda85b5e06019232ddbf35f98',
    );
  });

  it('needs the count: the last leaf of three is proved like the last of two', () => {
    const [a, b, c] = leaves(3) as [Uint8Array, Uint8Array, Uint8Array];
    const { root } = treeOf(concat(a, b, c));
    const path = joinNodes(concat(a, b));
    expect(isIncluded({ root, count: 3 }, 2, c, path)).toBe(true);
    expect(isIncluded({ root, count: 2 }, 1, c, path)).toBe(true);
    expect(isIncluded({ root, count: 3 }, 1, c, path)).toBe(false);
  });

  it('insists on leaves, and on indices within', () => {
    for (const bytes of [0, 31, 33]) expect(() => treeOf(new Uint8Array(bytes))).toThrow('leaves');
    const tree = treeOf(concat(...leaves(3)));
    for (const index of [-1, 3, 0.5]) expect(() => pathOf(tree, index)).toThrow('in the tree');
    for (const bad of [[], [3], [1, 1], [1, 0], [-1]]) {
      expect(() => multiProofOf(tree, bad)).toThrow('ascend');
    }
    for (const bad of [0, 4]) expect(() => consistencyOf(tree, bad)).toThrow('not longer');
    expect(() => headOf(EMPTY_LOG)).toThrow('no head');
  });

  it('writes a frontier as its count and peaks', () => {
    const log = leaves(5).reduce((sofar, leaf) => append(sofar, leaf), EMPTY_LOG);
    const bytes = writeFrontier(log);
    expect(bytes.length).toBe(8 + 2 * 32);
    expect(hex(bytes.subarray(0, 8))).toBe('0000000000000005');
    expect(readFrontier(bytes)).toEqual({ ok: true, value: log });
    expect(readFrontier(writeFrontier(EMPTY_LOG))).toEqual({ ok: true, value: EMPTY_LOG });
    const bad = [
      bytes.subarray(0, 7),
      bytes.subarray(0, -1),
      concat(bytes, Uint8Array.of(0)),
      new Uint8Array(8).fill(0xff),
    ];
    bad.push(concat(Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 0), new Uint8Array(32))); // 2^53.
    for (const refused of bad) expect(readFrontier(refused).ok).toBe(false);
  });

  it('counts the nodes of a consistency proof by the heads', () => {
    const [two, four, five] = [2, 4, 5].map((count) => treeOf(concat(...leaves(count))));
    const [within4, within5] = [consistencyOf(four!, 2), consistencyOf(five!, 2)];
    expect(isConsistent(two!, four!, within4)).toBe(true);
    expect(isConsistent(two!, { root: four!.root, count: 5 }, within4)).toBe(false);
    expect(isConsistent(two!, { root: five!.root, count: 4 }, within5)).toBe(false);
  });

  it('takes an equal log as its own beginning, and no proof then', () => {
    const tree = treeOf(concat(...leaves(5)));
    expect(isConsistent(tree, tree, new Uint8Array(0))).toBe(true);
    expect(isConsistent(tree, tree, new Uint8Array(32))).toBe(false);
  });

  it('believes no count that is not the one of its root', () => {
    const [one, two] = [1, 2].map((count) => treeOf(concat(...leaves(count))));
    const proof = consistencyOf(two!, 1);
    expect(isConsistent(one!, two!, proof)).toBe(true);
    for (const count of [3, 4, 5, 2 ** 40]) {
      expect(isConsistent(one!, { root: two!.root, count }, proof)).toBe(false);
    }
    const four = treeOf(concat(...leaves(4)));
    expect(isConsistent(four, { root: four.root, count: 2 }, new Uint8Array(0))).toBe(false);
  });
});

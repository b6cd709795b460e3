/** Weighted rendezvous: the fast order equals the reference, and shares follow weights. */
import { blake2b } from '@noble/hashes/blake2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { negLog2 } from '#algorithms/fixed-log.ts';
import { rank } from '#algorithms/rendezvous/core.ts';
import { nodeTable } from '#algorithms/rendezvous/scoring.ts';
import { rankWeighted, weightsOf } from '#algorithms/rendezvous/weighted.ts';
import { compare, concat, hex, utf8 } from '#lib/bytes.ts';
import { ids, key, weight } from './arbitraries.ts';

interface Weighted {
  readonly id: Uint8Array;
  readonly weight: number;
}
const nodes = (): fc.Arbitrary<Weighted[]> =>
  ids().chain((ids) =>
    fc
      .array(weight(), { minLength: ids.length, maxLength: ids.length })
      .map((weights) => ids.map((id, i) => ({ id, weight: weights[i]! }))),
  );

/** The rule, as it is said: all in BigInt, nothing bounded beforehand. */
function reference(nodes: readonly Weighted[], key: Uint8Array): string[] {
  const scored = nodes
    .filter(({ weight }) => weight > 0)
    .map(({ id, weight }) => {
      const score = BigInt(`0x${hex(blake2b(concat(id, key), { dkLen: 16 }))}`);
      return { id, score, weight: BigInt(weight), penalty: negLog2(score >> 64n) };
    });
  scored.sort((a, b) => {
    const difference = a.penalty * b.weight - b.penalty * a.weight;
    if (difference !== 0n) return difference < 0n ? -1 : 1;
    return a.score === b.score ? compare(b.id, a.id) : a.score > b.score ? -1 : 1;
  });
  return scored.map(({ id }) => hex(id));
}
function ranked(nodes: readonly Weighted[], key: Uint8Array, count?: number): string[] {
  const table = nodeTable(nodes.map(({ id }) => id));
  const weights = weightsOf(
    table,
    nodes.map(({ weight }) => weight),
  );
  return Array.from(rankWeighted(table, weights, key, count), (i) => hex(nodes[i]!.id));
}
const without = (names: readonly string[], name: string) => names.filter((other) => other !== name);

describe('weighted rendezvous, for any nodes, weights and key', () => {
  it('ranks as the reference does, whole or in part', () =>
    fc.assert(
      fc.property(nodes(), key(), fc.nat(40), (nodes, key, count) => {
        const expected = reference(nodes, key);
        expect(ranked(nodes, key)).toEqual(expected);
        expect(ranked(nodes, key, count)).toEqual(expected.slice(0, count));
      }),
    ));
  it('ranks equal weights as no weights', () =>
    fc.assert(
      fc.property(ids(), key(), weight(), (ids, key, weight) => {
        expect(
          ranked(
            ids.map((id) => ({ id, weight })),
            key,
          ),
        ).toEqual(Array.from(rank(nodeTable(ids), key), (i) => hex(ids[i]!)));
      }),
    ));
  it('is the same when all weights are scaled', () =>
    fc.assert(
      fc.property(ids(), key(), fc.integer({ min: 1, max: 1_000 }), (ids, key, scale) => {
        const nodes = ids.map((id, i) => ({ id, weight: 1 + ((i * 37) % 100) }));
        const scaled = nodes.map(({ id, weight }) => ({ id, weight: weight * scale }));
        expect(ranked(scaled, key)).toEqual(ranked(nodes, key));
      }),
    ));
  it('keeps the order of the others when a node goes', () =>
    fc.assert(
      fc.property(nodes(), key(), fc.nat(), (nodes, key, draw) => {
        const gone = draw % nodes.length;
        expect(ranked(nodes.toSpliced(gone, 1), key)).toEqual(
          without(ranked(nodes, key), hex(nodes[gone]!.id)),
        );
      }),
    ));
  it('moves a node only forward when its weight rises, and no other', () =>
    fc.assert(
      fc.property(nodes(), key(), fc.nat(), (nodes, key, draw) => {
        const risen = nodes[draw % nodes.length]!;
        const name = hex(risen.id);
        const weight = Math.min(risen.weight * 2, Number.MAX_SAFE_INTEGER);
        const before = ranked(nodes, key);
        const after = ranked(
          nodes.map((node) => (node === risen ? { ...node, weight } : node)),
          key,
        );
        expect(after.indexOf(name)).toBeLessThanOrEqual(before.indexOf(name));
        expect(without(after, name)).toEqual(without(before, name));
      }),
    ));
  it('never names a node of weight 0', () =>
    fc.assert(
      fc.property(nodes(), key(), (nodes, key) => {
        const some = nodes.map((node, i) => (i % 2 === 0 ? { ...node, weight: 0 } : node));
        expect(ranked(some, key)).toEqual(reference(some, key));
        expect(ranked(some, key).length).toBe(Math.floor(nodes.length / 2));
      }),
    ));
});

describe('weighted rendezvous, over many', () => {
  it('equals the reference among 3 000 nodes', () => {
    const nodes = Array.from({ length: 3_000 }, (_, i) => ({
      id: utf8(`node-${i}`),
      weight: 1 + ((i * 7_919) % 65_535),
    }));
    const expected = reference(nodes, utf8('k'));
    expect(ranked(nodes, utf8('k'))).toEqual(expected);
    expect(ranked(nodes, utf8('k'), 42)).toEqual(expected.slice(0, 42));
  });
  it('gives first places in proportion to weight: chi-squared within 5 sigma', () => {
    const nodes = Array.from({ length: 20 }, (_, i) => ({ id: utf8(`n${i}`), weight: i + 1 }));
    const table = nodeTable(nodes.map(({ id }) => id));
    const weights = weightsOf(
      table,
      nodes.map(({ weight }) => weight),
    );
    const held = Array.from({ length: 20 }, () => 0);
    for (let i = 0; i < 10_500; i++) {
      held[rankWeighted(table, weights, utf8(`k${i}`), 1)[0]!]! += 1;
    }
    const squared = held.reduce(
      (sum, count, i) => sum + (count - 50 * (i + 1)) ** 2 / (50 * (i + 1)),
      0,
    );
    expect(squared).toBeLessThan(19 + 5 * Math.sqrt(2 * 19));
  });
  it('takes weights that are not whole, or not one for each node, for a bug', () => {
    const table = nodeTable([utf8('a')]);
    for (const bad of [[], [1, 2], [0.5], [-1], [Number.NaN], [2 ** 53]]) {
      expect(() => weightsOf(table, bad)).toThrow();
    }
  });
});

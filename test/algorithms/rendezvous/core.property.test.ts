/** Rendezvous: the order is the reference's, and little moves when nodes come and go. */
import { blake2b } from '@noble/hashes/blake2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rank } from '#algorithms/rendezvous/core.ts';
import { walk } from '#algorithms/rendezvous/order.ts';
import { orderOf } from '#algorithms/rendezvous/core.ts';
import { nodeTable } from '#algorithms/rendezvous/scoring.ts';
import { compare, concat, hex, utf8 } from '#lib/bytes.ts';
import { ids, key } from './arbitraries.ts';

const score = (id: Uint8Array, key: Uint8Array): bigint =>
  BigInt(`0x${hex(blake2b(concat(id, key), { dkLen: 16 }))}`);
/** The rule, as it is said, too slow to be wrong. */
function ranked(ids: readonly Uint8Array[], key: Uint8Array): Uint8Array[] {
  const scored = ids.map((id) => ({ id, score: score(id, key) }));
  scored.sort((a, b) => (a.score === b.score ? compare(b.id, a.id) : a.score > b.score ? -1 : 1));
  return scored.map(({ id }) => id);
}
const namesOf = (all: readonly Uint8Array[], indices: Iterable<number>): string[] =>
  Array.from(indices, (i) => hex(all[i]!));

describe('rendezvous, for any nodes and key', () => {
  it('ranks as the rule says, whole or in part', () =>
    fc.assert(
      fc.property(ids(), key(), fc.nat(40), (ids, key, count) => {
        const expected = ranked(ids, key).map(hex);
        const table = nodeTable(ids);
        expect(namesOf(ids, rank(table, key))).toEqual(expected);
        expect(namesOf(ids, rank(table, key, count))).toEqual(expected.slice(0, count));
        expect(namesOf(ids, walk(orderOf(table, key)))).toEqual(expected);
      }),
    ));

  it('does not depend on the order in which nodes are named', () =>
    fc.assert(
      fc.property(ids(), key(), (ids, key) => {
        const back = ids.toReversed();
        expect(namesOf(back, rank(nodeTable(back), key))).toEqual(
          namesOf(ids, rank(nodeTable(ids), key)),
        );
      }),
    ));

  it('keeps the order of the others when a node goes', () =>
    fc.assert(
      fc.property(ids(), key(), fc.nat(), (ids, key, draw) => {
        const gone = draw % ids.length;
        const rest = ids.toSpliced(gone, 1);
        expect(namesOf(rest, rank(nodeTable(rest), key))).toEqual(
          namesOf(ids, rank(nodeTable(ids), key)).filter((name) => name !== hex(ids[gone]!)),
        );
      }),
    ));
});

describe('rendezvous, over many', () => {
  const many = Array.from({ length: 5_000 }, (_, i) => utf8(`node-${i}`));
  it('chooses a few as the whole order would', () => {
    const table = nodeTable(many);
    for (const key of ['a', 'b', 'c'].map(utf8)) {
      const all = rank(table, key);
      for (const count of [0, 1, 42, 624, 626, 4_999, 6_000]) {
        expect(rank(table, key, count)).toEqual(all.subarray(0, count));
      }
      expect(Uint32Array.from(walk(orderOf(table, key)))).toEqual(all);
    }
  });
  it('spreads first places evenly: chi-squared within 5 sigma', () => {
    const table = nodeTable(many.slice(0, 20));
    const held = Array.from({ length: 20 }, () => 0);
    for (let i = 0; i < 10_000; i++) held[rank(table, utf8(`k${i}`), 1)[0]!]! += 1;
    const squared = held.reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0);
    expect(squared).toBeLessThan(19 + 5 * Math.sqrt(2 * 19));
  });
  it('chooses sets as if drawn from an urn: hypergeometric mean and variance within 5 sigma', () => {
    // 20 of 100 nodes are somebody's: how many of 10 chosen are?
    const table = nodeTable(many.slice(0, 100));
    const [draws, chosen, share] = [4_000, 10, 0.2];
    const counts = Array.from(
      { length: draws },
      (_, i) => rank(table, utf8(`tx${i}`), chosen).filter((node) => node < 20).length,
    );
    const mean = counts.reduce((sum, count) => sum + count, 0) / draws;
    const variance = chosen * share * (1 - share) * ((100 - chosen) / 99);
    expect(Math.abs(mean - chosen * share)).toBeLessThan(5 * Math.sqrt(variance / draws));
    const spread = counts.reduce((sum, count) => sum + (count - chosen * share) ** 2, 0) / draws;
    // The variance of a sample variance is about 2 variance^2 / draws.
    expect(Math.abs(spread - variance)).toBeLessThan(5 * variance * Math.sqrt(2 / draws));
  });
});

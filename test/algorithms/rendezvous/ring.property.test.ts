/** The bridge to rings: whose key it is, how shares compare, and what moves. */
import { blake2b } from '@noble/hashes/blake2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  arcWeights,
  movedKeys,
  ringOf,
  ringOfTokens,
  successors,
  type RingToken,
} from '#algorithms/rendezvous/ring.ts';
import { nodeTable } from '#algorithms/rendezvous/scoring.ts';
import { rankWeighted, weightsOf } from '#algorithms/rendezvous/weighted.ts';
import { hex, utf8 } from '#lib/bytes.ts';

const token = (): fc.Arbitrary<RingToken> =>
  fc.record({ position: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), node: fc.nat(5) });
const keys = Array.from({ length: 300 }, (_, i) => utf8(`key-${i}`));

/** How many of some keys each of eight nodes owns. */
function heldBy(owner: (key: Uint8Array) => number | undefined, count: number): number[] {
  const held = Array.from({ length: 8 }, () => 0);
  for (let i = 0; i < count; i++) held[owner(utf8(`k${i}`))!]! += 1;
  return held;
}

describe('rings, for any tokens', () => {
  it('name each node once, all of them when asked, in the same order when asked for fewer', () =>
    fc.assert(
      fc.property(
        fc.array(token(), { maxLength: 20 }),
        fc.nat(299),
        fc.nat(7),
        (tokens, k, count) => {
          const ring = ringOfTokens(tokens);
          const all = successors(ring, keys[k]!, 100);
          expect(new Set(all)).toEqual(new Set(ring.nodes));
          expect(all.length).toBe(new Set(all).size);
          expect(successors(ring, keys[k]!, count)).toEqual(all.slice(0, count));
        },
      ),
    ));
  it('move only what a node held when it goes', () =>
    fc.assert(
      fc.property(fc.array(token(), { minLength: 1, maxLength: 20 }), fc.nat(5), (tokens, gone) => {
        const before = ringOfTokens(tokens);
        // The one that keeps a shared position may change with the going; foreign rings have none.
        fc.pre(before.nodes.length === tokens.length);
        const after = ringOfTokens(tokens.filter(({ node }) => node !== gone));
        for (const key of movedKeys(
          keys.slice(0, 50),
          (k) => successors(before, k, 1)[0],
          (k) => successors(after, k, 1)[0],
        )) {
          expect(successors(before, key, 1)).toEqual([gone]);
        }
      }),
    ));
  it('are owned whole', () =>
    fc.assert(
      fc.property(fc.array(token(), { minLength: 1, maxLength: 20 }), (tokens) => {
        const total = arcWeights(ringOfTokens(tokens), 6).reduce((sum, arc) => sum + arc, 0);
        expect(Math.abs(total - 2 ** 48)).toBeLessThanOrEqual(6);
      }),
    ));
});

describe('rings and rendezvous', () => {
  const table = nodeTable(Array.from({ length: 8 }, (_, i) => utf8(`n${i}`)));
  const ring = ringOf(table, weightsOf(table, [40, 40, 40, 40, 80, 80, 160, 0]));
  it('a ring has a point for each unit of weight', () => {
    expect(ring.positions.length).toBe(480);
    expect(ring.nodes.filter((node) => node === 6).length).toBe(160);
    expect(ring.nodes.includes(7)).toBe(false);
  });
  it('the arcs of a ring as weights give rendezvous the load of the ring, within 5 sigma', () => {
    const weights = arcWeights(ring, 8);
    const onRing = heldBy((key) => successors(ring, key, 1)[0], 8_000);
    const byScore = heldBy((key) => rankWeighted(table, weights, key, 1)[0], 8_000);
    for (const [node, arc] of weights.entries()) {
      const share = arc / 2 ** 48;
      const sigma = Math.sqrt(8_000 * share * (1 - share));
      for (const count of [onRing[node]!, byScore[node]!]) {
        expect(Math.abs(count - 8_000 * share)).toBeLessThanOrEqual(5 * sigma);
      }
    }
  });
  it('a key past the last point belongs to the first', () => {
    const positions = [1n, 2n ** 63n];
    const small = ringOfTokens(positions.map((position, node) => ({ position, node })));
    const owners = new Set(keys.map((key) => successors(small, key, 1)[0]));
    expect(owners).toEqual(new Set([0, 1]));
  });
  it('a key at a point belongs to it', () => {
    const hash = hex(blake2b(keys[0]!, { dkLen: 16 }));
    const position = BigInt(`0x${hash.slice(0, 16)}`);
    const ring = ringOfTokens([
      { position, node: 3 },
      { position: position + 1n, node: 4 },
      { position: position - 1n, node: 5 },
    ]);
    expect(successors(ring, keys[0]!, 3)).toEqual([3, 4, 5]);
  });
  it('the smallest of several nodes at one position keeps it, however they are named', () => {
    const shared = [4, 2, 3].map((node) => ({ position: 9n, node }));
    for (const tokens of [shared, shared.toReversed()]) {
      expect([...ringOfTokens(tokens).nodes]).toEqual([2]);
    }
  });
  it('an empty ring has no owner', () =>
    expect(successors(ringOfTokens([]), keys[0]!, 1)).toEqual([]));
});

/**
 * Orders by score, plain and weighted, against the rule as it is said. The scores are drawn, not
 * hashed, so that what hashing hides occurs often: equal and nearly equal scores, both ends.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { negLog2 } from '#algorithms/fixed-log.ts';
import { orderByScore } from '#algorithms/rendezvous/core.ts';
import { best } from '#algorithms/rendezvous/order.ts';
import { nodeTable, SCORE_BYTES } from '#algorithms/rendezvous/scoring.ts';
import { orderByWeight, weightsOf } from '#algorithms/rendezvous/weighted.ts';
import { compare, hex } from '#lib/bytes.ts';
import { cases } from '#test/cases.ts';
import { weight } from './arbitraries.ts';

interface Node {
  readonly id: Uint8Array;
  readonly score: bigint;
  readonly weight: number;
}
const TOP = 2n ** 128n - 1n;
/** Around a few centres, by distances of every magnitude: many pairs are close, some equal. */
const score = (): fc.Arbitrary<bigint> =>
  fc
    .tuple(
      fc.constantFrom(0n, 2n ** 64n, 2n ** 96n, 2n ** 100n, 3n * 2n ** 126n, TOP),
      fc.bigInt({ min: 0n, max: TOP }),
      fc.constantFrom(20n, 32n, 60n, 66n, 70n, 90n, 104n, 110n, 127n, 128n),
    )
    .map(([centre, far, shift]) => centre ^ (far >> shift));
const node = (): fc.Arbitrary<Node> =>
  fc.record({
    id: fc.uint8Array({ minLength: 1, maxLength: 4 }),
    score: score(),
    weight: fc.oneof(fc.constantFrom(0, 1, 2, 3), weight()),
  });
const nodes = () =>
  fc.uniqueArray(node(), { maxLength: 60, size: 'max', selector: ({ id }) => hex(id) });
const byRule = (a: Node, b: Node): number =>
  a.score === b.score ? compare(b.id, a.id) : a.score > b.score ? -1 : 1;
function byWeight(a: Node, b: Node): number {
  const left = negLog2(a.score >> 64n) * BigInt(b.weight);
  const right = negLog2(b.score >> 64n) * BigInt(a.weight);
  return left === right ? byRule(a, b) : left < right ? -1 : 1;
}
const tableOf = (nodes: readonly Node[]) => nodeTable(nodes.map(({ id }) => id));
function scoresOf(nodes: readonly Node[]): Uint8Array {
  const scores = new DataView(new ArrayBuffer(nodes.length * SCORE_BYTES));
  for (const [i, { score }] of nodes.entries()) {
    scores.setBigUint64(i * SCORE_BYTES, score >> 64n);
    scores.setBigUint64(i * SCORE_BYTES + 8, BigInt.asUintN(64, score));
  }
  // Within a larger buffer, as a view that somebody cut out of a table of scores.
  const framed = new Uint8Array(SCORE_BYTES + scores.byteLength);
  framed.set(new Uint8Array(scores.buffer), SCORE_BYTES);
  return framed.subarray(SCORE_BYTES);
}
/**
 * Two nodes whose penalties balance: the second weight is the one that makes them equal, or beside it.
 * Here bounds that are false by a fraction of their width decide wrongly.
 */
const balanced = (): fc.Arbitrary<Node[]> =>
  fc
    .record({
      draws: fc.tuple(
        fc.bigInt({ min: 0n, max: 2n ** 64n - 2n }),
        fc.oneof(
          fc.bigInt({ min: 0n, max: 2n ** 64n - 2n }),
          fc.bigInt({ min: 2n ** 31n, max: 2n ** 33n }),
        ),
      ),
      weight: fc.bigInt({ min: 2n ** 40n, max: 2n ** 46n }),
      beside: fc.bigInt({ min: -1n, max: 1n }),
    })
    .map(({ draws: [a, b], weight, beside }) => [
      { id: Uint8Array.of(1), score: a << 64n, weight: Number(weight) },
      {
        id: Uint8Array.of(2),
        score: b << 64n,
        weight: Number((negLog2(b) * weight) / negLog2(a) + beside),
      },
    ])
    .filter(([, second]) => second!.weight > 0 && Number.isSafeInteger(second!.weight));
const counts = () => fc.oneof(fc.nat(3), fc.nat(60));

describe('nodes of any scores', () => {
  it('are ordered by the rule', () =>
    fc.assert(
      fc.property(nodes(), counts(), (nodes, count) => {
        const found = best(orderByScore(tableOf(nodes), scoresOf(nodes)), count);
        expect(Array.from(found, (i) => nodes[i])).toEqual(nodes.toSorted(byRule).slice(0, count));
      }),
      { numRuns: cases(300) },
    ));
  it('and of weights that balance are ordered by the logarithms, never by their bounds', () =>
    fc.assert(
      fc.property(balanced(), (nodes) => {
        const table = tableOf(nodes);
        const weights = weightsOf(
          table,
          nodes.map(({ weight }) => weight),
        );
        const found = best(orderByWeight(table, weights, scoresOf(nodes)), 2);
        expect(Array.from(found, (i) => nodes[i])).toEqual(nodes.toSorted(byWeight));
      }),
      { numRuns: cases(500) },
    ));
  it('and of any weights are ordered by logarithm over weight, then by the rule', () =>
    fc.assert(
      fc.property(nodes(), counts(), (nodes, count) => {
        const table = tableOf(nodes);
        const weights = weightsOf(
          table,
          nodes.map(({ weight }) => weight),
        );
        const found = best(orderByWeight(table, weights, scoresOf(nodes)), count);
        const expected = nodes.filter(({ weight }) => weight > 0).toSorted(byWeight);
        expect(Array.from(found, (i) => nodes[i])).toEqual(expected.slice(0, count));
      }),
      { numRuns: cases(300) },
    ));
});

/** Rendezvous: the owner's examples, and what a contradiction does. */
import { describe, expect, it } from 'vitest';
import { precedesByScore, rank } from '#algorithms/rendezvous/core.ts';
import { nodeTable, SCORE_BYTES } from '#algorithms/rendezvous/scoring.ts';
import { utf8 } from '#lib/bytes.ts';

const ranked = (key: string, ...names: string[]): string[] =>
  Array.from(rank(nodeTable(names.map(utf8)), utf8(key)), (i) => names[i]!);

describe('rendezvous', () => {
  it('ranks the examples', () => {
    expect(ranked('txn-42', 'alpha', 'beta', 'gamma')).toEqual(['gamma', 'beta', 'alpha']);
    expect(ranked('obj', 'node1', 'node2', 'node3')).toEqual(['node1', 'node2', 'node3']);
  });
  it('orders scores as big-endian integers, and equal ones by id, descending', () => {
    const table = nodeTable(['a', 'b', 'ba'].map(utf8));
    const scores = new Uint8Array(3 * SCORE_BYTES);
    expect(precedesByScore(table, scores, 1, 0)).toBe(true);
    expect(precedesByScore(table, scores, 2, 1)).toBe(true);
    scores[SCORE_BYTES - 1] = 255; // The last byte of the first node's score ...
    expect(precedesByScore(table, scores, 0, 1)).toBe(true);
    scores[SCORE_BYTES] = 1; // ... against the first byte of the second node's.
    expect(precedesByScore(table, scores, 1, 0)).toBe(true);
  });
  it('takes two nodes of one id for a bug', () => {
    expect(() => ranked('k', 'same', 'same')).toThrow('distinct');
  });
});

/**
 * Draws: everybody once, by weight, the same everywhere, and little disturbed by who comes or goes.
 * Shares are compared with what they must be within four standard deviations, over fixed keys.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draw, drawTable, type DrawTable } from '#algorithms/rendezvous/draws.ts';
import { utf8 } from '#lib/bytes.ts';
import { seeded } from '#test/runtime/manual.ts';
import { cases } from '#test/cases.ts';

const keyOf = (n: number): Uint8Array => utf8(`key ${n}`);

/** A table whose tags are as if hashed. */
function tableOf(weights: readonly number[], seed = 7): DrawTable {
  const entropy = seeded(seed);
  for (let i = 0; i < 8; i++) entropy.below(2);
  const tags = Uint32Array.from(weights, () => entropy.below(2 ** 32));
  return drawTable(Float64Array.from(weights), tags);
}

function first(table: DrawTable, key: Uint8Array, count: number): number[] {
  const found: number[] = [];
  if (count === 0) return found;
  draw(table, key, (node) => found.push(node) < count);
  return found;
}

const weights = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 1_000_000 })), {
  minLength: 1,
  maxLength: 80,
});

describe('draws', () => {
  it('draw everybody who weighs something once, and nobody else', () => {
    fc.assert(
      fc.property(weights, fc.nat(1_000), fc.constantFrom(7, 8, 9), (all, n, seed) => {
        const drawn = first(tableOf(all, seed), keyOf(n), Infinity);
        const expected = [...all.keys()].filter((i) => all[i]! > 0);
        expect(drawn.toSorted((a, b) => a - b)).toEqual(expected);
      }),
      { numRuns: cases(100) },
    );
  });

  it('draw the same again, from a table that stays as it is', () => {
    const table = tableOf(Array.from({ length: 300 }, (_, i) => i));
    const before = structuredClone(table);
    const one = first(table, keyOf(1), 40);
    expect(first(table, keyOf(2), 40)).not.toEqual(one);
    expect(first(table, keyOf(1), 40)).toEqual(one);
    expect(table).toEqual(before);
  });

  it('give the first place by weight', () => {
    const all = [1, 2, 3, 4, 0, 10, 20, 40, 5, 15];
    const total = all.reduce((sum, weight) => sum + weight, 0);
    const table = tableOf(all);
    const runs = 20_000;
    const wins = all.map(() => 0);
    for (let n = 0; n < runs; n++) wins[first(table, keyOf(n), 1)[0]!]!++;
    for (const [i, weight] of all.entries()) {
      const share = weight / total;
      const deviation = Math.sqrt(runs * share * (1 - share));
      expect(Math.abs(wins[i]! - runs * share)).toBeLessThanOrEqual(4 * deviation);
    }
  });

  it('give the second place by weight among those who are left', () => {
    const all = [6, 3, 1];
    const table = tableOf(all);
    const runs = 20_000;
    let pairs = 0;
    for (let n = 0; n < runs; n++) {
      const [one, two] = first(table, keyOf(n), 2);
      if (one === 0 && two === 1) pairs++;
    }
    const share = (6 / 10) * (3 / 4);
    const deviation = Math.sqrt(runs * share * (1 - share));
    expect(Math.abs(pairs - runs * share)).toBeLessThanOrEqual(4 * deviation);
  });

  it('change little when one of a thousand goes', () => {
    const size = 1_000;
    const all = Array.from({ length: size }, (_, i) => 1 + ((i * 7_919) % 1_000));
    const table = tableOf(all);
    const without = tableOf(all.map((weight, i) => (i === 77 ? 0 : weight)));
    const [drawn, runs] = [40, 400];
    let changed = 0;
    for (let n = 0; n < runs; n++) {
      const now = new Set(first(without, keyOf(n), drawn));
      changed += first(table, keyOf(n), drawn).filter((node) => !now.has(node)).length;
    }
    // Of each draw about 1 / 1000 * log2(1000) / 2 may change; what follows from it may change more.
    expect(changed / (drawn * runs)).toBeLessThan(0.02);
    expect(changed).toBeGreaterThan(0);
  });

  it('end where one leaf has everybody, and where nobody weighs anything', () => {
    const crowded = drawTable(new Float64Array(500).fill(3), new Uint32Array(500).fill(42));
    expect(new Set(first(crowded, keyOf(1), Infinity)).size).toBe(500);
    expect(first(tableOf([0, 0, 0]), keyOf(1), Infinity)).toEqual([]);
    expect(first(tableOf([]), keyOf(1), Infinity)).toEqual([]);
  });

  it('are exact where a word meets a share to the last bit', () => {
    // Weights whose sums and products leave what a double holds.
    const table = tableOf([2 ** 50 - 1, 2 ** 50 + 1, 2 ** 51 - 7, 1]);
    for (let n = 0; n < 200; n++) expect(first(table, keyOf(n), 4)).toHaveLength(4);
    expect(() => tableOf([2 ** 52])).toThrow('exactly');
  });
});

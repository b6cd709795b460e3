/** Distributions: against exact quotients of integers, and by their laws. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binomial, certain, chanceBelow, sum, times } from '#algorithms/distribution.ts';
import { cases } from '#test/cases.ts';

const chance = (): fc.Arbitrary<number> => fc.integer({ min: 0, max: 1024 }).map((x) => x / 1024);
const total = (all: Float64Array): number => all.reduce((a, b) => a + b, 0);

/** C(n, j) x^j (d - x)^(n - j) / d^n, exactly, of a chance x / d that a double holds exactly. */
function exact(n: number, j: number, x: number, d: number): number {
  let ways = 1n;
  for (let i = 0; i < j; i++) ways = (ways * BigInt(n - i)) / BigInt(i + 1);
  const top = ways * BigInt(x) ** BigInt(j) * BigInt(d - x) ** BigInt(n - j);
  if (top === 0n) return 0;
  const shift = 1_100n;
  // Two steps of scaling, or what is left of a small quotient would not be a double.
  const scaled = (top << shift) / BigInt(d) ** BigInt(n);
  const bits = BigInt(Math.max(0, scaled.toString(2).length - 60));
  return Number(scaled >> bits) * 2 ** (Number(bits) - 550) * 2 ** -550;
}

describe('a binomial', () => {
  it('is the exact quotient to twelve digits, however small', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 1024 }), (n, x) => {
        const all = binomial(n, x / 1024);
        for (let j = 0; j <= n; j++) {
          const truth = exact(n, j, x, 1024);
          expect(Math.abs(all[j]! - truth)).toBeLessThanOrEqual(1e-12 * truth);
        }
      }),
      { numRuns: cases(60) },
    );
  });
  it('keeps the digits of what hardly ever happens', () => {
    const truth = exact(60, 60, 1, 1024);
    expect(truth).toBeLessThan(1e-180);
    expect(Math.abs(binomial(60, 1 / 1024)[60]! / truth - 1)).toBeLessThan(1e-12);
  });
});

describe('distributions', () => {
  it('sum to one, also as sums and multiples', () => {
    fc.assert(
      fc.property(fc.nat(12), fc.nat(12), chance(), chance(), fc.nat(5), (n, m, p, q, by) => {
        expect(total(sum(binomial(n, p), times(binomial(m, q), by)))).toBeCloseTo(1, 12);
      }),
    );
  });
  it('of devices alike are one binomial, however they are grouped', () => {
    fc.assert(
      fc.property(fc.nat(12), fc.nat(12), chance(), (n, m, p) => {
        const [parts, whole] = [sum(binomial(n, p), binomial(m, p)), binomial(n + m, p)];
        for (const [i, each] of whole.entries()) expect(parts[i]).toBeCloseTo(each, 12);
      }),
    );
  });
  it('of what is certain are certain', () => {
    expect([...sum(certain(2), times(certain(3), 4))]).toEqual([...certain(14)]);
    expect([...times(binomial(3, 0.5), 0)]).toEqual([1]);
    expect(chanceBelow(certain(5), 5)).toBe(0);
    expect(chanceBelow(certain(5), 6)).toBe(1);
    expect(chanceBelow(certain(5), -1)).toBe(0);
  });
});

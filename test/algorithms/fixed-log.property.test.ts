/** The logarithm in integers: close to the real one, monotone, and within its bounds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOG2_SLACK, negLog2, negLog2Upper } from '#algorithms/fixed-log.ts';
import { cases } from '#test/cases.ts';

const ONE = 2 ** 56;
const TOP = 2n ** 64n - 1n;
/** Draws of every magnitude, at both ends, and around powers of two. */
const draw = (): fc.Arbitrary<bigint> =>
  fc.oneof(
    fc.bigInt({ min: 0n, max: TOP }),
    fc
      .tuple(fc.bigInt({ min: 0n, max: TOP }), fc.bigInt({ min: 0n, max: 63n }))
      .map(([d, s]) => d >> s),
    fc
      .tuple(fc.bigInt({ min: 0n, max: TOP }), fc.bigInt({ min: 0n, max: 63n }))
      .map(([d, s]) => TOP - (d >> s)),
    fc
      .tuple(fc.bigInt({ min: 0n, max: 63n }), fc.bigInt({ min: -2n, max: 2n }))
      .map(([bit, near]) => (1n << bit) + near)
      .filter((d) => d >= 0n && d <= TOP),
  );
const boundsOf = (draw: bigint): [bigint, bigint] => {
  const upper = negLog2Upper(Number(draw >> 32n), Number(draw & 0xffffffffn));
  // Exact: a double times a power of two, cut outwards.
  return [BigInt(Math.floor((upper - LOG2_SLACK) * ONE)), BigInt(Math.ceil(upper * ONE))];
};

describe('the logarithm, for any draw', () => {
  it('is the real one to the precision of a double', () =>
    fc.assert(
      fc.property(draw(), (draw) => {
        const real = 64 - Math.log2(Number(draw + 1n));
        expect(Math.abs(Number(negLog2(draw)) / ONE - real)).toBeLessThan(2e-14);
      }),
    ));
  it('never rises when the draw does', () =>
    fc.assert(
      fc.property(draw(), draw(), (a, b) => {
        expect(negLog2(a) >= negLog2(b)).toBe(a <= b || negLog2(a) === negLog2(b));
      }),
    ));
  it('lies within its bounds', () =>
    fc.assert(
      fc.property(
        draw().filter((draw) => draw >> 32n > 0n),
        (draw) => {
          const [lower, upper] = boundsOf(draw);
          const exact = negLog2(draw);
          expect(lower <= exact && exact <= upper).toBe(true);
        },
      ),
      { numRuns: cases(2_000) },
    ));
});

describe('the logarithm', () => {
  it('is exact for powers of two', () => {
    for (let bit = 0n; bit <= 64n; bit++)
      expect(negLog2((1n << bit) - 1n)).toBe((64n - bit) << 56n);
  });
  it('halves 3/2 as log2(3) - 1 says, to the last bit', () => {
    // log2(3/2) = 0.1001_0101_1100_0000_0001_1010_0011_1001_1111_1011_1101_0110_1000_0111 ...
    const fraction = 0b10010101110000000001101000111001111110111101011010000111n;
    expect(negLog2(3n * 2n ** 62n - 1n)).toBe((1n << 56n) - fraction);
  });
  it('lies within its bounds around every point of their table', () => {
    for (let point = 1024n; point <= 2048n; point++) {
      for (const near of [-1n, 0n, 1n, 1n << 52n]) {
        const draw = (point << 53n) - 1n + near;
        if (draw > TOP) continue;
        const [lower, upper] = boundsOf(draw);
        const exact = negLog2(draw);
        expect(lower <= exact && exact <= upper, `${draw}`).toBe(true);
      }
    }
  });
  it('takes a draw that has not 64 bits for a bug', () => {
    for (const bad of [-1n, TOP + 1n]) expect(() => negLog2(bad)).toThrow('64 bits');
  });
});

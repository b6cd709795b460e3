/** sntrup761: its codes and its sort keep their promises for any input. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DENSE_BYTES,
  readDense,
  readRounded,
  readSmall,
  ROUNDED_BYTES,
  SMALL_BYTES,
  writeDense,
  writeRounded,
  writeSmall,
} from '#algorithms/sntrup761/coding.ts';
import { HALF_Q, multiplyQ, P } from '#algorithms/sntrup761/ring.ts';
import { sort } from '#algorithms/sntrup761/sampling.ts';
import { cases } from '#test/cases.ts';

const polynomial = (min: number, max: number) =>
  fc.array(fc.integer({ min, max }), { minLength: P, maxLength: P }).map((c) => Int16Array.from(c));
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

describe('sntrup761, for any input', () => {
  it('writes polynomials so that they are read again', () =>
    fc.assert(
      fc.property(
        polynomial(-1, 1),
        polynomial(-HALF_Q, HALF_Q),
        polynomial(-HALF_Q / 3, HALF_Q / 3),
        (small, dense, third) => {
          const rounded = third.map((coefficient) => 3 * coefficient);
          expect(readSmall(writeSmall(small))).toEqual(small);
          expect(readDense(writeDense(dense))).toEqual(dense);
          expect(readRounded(writeRounded(rounded))).toEqual(rounded);
        },
      ),
      { numRuns: cases(20) },
    ));

  it('reads any bytes into range', () =>
    fc.assert(
      fc.property(
        bytes(DENSE_BYTES),
        bytes(ROUNDED_BYTES),
        bytes(SMALL_BYTES),
        (dense, rounded, small) => {
          expect(readDense(dense).every((c) => Math.abs(c) <= HALF_Q)).toBe(true);
          expect(readRounded(rounded).every((c) => Math.abs(c) <= HALF_Q && c % 3 === 0)).toBe(
            true,
          );
          expect(readSmall(small).every((c) => c >= -1 && c <= 2)).toBe(true);
        },
      ),
      { numRuns: cases(20) },
    ));

  it('multiplies as the definition does', () =>
    fc.assert(
      fc.property(
        polynomial(-HALF_Q, HALF_Q),
        polynomial(-1, 1),
        fc.nat(P - 1),
        (any, small, at) => {
          // x^k = x^(k-761) + x^(k-760) for k >= 761: three powers of the full product end at x^at.
          let sum = 0;
          for (const k of at === 0 ? [at, at + P] : [at, at + P, at + P - 1]) {
            for (let i = Math.max(0, k - P + 1); i <= Math.min(k, P - 1); i++) {
              sum += any[i]! * small[k - i]!;
            }
          }
          const least = ((sum % 4_591) + 4_591) % 4_591;
          expect(multiplyQ(any, small)[at]).toBe(least > HALF_Q ? least - 4_591 : least);
        },
      ),
      { numRuns: cases(20) },
    ));

  it('sorts as numbers', () =>
    fc.assert(
      fc.property(fc.uint32Array({ maxLength: 800 }), (words) => {
        const sorted = words.slice();
        sort(sorted);
        expect(sorted).toEqual(words.toSorted());
      }),
    ));
});

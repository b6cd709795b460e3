/** Shamir's sharing: any threshold of shares give the secret, fewer and others do not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ORDER } from '#algorithms/threshold/bls12381.ts';
import { readKeySet, isShare, writeKeySet } from '#algorithms/threshold/keys.ts';
import { modulo, shareAt, weightsAtZero } from '#algorithms/threshold/polynomial.ts';
import { cases } from '#test/cases.ts';
import { FAST } from './each-backend.ts';
import { sharedKey } from './shared-key.ts';

/** A polynomial, and as many distinct parties as fix it. */
const sharing = fc
  .array(fc.bigInt({ min: 0n, max: ORDER - 1n }), { minLength: 1, maxLength: 12 })
  .chain((coefficients) =>
    fc.record({
      coefficients: fc.constant(coefficients),
      parties: fc.uniqueArray(fc.nat(60), {
        minLength: coefficients.length,
        maxLength: coefficients.length,
      }),
    }),
  );

const interpolated = (parties: readonly number[], values: readonly bigint[]): bigint =>
  weightsAtZero(parties, ORDER).reduce((sum, w, k) => modulo(sum + w * values[k]!, ORDER), 0n);

describe('sharing a secret', () => {
  it('any threshold of shares give it back', () =>
    fc.assert(
      fc.property(sharing, ({ coefficients, parties }) => {
        const shares = parties.map((party) => shareAt(coefficients, party, ORDER));
        expect(interpolated(parties, shares)).toBe(coefficients[0]);
      }),
    ));
  it('one share fewer fits every secret', () =>
    fc.assert(
      fc.property(sharing, fc.bigInt({ min: 1n, max: ORDER - 1n }), (drawn, other) => {
        const parties = drawn.parties.slice(1);
        // The polynomial that vanishes at those parties and is `other` at 0, added to the first:
        const [vanishing] = [parties.reduce((f, x) => timesRoot(f, BigInt(x + 1)), [1n])];
        const scale = modulo(other * inverse(vanishing![0]!), ORDER);
        const changed = drawn.coefficients.map((a, k) => modulo(a + scale * vanishing![k]!, ORDER));
        for (const party of parties) {
          expect(shareAt(changed, party, ORDER)).toBe(shareAt(drawn.coefficients, party, ORDER));
        }
        expect(changed[0]).not.toBe(drawn.coefficients[0]);
      }),
      { numRuns: cases(30) },
    ));
  it('one altered share alters it', () =>
    fc.assert(
      fc.property(sharing, fc.bigInt({ min: 1n, max: ORDER - 1n }), (drawn, by) => {
        const shares = drawn.parties.map((party) => shareAt(drawn.coefficients, party, ORDER));
        shares[0] = modulo(shares[0]! + by, ORDER);
        expect(interpolated(drawn.parties, shares)).not.toBe(drawn.coefficients[0]);
      }),
    ));
});

describe('the public side', () => {
  it('knows every share, and no other', () =>
    fc.assert(
      fc.property(
        fc.nat(6),
        fc.nat(6),
        fc.integer({ min: 1, max: 5 }),
        (index, other, threshold) => {
          const { keys, shares } = sharedKey(FAST.ristretto, threshold, 7, index);
          const { group, commitment } = keys;
          expect(isShare(group, commitment, index, shares[index]!)).toBe(true);
          const constant = threshold === 1;
          expect(isShare(group, commitment, other, shares[index]!)).toBe(
            constant || other === index,
          );
          expect(isShare(group, commitment, index, modulo(shares[index]! + 1n, group.order))).toBe(
            false,
          );
        },
      ),
      { numRuns: cases(15) },
    ));
  it('is read as it was written, of its own quorum only', () => {
    const { keys } = sharedKey(FAST.ristretto, 3, 7);
    const bytes = writeKeySet(keys);
    expect(readKeySet(keys.group, { parties: 7, threshold: 3 }, bytes)).toEqual(keys);
    expect(readKeySet(keys.group, { parties: 7, threshold: 2 }, bytes)).toBeUndefined();
    expect(readKeySet(keys.group, { parties: 7, threshold: 4 }, bytes)).toBeUndefined();
    expect(
      readKeySet(keys.group, { parties: 7, threshold: 3 }, bytes.with(31, 0x80)),
    ).toBeUndefined();
    expect(
      readKeySet(keys.group, { parties: 7, threshold: 3 }, bytes.fill(0, 0, 32)),
    ).toBeUndefined();
  });
});

/** f(X) (X - root). */
const timesRoot = (f: readonly bigint[], root: bigint): bigint[] =>
  Array.from({ length: f.length + 1 }, (_, k) =>
    modulo((f[k - 1] ?? 0n) - root * (f[k] ?? 0n), ORDER),
  );

/** By Fermat, so that the test does not use what it tests. */
function inverse(value: bigint): bigint {
  let [result, base] = [1n, value];
  for (let e = ORDER - 2n; e > 0n; e >>= 1n) {
    if ((e & 1n) === 1n) result = (result * base) % ORDER;
    base = (base * base) % ORDER;
  }
  return result;
}

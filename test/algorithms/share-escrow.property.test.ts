/**
 * Sharing and escrow, for any deal: any `threshold` shares give the key, fewer fit every key, wrong shares
 * are named, and a dealer who lies is found out.
 */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deal, type Deed, isDeed, isShare, recover } from '#algorithms/share-escrow.ts';
import { combine, multiply, type Share, SHARES_MAX, split } from '#algorithms/shamir.ts';
import { InvariantViolation } from '#lib/assert.ts';
import { EMPTY, hex } from '#lib/bytes.ts';

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

/** A deal, and the order in which its shares come back. */
const dealt = fc
  .record({
    count: fc.integer({ min: 1, max: 12 }),
    part: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .chain(({ count, part }) => {
    const threshold = 1 + Math.floor(part * (count - 1));
    return fc.record({
      count: fc.constant(count),
      threshold: fc.constant(threshold),
      key: bytes(32),
      transaction: bytes(32),
      entropy: bytes(32 * (threshold - 1)),
      order: fc.shuffledSubarray(
        Array.from({ length: count }, (_, i) => i),
        { minLength: count },
      ),
    });
  });

/** Multiplication too slow to be wrong: polynomials over GF(2), then the remainder by long division. */
function multiplySlowly(a: number, b: number): number {
  let product = 0;
  for (let bit = 0; bit < 8; bit++) if (b & (1 << bit)) product ^= a << bit;
  for (let bit = 15; bit >= 8; bit--) if (product & (1 << bit)) product ^= 0x11b << (bit - 8);
  return product;
}

describe('the field', () => {
  it('multiplies as the reference does, for every pair', () => {
    let wrong = 0;
    for (let a = 0; a < 256; a++) {
      for (let b = 0; b < 256; b++) if (multiply(a, b) !== multiplySlowly(a, b)) wrong++;
    }
    expect(wrong).toBe(0);
  });
});

describe('sharing, for any secret', () => {
  it('gives the secret back from any threshold shares', () =>
    fc.assert(
      fc.property(dealt, ({ key, threshold, count, entropy, order }) => {
        const shares = split(key, threshold, count, entropy);
        const chosen = order.slice(0, threshold).map((i) => shares[i]!);
        expect(hex(combine(chosen))).toBe(hex(key));
        expect(hex(combine(shares))).toBe(hex(key)); // More lie on the same polynomial.
      }),
    ));

  it('hides it from one share fewer: over all entropy, those shares take all values alike', () => {
    const secret = Uint8Array.of(0x5a);
    const ones = new Set<number>();
    const pairs = new Set<number>();
    for (let first = 0; first < 256; first++) {
      ones.add(split(secret, 2, 2, Uint8Array.of(first))[1]!.bytes[0]!);
      for (let second = 0; second < 256; second++) {
        const [a, , c] = split(secret, 3, 3, Uint8Array.of(first, second));
        pairs.add(a!.bytes[0]! * 256 + c!.bytes[0]!);
      }
    }
    expect([ones.size, pairs.size]).toEqual([256, 65_536]);
  });

  it('asserts counts and lengths that are ours', () => {
    const key = new Uint8Array(4);
    expect(() => split(key, 0, 3, EMPTY)).toThrow(InvariantViolation);
    expect(() => split(key, 4, 3, new Uint8Array(12))).toThrow(InvariantViolation);
    expect(() => split(key, 2, SHARES_MAX + 1, new Uint8Array(4))).toThrow(InvariantViolation);
    expect(() => split(key, 2, 3, new Uint8Array(5))).toThrow(InvariantViolation);
    expect(() => combine([])).toThrow(InvariantViolation);
    expect(() => combine([{ index: 0, bytes: key }])).toThrow(InvariantViolation);
    const twice = { index: 1, bytes: key };
    expect(() => combine([twice, twice])).toThrow(InvariantViolation);
    expect(split(key, 1, SHARES_MAX, EMPTY)).toHaveLength(SHARES_MAX);
  });
});

const spoiled = (share: Share): Share => ({
  index: share.index,
  bytes: share.bytes.map((byte, i) => (i === 5 ? byte ^ 1 : byte)),
});

describe('escrow, for any deal', () => {
  it('recovers from any threshold shares, and says how many are missing from fewer', () =>
    fc.assert(
      fc.property(dealt, (job) => {
        const { deed, shares } = deal(job);
        const ordered = job.order.map((i) => shares[i]!);
        expect(isDeed(deed)).toBe(true);
        for (const share of shares) expect(isShare(deed, share)).toBe(true);
        expect(recover(deed, ordered.slice(0, job.threshold))).toEqual({
          kind: 'recovered',
          key: job.key,
          wrong: [],
        });
        const few = ordered.slice(0, job.threshold - 1);
        expect(recover(deed, [...few, ...few])).toEqual({ kind: 'too-few', missing: 1, wrong: [] });
      }),
    ));

  it('names wrong shares and opens without them, as long as enough are right', () =>
    fc.assert(
      fc.property(dealt, fc.nat(12), (job, bad) => {
        const { deed, shares } = deal(job);
        const ordered = job.order.map((i) => shares[i]!);
        const wrong = ordered.slice(0, bad).map(spoiled);
        const right = ordered.slice(bad);
        const found = recover(deed, [...wrong, ...right]);
        expect(found.wrong).toEqual(wrong.map(({ index }) => index));
        if (right.length >= job.threshold)
          expect(found).toMatchObject({ kind: 'recovered', key: job.key });
        else
          expect(found).toMatchObject({ kind: 'too-few', missing: job.threshold - right.length });
      }),
    ));

  it('takes a share for its own place, deed and transaction only', () =>
    fc.assert(
      fc.property(dealt, bytes(32), (job, transaction) => {
        fc.pre(hex(transaction) !== hex(job.transaction));
        const { deed, shares } = deal(job);
        for (const share of shares) {
          expect(isShare({ ...deed, transaction }, share)).toBe(false);
          expect(isShare({ ...deed, threshold: deed.threshold + 1 }, share)).toBe(false);
          for (const index of [0, -1, 1.5, share.index + 1, job.count + 1, 256 + share.index]) {
            expect(isShare(deed, { index, bytes: share.bytes })).toBe(
              hex(shares[index - 1]?.bytes ?? EMPTY) === hex(share.bytes),
            );
          }
          expect(isShare(deed, { index: share.index, bytes: share.bytes.subarray(1) })).toBe(false);
        }
      }),
    ));

  it('takes no share of another length, though its dealer committed to it', () => {
    const transaction = new Uint8Array(32);
    const long = { index: 1, bytes: new Uint8Array(33).fill(7) };
    const commitment = createHash('sha256')
      .update('city-chain/escrow\0\u0001')
      .update(transaction)
      .update(Uint8Array.of(1, 1, 1))
      .update(long.bytes)
      .digest();
    const deed: Deed = {
      transaction,
      threshold: 1,
      keyCommitment: new Uint8Array(32),
      shareCommitments: [Uint8Array.from(commitment)],
    };
    expect(isShare(deed, long)).toBe(false);
    expect(recover(deed, [long])).toEqual({ kind: 'too-few', missing: 1, wrong: [1] });
  });

  it('finds out a dealer whose shares are not of the key that was committed to', () =>
    fc.assert(
      fc.property(dealt, bytes(32), (job, other) => {
        fc.pre(hex(other) !== hex(job.key));
        const honest = deal(job);
        const lying: Deed = {
          ...deal({ ...job, key: other }).deed,
          keyCommitment: honest.deed.keyCommitment,
        };
        const { shares } = deal({ ...job, key: other });
        expect(recover(lying, shares)).toEqual({ kind: 'crooked', wrong: [] });
      }),
    ));

  it('commits to these bytes, for ever', () => {
    const transaction = new Uint8Array(32).fill(1);
    const key = new Uint8Array(32).fill(2);
    const job = { transaction, key, threshold: 2, count: 3, entropy: new Uint8Array(32).fill(3) };
    const { deed, shares } = deal(job);
    const commitment = (index: number, bytes: Uint8Array) =>
      createHash('sha256')
        .update('city-chain/escrow\0\u0001')
        .update(transaction)
        .update(Uint8Array.of(2, 3, index))
        .update(bytes)
        .digest('hex');
    expect(hex(deed.keyCommitment)).toBe(commitment(0, key));
    expect(deed.shareCommitments.map(hex)).toEqual(
      shares.map(({ index, bytes }) => commitment(index, bytes)),
    );
  });

  it('knows the form of a deed', () => {
    const job = {
      transaction: new Uint8Array(32),
      key: new Uint8Array(32),
      threshold: 2,
      count: 3,
    };
    const { deed } = deal({ ...job, entropy: new Uint8Array(32) });
    expect(isDeed(deed)).toBe(true);
    for (const wrong of [
      { threshold: 0 },
      { threshold: 4 },
      { threshold: 1.5 },
      { transaction: EMPTY },
      { shareCommitments: [] },
      { shareCommitments: Array.from({ length: SHARES_MAX + 1 }, () => EMPTY) },
    ]) {
      expect(isDeed({ ...deed, ...wrong })).toBe(false);
    }
    expect(() => recover({ ...deed, threshold: 9 }, [])).toThrow(InvariantViolation);
  });
});

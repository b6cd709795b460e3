/** Weights and eligibility: who may be chosen, and what makes a node weigh more. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rank } from '#algorithms/rendezvous/core.ts';
import { eligible, inWhole, isEligible, type Candidate } from '#algorithms/rendezvous/filter.ts';
import {
  WEIGHT_MAX,
  weightOf,
  type Scale,
  type Standing,
} from '#algorithms/rendezvous/membership.ts';
import { nodeTable } from '#algorithms/rendezvous/scoring.ts';
import { ids, key } from './arbitraries.ts';

const standing = (fit: fc.Arbitrary<boolean> = fc.boolean()): fc.Arbitrary<Standing> =>
  fc.record({
    alive: fit,
    suspended: fit.map((fit) => !fit),
    stake: fc.bigInt({ min: 0n, max: 2n ** 80n }),
    freeBytes: fc.oneof(fc.nat(), fc.maxSafeNat()),
    roundTripUs: fc.nat(1_000_000),
    loadPermille: fc.nat(1_100),
    auditPermille: fc.nat(1_000),
  });
const fit = (): fc.Arbitrary<Standing> =>
  standing(fc.constant(true)).filter(({ freeBytes }) => freeBytes > 0);
const scale = (): fc.Arbitrary<Scale> =>
  fc.record({
    stakeFull: fc.bigInt({ min: 1n, max: 2n ** 80n }),
    freeBytesFull: fc.integer({ min: 1, max: 2 ** 50 }),
    roundTripHalfUs: fc.integer({ min: 1, max: 200_000 }),
    shares: fc
      .tuple(fc.nat(100), fc.nat(100), fc.nat(100), fc.nat(100))
      .filter((shares) => shares.some((share) => share > 0))
      .map(([stake, capacity, roundTrip, load]) => ({ stake, capacity, roundTrip, load })),
  });
const candidate = (): fc.Arbitrary<Candidate> =>
  fc.record({
    alive: fc.boolean(),
    suspended: fc.boolean(),
    freeBytes: fc.nat(20),
    role: fc.constantFrom('light', 'anchor', 'delegate'),
  });
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

describe('weights, for any standing and scale', () => {
  it('are whole, bounded, and 0 exactly for those who must not be chosen', () =>
    fc.assert(
      fc.property(standing(), scale(), (node, scale) => {
        const weight = weightOf(node, scale);
        expect(Number.isInteger(weight) && weight >= 0 && weight <= WEIGHT_MAX).toBe(true);
        const fit = node.alive && !node.suspended && node.freeBytes > 0 && node.auditPermille > 0;
        expect(weight > 0).toBe(fit);
      }),
    ));
  it('never fall because a node is better', () =>
    fc.assert(
      fc.property(fit(), standing(), scale(), (node, other, scale) => {
        const before = weightOf(node, scale);
        for (const better of [
          { stake: larger(node.stake, other.stake) },
          { freeBytes: Math.max(node.freeBytes, other.freeBytes) },
          { roundTripUs: Math.min(node.roundTripUs, other.roundTripUs) },
          { loadPermille: Math.min(node.loadPermille, other.loadPermille) },
          { auditPermille: Math.max(node.auditPermille, other.auditPermille) },
        ]) {
          expect(weightOf({ ...node, ...better }, scale)).toBeGreaterThanOrEqual(before);
        }
      }),
    ));
  it('follow the audits in proportion, whatever the stake', () =>
    fc.assert(
      fc.property(fit(), scale(), fc.integer({ min: 1, max: 1_000 }), (node, scale, audit) => {
        const whole = weightOf({ ...node, auditPermille: 1_000 }, scale);
        const part = weightOf({ ...node, auditPermille: audit }, scale);
        expect(Math.abs(part - (whole * audit) / 1_000)).toBeLessThanOrEqual(1);
      }),
    ));
});

describe('weights', () => {
  const scale: Scale = {
    stakeFull: 1_000n,
    freeBytesFull: 500_000_000,
    roundTripHalfUs: 20_000,
    shares: { stake: 1, capacity: 2, roundTrip: 1, load: 0 },
  };
  const node: Standing = {
    alive: true,
    suspended: false,
    stake: 500n,
    freeBytes: 250_000_000,
    roundTripUs: 20_000,
    loadPermille: 900,
    auditPermille: 800,
  };
  it('are the mean by shares, times the audit score', () => {
    expect(weightOf(node, scale)).toBe(400_000);
    expect(weightOf({ ...node, stake: 5_000n }, scale)).toBe(500_000);
  });
  it('are rounded down, factor by factor, on every node alike', () => {
    // (334 + 2 x 666 + 571) x 799 / 4 is 446 840.75.
    const third = { ...node, stake: 334n, freeBytes: 333_333_333, roundTripUs: 14_999 };
    expect(weightOf({ ...third, auditPermille: 799 }, scale)).toBe(446_840);
  });
  it('are never nothing for whoever may be chosen', () => {
    const worst = { ...node, stake: 0n, freeBytes: 1, roundTripUs: 2 ** 40, auditPermille: 1 };
    expect(weightOf(worst, scale)).toBe(1);
  });
  it('need a factor that counts', () => {
    const nothing = { stake: 0, capacity: 0, roundTrip: 0, load: 0 };
    expect(() => weightOf(node, { ...scale, shares: nothing })).toThrow('counts');
  });
});

describe('subsets', () => {
  it('are ranked as the whole is, without those who are not eligible', () =>
    fc.assert(
      fc.property(
        ids(),
        key(),
        fc.array(candidate(), { minLength: 30, maxLength: 30 }),
        (ids, key, all) => {
          const table = nodeTable(ids);
          const candidates = all.slice(0, ids.length);
          const wanted = { roles: new Set(['light', 'anchor']), bytes: 10 };
          const subset = eligible(table, candidates, wanted);
          expect([...inWhole(subset, rank(subset.table, key))]).toEqual(
            [...rank(table, key)].filter((node) => isEligible(candidates[node]!, wanted)),
          );
        },
      ),
    ));
  it('hold nobody dead, suspended, full, or of another role', () => {
    const good = { alive: true, suspended: false, freeBytes: 5, role: 'light' };
    const wanted = { roles: new Set(['light']), bytes: 5 };
    expect(isEligible(good, wanted)).toBe(true);
    for (const bad of [
      { alive: false },
      { suspended: true },
      { freeBytes: 4 },
      { role: 'anchor' },
    ]) {
      expect(isEligible({ ...good, ...bad }, wanted)).toBe(false);
    }
  });
});

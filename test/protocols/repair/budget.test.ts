/** Repair's allowance: a rate, an hour of savings, and a debt that is paid back first. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { budgetAt, costOf, mayBegin, refilled, spent } from '#protocols/repair/budget.ts';

const PER_S = 1_000;

it('moves over any time no more than its rate, an hour saved up, and one repair', () => {
  const steps = fc.array(
    fc.tuple(fc.nat({ max: 10_000_000 }), fc.integer({ min: 1, max: 50_000_000 })),
  );
  fc.assert(
    fc.property(steps, (all) => {
      let [budget, now, moved, largest] = [budgetAt(0), 0, 0, 0];
      for (const [passed, cost] of all) {
        now += passed;
        budget = refilled(budget, PER_S, now);
        if (!mayBegin(budget)) continue;
        budget = spent(budget, cost);
        moved += cost;
        largest = Math.max(largest, cost);
      }
      expect(moved).toBeLessThanOrEqual(PER_S * (now / 1_000 + 3_600) + largest);
    }),
  );
});

it('begins while anything is left, and then not before that is paid back', () => {
  const once = spent(refilled(budgetAt(0), PER_S, 1), 2_000);
  expect(mayBegin(refilled(once, PER_S, 2_000))).toBe(false);
  expect(mayBegin(refilled(once, PER_S, 2_001))).toBe(true);
});

it('is not fooled by a clock that goes back', () => {
  const budget = refilled(refilled(budgetAt(5_000), PER_S, 4_000), PER_S, 6_000);
  expect(budget).toEqual({ bytes: 1_000, at: 6_000 });
});

it('costs k pieces to read and those that are made', () =>
  expect(costOf(10, 1_600, 2)).toBe(19_200));

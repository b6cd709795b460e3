/** Windows over a ring of slices: the same as counting every event by hand, whenever one looks. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Objective } from '#config/policy.ts';
import {
  burnOf,
  countOne,
  noCounts,
  seenIn,
  sliceMs,
  WINDOWS,
  type Window,
} from '#protocols/slo/budget.ts';
import { cases } from '#test/cases.ts';

const OBJECTIVE: Objective = {
  goodMillionths: 999_000,
  writeMs: 450,
  readMs: 450,
  windowMs: 60_000,
  fastPermille: 14_400,
  slowPermille: 6_000,
};
const windows = Object.keys(WINDOWS) as Window[];
const event = fc.record({
  is: fc.constantFrom('good' as const, 'bad' as const),
  afterMs: fc.nat(90_000),
});

it('counts in each window what happened in its slices, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), fc.nat(500_000), (events, laterMs) => {
      const counts = noCounts();
      let now = 0;
      const happened = events.map(({ is, afterMs }) => {
        now += afterMs;
        countOne(counts, OBJECTIVE, is, now);
        return { is, slice: Math.floor(now / sliceMs(OBJECTIVE)) };
      });
      const last = Math.floor((now + laterMs) / sliceMs(OBJECTIVE));
      for (const window of windows) {
        const within = happened.filter(({ slice }) => slice > last - WINDOWS[window]);
        const seen = seenIn(counts, OBJECTIVE, window, now + laterMs);
        expect(seen.good).toBe(within.filter(({ is }) => is === 'good').length);
        expect(seen.bad).toBe(within.filter(({ is }) => is === 'bad').length);
      }
    }),
    { numRuns: cases(200) },
  );
});

it('burns at the pace at which the budget would just last when it is just used', () => {
  expect(burnOf({ good: 999, bad: 1 }, OBJECTIVE)).toBeCloseTo(1);
  expect(burnOf({ good: 0, bad: 7 }, OBJECTIVE)).toBeCloseTo(1_000);
  expect(burnOf({ good: 7, bad: 0 }, OBJECTIVE)).toBe(0);
  expect(burnOf({ good: 0, bad: 0 }, OBJECTIVE)).toBe(0);
});

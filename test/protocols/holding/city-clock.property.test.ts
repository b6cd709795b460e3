/** The time of a holder, whatever its wall clock and a third of the delegates say. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Moment } from '#protocols/effect.ts';
import { cityNow, isFresh, learn, noClock } from '#protocols/hold/city-clock.ts';
import { millis } from '#protocols/ids.ts';
import { cases } from '#test/cases.ts';

const HOUR = 3_600_000;
/** Some time passes; then words come that were true a while ago, or nobody speaks. */
const history = fc.array(
  fc.record({
    passMs: fc.integer({ min: 0, max: 2 * HOUR }),
    lateMs: fc.option(fc.integer({ min: 0, max: HOUR })),
    jumpMs: fc.integer({ min: -1_000 * HOUR, max: 1_000 * HOUR }),
  }),
  { maxLength: 20 },
);

const at = (now: number): Moment => ({ now: millis(now) }) as Moment;

it('is never ahead of the city, never goes back, and owes nothing to the time of day', () =>
  fc.assert(
    fc.property(history, (steps) => {
      const clock = noClock();
      let [now, wall, before] = [0, 0, -Infinity];
      const moment = (): Moment => ({ now: millis(now), wall: millis(wall) }) as Moment;
      expect(cityNow(clock, moment())).toBeUndefined();
      for (const { passMs, lateMs, jumpMs } of steps) {
        now += passMs;
        wall += passMs + jumpMs;
        if (lateMs !== null) learn(clock, now - lateMs, moment());
        const time = cityNow(clock, moment());
        if (time === undefined) continue;
        // The city's time is `now` here.
        expect(time).toBeLessThanOrEqual(now);
        expect(time).toBeGreaterThanOrEqual(before);
        before = time;
      }
    }),
    { numRuns: cases(200) },
  ));

it('is asked for again when the last words are old, and goes on meanwhile', () => {
  const clock = noClock();
  expect(isFresh(clock, at(0))).toBe(false);
  learn(clock, 5_000, at(0));
  expect([isFresh(clock, at(599_999)), isFresh(clock, at(600_000))]).toEqual([true, false]);
  expect(cityNow(clock, at(700_000))).toBe(705_000);
});

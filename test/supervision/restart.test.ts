/** The restart table, the window and the back-off. Method: every cell, every edge, by hand. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { crashed, KILLED, NORMAL, SHUTDOWN, type Entropy } from '#protocols/effect.ts';
import { millis } from '#protocols/ids.ts';
import { admit, delayMs, judge, type Backoff, type Window } from '#supervision/restart.ts';

const never: Entropy = { below: () => 0, bytes: (n) => new Uint8Array(n) };
const always: Entropy = { below: (bound) => bound - 1, bytes: (n) => new Uint8Array(n) };

describe('judge', () => {
  it('follows the table', () => {
    const reasons = [NORMAL, SHUTDOWN, KILLED, crashed('x')];
    const row = (restart: Parameters<typeof judge>[0]) => reasons.map((how) => judge(restart, how));
    expect(row('permanent')).toEqual(['restart', 'restart', 'restart', 'restart']);
    expect(row('transient')).toEqual(['finish', 'finish', 'restart', 'restart']);
    expect(row('temporary')).toEqual(['drop', 'drop', 'drop', 'drop']);
  });
});

/** Whether restarts at these times are admitted, one after the other. */
function admitted(restartsMax: number, withinMs: number, times: readonly number[]): boolean[] {
  const window: Window = [];
  return times.map((at) => admit(window, { restartsMax, withinMs }, millis(at)));
}

describe('admit', () => {
  it('admits as many as the intensity allows, and not one more', () =>
    expect(admitted(2, 100, [0, 0, 0])).toEqual([true, true, false]));
  it('admits none where the intensity is 0', () =>
    expect(admitted(0, 100, [0, 500])).toEqual([false, false]));
  it('counts a restart exactly one period ago', () =>
    expect(admitted(2, 100, [0, 50, 100])).toEqual([true, true, false]));
  it('forgets a restart a moment older than that', () =>
    expect(admitted(2, 100, [0, 50, 101, 151, 151])).toEqual([true, true, true, true, false]));
  it('never gives up where there is no limit, and remembers nothing then', () => {
    const window: Window = [];
    expect(admit(window, { restartsMax: Infinity, withinMs: 1 }, millis(5))).toBe(true);
    expect(window).toEqual([]);
  });
  it('says what counting all of them says, and keeps no more than it needs', () =>
    fc.assert(
      fc.property(
        fc.nat({ max: 6 }),
        fc.integer({ min: 1, max: 30 }),
        fc.array(fc.nat({ max: 10 }), { maxLength: 200 }),
        (restartsMax, withinMs, steps) => {
          let now = 0;
          const times = steps.map((step) => (now += step));
          const slowly = times.map(
            (at, i) =>
              times.slice(0, i + 1).filter((each) => each >= at - withinMs).length <= restartsMax,
          );
          expect(admitted(restartsMax, withinMs, times)).toEqual(slowly);
        },
      ),
    ));
});

describe('delayMs', () => {
  const backoff: Backoff = { minMs: 100, maxMs: 1_000, factor: 2, jitter: 0, resetAfterMs: 1 };
  const delays = (entropy: Entropy, jitter: number): number[] =>
    [0, 1, 2, 3, 4, 5, 1_000].map((n) => delayMs({ ...backoff, jitter }, n, entropy));

  it('grows by the factor up to the most', () =>
    expect(delays(never, 0)).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000]));
  it('adds up to its share of chance, also beyond the most', () =>
    expect(delays(always, 0.2)).toEqual([120, 240, 480, 960, 1_200, 1_200, 1_200]));
});

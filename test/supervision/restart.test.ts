/** The restart table, the window and the back-off. Method: every cell, every edge, by hand. */
import { describe, expect, it } from 'vitest';
import { crashed, KILLED, NORMAL, SHUTDOWN, type Entropy } from '#protocols/effect.ts';
import { millis } from '#protocols/ids.ts';
import { count, delayMs, judge, type Backoff, type Window } from '#supervision/restart.ts';

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

describe('count', () => {
  const limit = { restartsMax: 2, withinMs: 100 };
  const after = (...times: number[]): boolean[] => {
    let window: Window = [];
    return times.map((at) => {
      const counted = count(window, limit, millis(at));
      ({ window } = counted);
      return counted.admitted;
    });
  };

  it('admits as many as the intensity allows, and not one more', () =>
    expect(after(0, 0, 0)).toEqual([true, true, false]));
  it('counts a restart exactly one period ago', () =>
    expect(after(0, 50, 100)).toEqual([true, true, false]));
  it('forgets a restart a moment older than that', () =>
    expect(after(0, 50, 101, 151, 151)).toEqual([true, true, true, true, false]));
  it('never gives up where there is no limit, and remembers nothing then', () =>
    expect(count([], { restartsMax: Infinity, withinMs: 1 }, millis(5))).toEqual({
      window: [],
      admitted: true,
    }));
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

/**
 * The window of an ingress: first come, first served; never more in work than it is wide, never nobody while
 * somebody waits; wider where what is in work comes through soon, narrower where it takes long.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  admitted,
  leave,
  LONG_MS,
  openWindow,
  SIZE_FIRST,
  SIZE_MAX,
  SIZE_MIN,
  SOON_MS,
  type Window,
} from '#protocols/ingress/window.ts';
import { cases } from '#test/cases.ts';

const action = fc.oneof(
  fc.record({ do: fc.constant('enter' as const), n: fc.nat(30) }),
  fc.record({ do: fc.constant('leave' as const), n: fc.nat(30), after: fc.nat(5_000) }),
);

/** Everybody takes so long, with always as many who want in. */
function run(window: Window, tookMs: number, rounds: number): void {
  let now = 0;
  let next = 0;
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < SIZE_MAX; i++) window.waiting.add(String(next++));
    const keys = admitted(window, now);
    now += tookMs;
    for (const key of keys) leave(window, key, now);
    window.waiting.clear();
  }
}

describe('a window', () => {
  it('serves in order, within its size, and never nobody', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const window = openWindow();
        const [entered, served]: [string[], string[]] = [[], []];
        let now = 0;
        for (const each of actions) {
          if (each.do === 'enter') {
            for (let i = 0; i < each.n; i++) {
              const key = String(entered.length);
              entered.push(key);
              window.waiting.add(key);
            }
          } else {
            now += each.after;
            const key = [...window.inWork.keys()][each.n % Math.max(1, window.inWork.size)];
            if (key !== undefined) leave(window, key, now);
          }
          const before = window.inWork.size;
          const keys = admitted(window, now);
          served.push(...keys);
          expect(window.inWork.size).toBe(before + keys.length);
          if (keys.length > 0) expect(window.inWork.size).toBeLessThanOrEqual(window.size);
          if (window.waiting.size > 0) expect(window.inWork.size).toBeGreaterThanOrEqual(SIZE_MIN);
        }
        expect(served).toEqual(entered.slice(0, served.length));
      }),
      { numRuns: cases(200) },
    );
  });

  it('grows while all come through soon, and shrinks while they take long', () => {
    const window = openWindow();
    run(window, SOON_MS, 20);
    expect(window.size).toBeGreaterThan(SIZE_FIRST + 15);
    run(window, LONG_MS + 1, 20);
    expect(window.size).toBe(SIZE_MIN);
    run(window, (SOON_MS + LONG_MS) / 2, 20);
    expect(window.size).toBe(SIZE_MIN);
  });

  it('learns nothing of more room from what did not fill it, and shrinks once for one delay', () => {
    const window = openWindow();
    for (let i = 0; i < 100; i++) {
      window.waiting.add(String(i));
      for (const key of admitted(window, 0)) leave(window, key, 10);
    }
    expect(window.size).toBe(SIZE_FIRST);
    for (let i = 0; i < SIZE_FIRST; i++) window.waiting.add(`late ${i}`);
    for (const key of admitted(window, 0)) leave(window, key, LONG_MS * 2);
    expect(window.size).toBeCloseTo((SIZE_FIRST * 2) / 3);
  });
});

/** Timers in great numbers: they leave nothing behind, and keep their order. */
import { describe, expect, it } from 'vitest';
import { sleep, wake } from '#protocols/effect.ts';
import { Timers } from '#runtime/timers.ts';
import { on, scripted } from './scripted.ts';

describe('timers', () => {
  it('set far off again and again leave nothing behind', () => {
    let now = 0;
    const clock = { now: () => now, wall: () => 0, after: () => () => undefined } as never;
    const timers = new Timers(clock);
    let last = timers.after(3_600_000, () => undefined);
    for (now = 1; now < 20_000; now++) {
      last.cancel();
      last = timers.after(3_600_000, () => undefined);
    }
    expect(timers.size).toBeLessThanOrEqual(1_024);
  });

  it('keep their order over the sweeping of empty ones', () => {
    const { manual, log, system, actor, tell } = scripted();
    const many = Array.from({ length: 3_000 }, (_, i) => wake(`t${i % 7}`, 50_000 - 7 * i));
    system.spawn(actor('a', on(1, ...many, sleep('t3'))));
    tell('a', 1);
    manual.pass(60_000);
    expect(log).toEqual(['a<1', ...[2, 1, 0, 6, 5, 4].map((n) => `a<wake:t${n}`)]);
  });
});

/** Timers in great numbers: they leave nothing behind, and keep their order. */
import { describe, expect, it } from 'vitest';
import { sleep, wake } from '#protocols/effect.ts';
import { Timers } from '#runtime/timers.ts';
import { at, on, scripted, type React } from './scripted.ts';

const settingAnew: React = (input) => {
  if ('n' in input) return [wake('x', 10), wake('y', 10)];
  return input.kind === 'wake' && input.id === 'x' ? [wake('y', 50)] : [];
};

describe('timers', () => {
  it('that were set anew within the millisecond in which they fired come once, at their new time', () => {
    const { manual, log, system, actor, tell } = scripted();
    system.spawn(actor('a', settingAnew));
    tell('a', 1);
    manual.pass(59);
    expect(log).toEqual(['a<1', 'a<wake:x']);
    manual.pass(1);
    expect(log).toEqual(['a<1', 'a<wake:x', 'a<wake:y']);
    expect(system.timersOpen).toBe(0);
  });

  it('are gone when they are cancelled, and with the life that set them', () => {
    const { manual, system, actor, tell } = scripted();
    system.spawn(actor('a', on(1, wake('x', 10), wake('y', 10), wake('y', 20), sleep('x'))));
    tell('a', 1);
    manual.settle();
    expect(system.timersOpen).toBe(1);
    system.stop(at('a'), 'kill');
    manual.settle();
    expect(system.timersOpen).toBe(0);
  });

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

/** Time in a world: one total order, owners that end or stand still, and clocks that are off. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DRIFT_PPM_MAX, Hardware } from '#simulations/clock.ts';
import { ownerOf, Timeline } from '#simulations/timeline.ts';

const SECOND = 1_000_000;

function runUntil(timeline: Timeline, us: number): void {
  while ((timeline.next ?? Infinity) <= us) timeline.step();
  timeline.now = us;
}

describe('timeline', () => {
  it('lets things happen by time, then by when they were set, as a sort would', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20), { maxLength: 200 }), (delays) => {
        const timeline = new Timeline();
        const happened: number[] = [];
        for (const [i, us] of delays.entries()) timeline.after(us, '', () => happened.push(i));
        while (timeline.step());
        const expected = delays.map((us, i) => [us, i] as const);
        expect(happened).toEqual(
          expected.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]).map(([, i]) => i),
        );
      }),
    );
  });

  it('takes what is set meanwhile into its order', () => {
    const timeline = new Timeline();
    const happened: string[] = [];
    timeline.after(5, '', () => {
      happened.push('a');
      timeline.after(0, '', () => happened.push('c'));
      timeline.after(10, '', () => happened.push('d')).cancel();
    });
    timeline.after(5, '', () => happened.push('b'));
    while (timeline.step());
    expect(happened).toEqual(['a', 'b', 'c']);
    expect(timeline.now).toBe(5);
  });

  it('forgets what belongs to an owner that is over, and holds back what belongs to a paused one', () => {
    const timeline = new Timeline();
    const [gone, paused] = [ownerOf('gone'), ownerOf('paused')];
    const happened: string[] = [];
    timeline.after(1, '', () => happened.push('never'), gone);
    timeline.after(1, '', () => happened.push('first'), paused);
    timeline.after(2, '', () => happened.push('second'), paused);
    gone.isOver = paused.isPaused = true;
    runUntil(timeline, 10);
    expect(happened).toEqual([]);
    timeline.resume(paused);
    runUntil(timeline, 10);
    expect(happened).toEqual(['first', 'second']);
  });
});

describe('clock', () => {
  it('never fires early, by its own count, and not much too late', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -DRIFT_PPM_MAX, max: DRIFT_PPM_MAX }),
        fc.nat(5_000),
        fc.nat(100_000),
        (driftPpm, startMs, inMs) => {
          const timeline = new Timeline();
          const clock = new Hardware(timeline, driftPpm, 0).clock(ownerOf('p'));
          runUntil(timeline, startMs * 1_000);
          const due = clock.now() + inMs;
          let fired: number | undefined;
          clock.after(inMs, () => {
            fired = clock.now();
          });
          while (timeline.step());
          expect(fired).toBeGreaterThanOrEqual(due);
          expect(fired).toBeLessThanOrEqual(due + 1);
        },
      ),
    );
  });

  it('drifts, jumps and stands still, but never runs backwards where it is monotonic', () => {
    const timeline = new Timeline();
    const hardware = new Hardware(timeline, 500, 0);
    const clock = hardware.clock(ownerOf('p'));
    const began = clock.wall();
    runUntil(timeline, 1_000 * SECOND);
    expect([clock.now(), clock.wall() - began]).toEqual([1_000_500, 1_000_500]);
    hardware.jump(-3_600_000);
    expect([clock.now(), clock.wall() - began]).toEqual([1_000_500, 1_000_500 - 3_600_000]);
    const before = clock.wall();
    hardware.freeze();
    runUntil(timeline, 1_010 * SECOND);
    expect(clock.wall()).toBe(before);
    hardware.thaw();
    expect(clock.wall()).toBe(before);
    runUntil(timeline, 1_011 * SECOND);
    expect(clock.wall() - before).toBeGreaterThanOrEqual(1_000);
    expect(clock.now()).toBe(1_011_505);
  });

  it('begins anew with each life, as monotonic clocks do', () => {
    const timeline = new Timeline();
    const hardware = new Hardware(timeline, 0, 0);
    runUntil(timeline, 5 * SECOND);
    expect(hardware.clock(ownerOf('p')).now()).toBe(0);
  });
});

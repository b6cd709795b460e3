/** A pool whose jobs have prices: so many at a time, the others wait, each takes what it costs. */
import { expect, it } from 'vitest';
import { Hardware } from '#simulations/clock.ts';
import { CALM_POOL, simulatedPool } from '#simulations/pool.ts';
import { Random } from '#simulations/random.ts';
import { ownerOf, Timeline } from '#simulations/timeline.ts';

const WORKERS = 2;

it('takes what jobs cost, on so many workers', () => {
  const timeline = new Timeline();
  const clock = new Hardware(timeline, 0, 0).clock(ownerOf('machine'));
  const priced = { workers: WORKERS, msOf: (_: string, ms: unknown) => Number(ms) };
  const jobs = { work: (input: unknown) => input } as never;
  const pool = simulatedPool(clock, Random.of(1), jobs, () => ({ ...CALM_POOL, priced }));
  const doneAt: [ms: number, at: number][] = [];
  for (const ms of [30, 10, 5, 20]) {
    pool.run('work', ms, () => doneAt.push([ms, Math.round(timeline.now / 1_000)]));
  }
  while (timeline.next !== undefined) timeline.step();
  expect(doneAt).toEqual([
    [10, 10],
    [5, 15],
    [30, 30],
    [20, 35],
  ]);
});

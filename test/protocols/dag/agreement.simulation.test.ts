/**
 * The order under random schedules: loss, repetition, delays, partitions, crashes, twins. Method: the world of
 * world.ts, drawn from seeds; its oracles look after every step.
 */
import { describe, expect, it } from 'vitest';
import { run, seen } from './runs.ts';

const SEEDS = 24;

describe('the order', () => {
  it(`holds in ${SEEDS} seeds, comes to its end in each, and has been everywhere`, () => {
    const reached = new Set<string>();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = run({ seed });
      expect(world.broken, `seed ${seed}`).toBeUndefined();
      expect(world.isDone, `seed ${seed} is done`).toBe(true);
      for (const what of world.reached) reached.add(what);
    }
    expect([...reached].toSorted()).toEqual(
      expect.arrayContaining([
        'city: a certificate that was rejected rests',
        'city: a delegate was seen to speak twice in a round',
        'city: a life began by watching',
        'city: a vertex was said again by a later life',
        'city: a vertex was stood on and rejected',
        'city: refused, decided-round',
        'city: refused, second-of-round',
        'city: what was decided without us was fetched',
      ]),
    );
  });

  it('shows a vertex that is not kept', () => {
    expect(seen('vertex-not-kept', 3)).toMatch(/^said before it is kept/);
  });

  it('shows delegates that pass over whom they have not heard themselves', () => {
    expect(seen('turns-by-own-view', 6)).toMatch(/^two schedules after batch/);
  });
});

/**
 * The order under random schedules: loss, repetition, delays, partitions, crashes, twins. Method: the world of
 * world.ts, drawn from seeds; its oracles look after every step.
 */
import { describe, expect, it } from 'vitest';
import { run, seen } from './runs.ts';

const SEEDS = 40;

describe('the order', () => {
  it(`holds in ${SEEDS} seeds, comes to its end in each, and has been everywhere`, () => {
    const reached = new Set<string>();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const world = run({ seed });
      expect(world.broken, `seed ${seed}`).toBeUndefined();
      expect(world.isDone, `seed ${seed} is done`).toBe(true);
      for (const what of world.reached) reached.add(what);
    }
    expect([...reached].toSorted()).toEqual([
      'city: a ballot was said again by a later life',
      'city: a certificate of a failed proposal rests',
      'city: a delegate was seen to vote twice',
      'city: a life began by watching',
      'city: a proof was sent along',
      'city: a proved batch was proposed again',
      'city: a round failed',
      'city: what was decided without us was fetched',
    ]);
  });

  it('shows a vote that is not kept', () => {
    expect(seen('vote-not-kept', 100)).toMatch(/^said twice/);
  });
});

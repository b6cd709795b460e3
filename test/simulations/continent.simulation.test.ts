/**
 * A continent orders what its municipalities seal, under faults. More seeds: `city-chain sim continent --seeds 100`; the
 * order below it has schedules of its own (twins.simulation.test.ts).
 */
import { describe, expect, it } from 'vitest';
import { continent } from '#simulations/continent.ts';
import { anyScenario, runSeed } from '#simulations/scenario.ts';

const SEEDS = 5;

describe('a continent', () => {
  it(`holds in ${SEEDS} seeds, and has been everywhere`, () => {
    const reached = new Set<string>();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const outcome = runSeed(anyScenario(continent), seed);
      expect(outcome.failure?.claim, `seed ${seed}`).toBeUndefined();
      for (const what of outcome.reached.keys()) reached.add(what);
    }
    // Faults are reached in larger sets.
    const own = continent.sometimes.filter((what) => what.startsWith('continent:'));
    expect(own.filter((what) => !reached.has(what))).toEqual([]);
  });
});

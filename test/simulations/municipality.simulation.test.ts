/**
 * A municipality takes in what its cities commit, under faults. More seeds: `city-chain sim municipality --seeds 100`;
 * the agreement below it has schedules of its own (twins.simulation.test.ts).
 */
import { describe, expect, it } from 'vitest';
import { municipality } from '#simulations/municipality.ts';
import { anyScenario, runSeed } from '#simulations/scenario.ts';

const SEEDS = 3;
const scenario = anyScenario(municipality);
/** Faults are reached in larger sets. */
const OWN = municipality.sometimes.filter((what) => what.startsWith('municipality:'));

describe('a municipality', () => {
  it(`holds in ${SEEDS} seeds, and has been everywhere`, () => {
    const reached = new Set<string>();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const outcome = runSeed(scenario, seed);
      expect(outcome.failure?.claim, `seed ${seed}`).toBeUndefined();
      for (const what of outcome.reached.keys()) reached.add(what);
    }
    expect(OWN.filter((what) => !reached.has(what))).toEqual([]);
  });
});

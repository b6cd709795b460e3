/**
 * Reads while most delegates are away: some seeds on every change, with and without one that refuses every read.
 * More: `city-chain sim few --seeds 500`.
 */
import { describe, expect, it } from 'vitest';
import { few } from '#simulations/few.ts';
import { anyScenario, runSeed } from '#simulations/scenario.ts';

const SEEDS = [1, 2, 3, 7];
const scenario = anyScenario(few);

describe('a city of which few are there', () => {
  it(`denies nothing that is committed in ${SEEDS.length} seeds`, () => {
    const reached = new Set<string>();
    for (const seed of SEEDS) {
      const outcome = runSeed(scenario, seed);
      expect({ seed, claim: outcome.failure?.claim }).toEqual({ seed, claim: undefined });
      for (const what of outcome.reached.keys()) reached.add(what);
    }
    expect(scenario.sometimes.filter((what) => !reached.has(what))).toEqual([]);
  });
});

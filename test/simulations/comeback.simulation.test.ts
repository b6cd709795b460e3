/**
 * What is kept comes back, whoever is away: some seeds on every change. More: `city-chain sim comeback --seeds 500`.
 * That its oracles fire: planted.simulation.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { comeback } from '#simulations/comeback.ts';
import { anyScenario, runSeed } from '#simulations/scenario.ts';

const RUNS = 5;
const scenario = anyScenario(comeback);

describe('a city that is read', () => {
  it(`gives what it was given in ${RUNS} seeds`, () => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const { failure } = runSeed(scenario, seed);
      expect({ seed, claim: failure?.claim }).toEqual({ seed, claim: undefined });
    }
  });
});

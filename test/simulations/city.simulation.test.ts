/**
 * The city under faults: some seeds on every change. More: `city-chain sim city --seeds 500`. That its
 * oracles fire: planted.simulation.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { city } from '#simulations/city.ts';
import { anyScenario, runSeed } from '#simulations/scenario.ts';

const RUNS = 10;
const scenario = anyScenario(city);

describe('a city', () => {
  it(`keeps what it says in ${RUNS} seeds`, () => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const { failure } = runSeed(scenario, seed);
      expect({ seed, claim: failure?.claim }).toEqual({ seed, claim: undefined });
    }
  });

  it('has one course for one seed', () => {
    expect(runSeed(scenario, 3).hash).toBe(runSeed(scenario, 3).hash);
  });
});

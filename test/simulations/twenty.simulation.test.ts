/**
 * The owner's scenario: some seeds on every change. More: `city-chain sim twenty --seeds 200`.
 */
import { expect, it } from 'vitest';
import { anyScenario, runSeed } from '#simulations/scenario.ts';
import { twenty } from '#simulations/twenty.ts';

const RUNS = 3;

it(`twenty transactions come back identical in ${RUNS} seeds`, () => {
  for (let seed = 1; seed <= RUNS; seed++) {
    const { failure, reached } = runSeed(anyScenario(twenty), seed);
    expect({ seed, claim: failure?.claim }).toEqual({ seed, claim: undefined });
    expect(reached.get('city: a client was told COMMITTED')).toBe(20);
  }
});

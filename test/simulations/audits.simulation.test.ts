/** Cheats in a city: one seed on every change. More: `city-chain sim audits --seeds 100`. */
import { describe, expect, it } from 'vitest';
import { audits } from '#simulations/audits.ts';
import { anyScenario, runSeed } from '#simulations/scenario.ts';

const scenario = anyScenario(audits);

describe('holders that cheat', () => {
  it.each([1])('are found in seed %i', (seed) => {
    expect(runSeed(scenario, seed).failure?.claim).toBe(undefined);
  });
});

/** Transfers between two whole cities, under faults. More seeds: `city-chain sim transfers --seeds 50`. */
import { describe, expect, it } from 'vitest';
import { anyScenario, runSeed } from '#simulations/scenario.ts';
import { transfers } from '#simulations/transfers.ts';

const SEEDS = [3];

describe('transfers between two cities', () => {
  it(`arrive or come back in seed ${SEEDS.join(' and ')}`, () => {
    const reached = new Set<string>();
    for (const seed of SEEDS) {
      const outcome = runSeed(anyScenario(transfers), seed);
      expect(outcome.failure?.claim, `seed ${seed}`).toBeUndefined();
      for (const what of outcome.reached.keys()) reached.add(what);
    }
    const own = transfers.sometimes.filter((what) => what.startsWith('transfers:'));
    expect(own.filter((what) => !reached.has(what))).toEqual([]);
  });
});

/**
 * Repair under faults: one seed of each loss on every change. More, and a hundred transactions:
 * `city-chain sim mend --seeds 100`. That its oracles fire: planted.simulation.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { LOSSES, mend, type MendDrawn } from '#simulations/mend.ts';
import { anyScenario, drawn, runSeed } from '#simulations/scenario.ts';

const scenario = anyScenario(mend);
const lossOf = (seed: number) => (drawn(scenario, seed) as MendDrawn).loss;
const firstOf = (loss: string): number => {
  for (let seed = 1; ; seed++) if (lossOf(seed) === loss) return seed;
};

describe('what a city lost', () => {
  it.each(LOSSES)('%s', (loss) => {
    const { failure } = runSeed(scenario, firstOf(loss));
    expect(failure?.claim).toBe(undefined);
  });
});

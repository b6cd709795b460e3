/**
 * Repair under faults: a seed of each of the two heaviest losses on every change; planted.simulation.test.ts
 * runs two others, and sees the oracles fire. More: `city-chain sim mend --seeds 100`.
 */
import { describe, expect, it } from 'vitest';
import { mend, type MendDrawn } from '#simulations/mend.ts';
import { anyScenario, drawn, runSeed } from '#simulations/scenario.ts';

const scenario = anyScenario(mend);
const lossOf = (seed: number) => (drawn(scenario, seed) as MendDrawn).loss;
const firstOf = (loss: string): number => {
  for (let seed = 1; ; seed++) if (lossOf(seed) === loss) return seed;
};

describe('what a city lost', () => {
  it.each(['gone', 'beyond'] as const)('%s', (loss) => {
    const { failure } = runSeed(scenario, firstOf(loss));
    expect(failure?.claim).toBe(undefined);
  });
});

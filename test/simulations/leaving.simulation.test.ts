/**
 * Holders without room, under faults: a seed on every change; planted.simulation.test.ts runs another one, and sees
 * the oracles fire. More: `city-chain sim leaving --seeds 100`.
 */
import { expect, it } from 'vitest';
import { leaving } from '#simulations/leaving.ts';
import { anyScenario, runSeed } from '#simulations/scenario.ts';

it('are rid of their rows when others have them, and no sooner', () => {
  const { failure, reached } = runSeed(anyScenario(leaving), 1);
  expect(failure?.claim).toBe(undefined);
  expect(reached.get('holder: a row went when it was with others')).toBeGreaterThan(3);
});

/**
 * Lights without room: a seed on every change, in which none has any. More: `city-chain sim brimful --seeds 100`.
 */
import { expect, it } from 'vitest';
import { brimful } from '#simulations/brimful.ts';
import { anyScenario, runSeed } from '#simulations/scenario.ts';

it('are stood in for by anchors, and hold again when there is room', () => {
  const { failure, reached } = runSeed(anyScenario(brimful), 3);
  expect(failure?.claim).toBe(undefined);
  expect(reached.get('brimful: anchors stood in')).toBe(1);
});

/** A delegate with an empty disk takes sums of audits from others: one seed on every change. More: `city-chain sim emptied --seeds 100`. */
import { expect, it } from 'vitest';
import { emptied } from '#simulations/emptied.ts';
import { anyScenario, runSeed } from '#simulations/scenario.ts';

const scenario = anyScenario(emptied);

it('has the accounts of the others though their findings were let go', () => {
  const { failure, reached } = runSeed(scenario, 1);
  expect(failure?.claim).toBe(undefined);
  expect(scenario.sometimes.filter((what) => !reached.has(what))).toEqual([]);
});

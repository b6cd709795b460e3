/**
 * The order alone under faults, with twins. That its checkers fire is in planted.simulation.test.ts; more schedules of
 * one process are in test/protocols/dag. More seeds: `city-chain sim dag --seeds 1000`.
 */
import { expect, it } from 'vitest';
import { dag } from '#simulations/dag.ts';
import { anyScenario, runSeed } from '#simulations/scenario.ts';

/** In which it ends epochs, and those who were convicted are in no later one, when it was looked for last. */
const SEEDS = [1, 3, 11, 12, 13];
const scenario = anyScenario(dag);

it(`the order of a city holds in ${SEEDS.length} seeds, in which who says two things orders no more`, () => {
  const reached = new Set<string>();
  for (const seed of SEEDS) {
    const { failure, reached: here } = runSeed(scenario, seed);
    expect({ seed, claim: failure?.claim }).toEqual({ seed, claim: undefined });
    for (const what of here.keys()) reached.add(what);
  }
  expect([...reached]).toEqual(
    expect.arrayContaining([
      'city: a delegate was seen to speak twice in a round',
      'city: an epoch was entered',
      'dag: an epoch began without those who were convicted',
    ]),
  );
});

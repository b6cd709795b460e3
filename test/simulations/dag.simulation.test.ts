/**
 * The order alone under faults, with twins. That its checkers fire is in planted.simulation.test.ts; more schedules of
 * one process are in test/protocols/dag. More seeds: `city-chain sim dag --seeds 1000`.
 */
import { expect, it } from 'vitest';
import { dag } from '#simulations/dag.ts';
import { anyScenario, runSeed } from '#simulations/scenario.ts';

const RUNS = 5;
const scenario = anyScenario(dag);

it(`the order of a city holds in ${RUNS} seeds, in which who says two things orders no more`, () => {
  const reached = new Set<string>();
  for (let seed = 1; seed <= RUNS; seed++) {
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

/**
 * Watches across machines and asks to anyone, under faults. That its checker fires is in
 * planted.simulation.test.ts. More seeds: `city-chain sim vigil --seeds 1000`.
 */
import { describe, expect, it } from 'vitest';
import { anyScenario, runSeed } from '#simulations/scenario.ts';
import { vigil } from '#simulations/vigil.ts';

const RUNS = 30;
const scenario = anyScenario(vigil);

describe('a vigil', () => {
  it(`holds in ${RUNS} seeds, which reach every interesting state`, () => {
    const reached = new Set<string>();
    for (let seed = 1; seed <= RUNS; seed++) {
      const { failure, reached: here } = runSeed(scenario, seed);
      expect({ seed, claim: failure?.claim }).toEqual({ seed, claim: undefined });
      for (const what of here.keys()) reached.add(what);
    }
    expect(vigil.sometimes.filter((what) => !reached.has(what))).toEqual([]);
  });

  it('has one course for one seed', () => {
    expect(runSeed(scenario, 7).hash).toBe(runSeed(scenario, 7).hash);
  });
});

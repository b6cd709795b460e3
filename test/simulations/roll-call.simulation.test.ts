/**
 * Presences and hearts under faults: a number never means two lists, and everybody is on one when healed.
 * More seeds: `city-chain sim roll-call --seeds 1000`.
 */
import { describe, expect, it } from 'vitest';
import { rollCall } from '#simulations/roll-call.ts';
import { anyScenario, runSeed } from '#simulations/scenario.ts';

const RUNS = 16;
const scenario = anyScenario(rollCall);

describe('a roll call', () => {
  it(`holds in ${RUNS} seeds, in which presences take over`, () => {
    const reached = new Set<string>();
    for (let seed = 1; seed <= RUNS; seed++) {
      const { failure, reached: here } = runSeed(scenario, seed);
      expect({ seed, claim: failure?.claim }).toEqual({ seed, claim: undefined });
      for (const what of here.keys()) reached.add(what);
    }
    expect([...reached]).toContain('presence: one takes over a list');
  });

  it('has one course for one seed', () => {
    expect(runSeed(scenario, 7).hash).toBe(runSeed(scenario, 7).hash);
  });
});

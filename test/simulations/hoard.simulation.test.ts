/**
 * Hoarders under faults: what was stored is there, what was discarded is not. Their checker is seen to
 * fire on disks that acknowledge too early. More seeds: `city-chain sim hoard --seeds 1000`.
 */
import { describe, expect, it } from 'vitest';
import { hoard } from '#simulations/hoard.ts';
import { anyScenario, runSeed } from '#simulations/scenario.ts';

const RUNS = 24;
const scenario = anyScenario(hoard);

describe('a hoard', () => {
  it(`holds in ${RUNS} seeds, which reach every interesting state`, () => {
    const reached = new Set<string>();
    for (let seed = 1; seed <= RUNS; seed++) {
      const { failure, reached: here } = runSeed(scenario, seed);
      expect({ seed, claim: failure?.claim }).toEqual({ seed, claim: undefined });
      for (const what of here.keys()) reached.add(what);
    }
    expect(hoard.sometimes.filter((what) => !reached.has(what))).toEqual([]);
  });

  it('is seen to break on disks that acknowledge before they sync', () => {
    const { failure } = runSeed(scenario, 3, { plant: 'acknowledge-before-sync' });
    expect(failure?.claim).toMatch('is durable when it is said');
  });

  it('has one course for one seed', () => {
    expect(runSeed(scenario, 7).hash).toBe(runSeed(scenario, 7).hash);
  });
});

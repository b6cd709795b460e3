/**
 * The city under faults: some seeds on every change. More: `city-chain sim city --seeds 500`. That its
 * oracles fire: planted.simulation.test.ts.
 */
import { describe, expect, it } from 'vitest';
import { city } from '#simulations/city.ts';
import { COMMON } from '#simulations/city/sometimes.ts';
import { anyScenario, runSeed, type Outcome, type Scenario } from '#simulations/scenario.ts';

const RUNS = 10;
const scenario = anyScenario(city);

/** The same city, whose broker alone fails, and for longer than any patience of a step. */
const withoutBroker: Scenario = {
  ...scenario,
  draw: (random) => {
    const drawn = scenario.draw(random);
    const faults = [{ do: 'outage', atMs: 6_000, forMs: 10_000 }] as const;
    return { ...drawn, plan: { ...drawn.plan, faults } };
  },
};

const ran = new Map<number, Outcome>();
const outcomeOf = (seed: number): Outcome => {
  const outcome = ran.get(seed) ?? runSeed(scenario, seed);
  ran.set(seed, outcome);
  return outcome;
};

describe('a city', () => {
  it(`keeps what it says in ${RUNS} seeds, which reach what makes them worth something`, () => {
    const reached = new Set<string>();
    for (let seed = 1; seed <= RUNS; seed++) {
      const outcome = outcomeOf(seed);
      for (const what of outcome.reached.keys()) reached.add(what);
      expect({ seed, claim: outcome.failure?.claim }).toEqual({ seed, claim: undefined });
    }
    expect(COMMON.filter((what) => !reached.has(what))).toEqual([]);
  });

  it('loses nothing, and leaves nobody without an end, when its broker is gone for ten seconds', () => {
    expect(runSeed(withoutBroker, 1).failure?.claim).toBeUndefined();
    expect(runSeed(withoutBroker, 2).failure?.claim).toBeUndefined();
  });

  it('has one course for one seed', () => {
    expect(runSeed(scenario, 3).hash).toBe(outcomeOf(3).hash);
  });
});

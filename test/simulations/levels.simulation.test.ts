/**
 * The levels above municipalities order what those below make, under faults. More seeds: `city-chain sim continent --seeds
 * 100`, `sim globe`; the order below them has schedules of its own (twins.simulation.test.ts).
 */
import { describe, expect, it } from 'vitest';
import { continent } from '#simulations/continent.ts';
import { globe } from '#simulations/globe.ts';
import { rooted } from '#simulations/rooted.ts';
import { anyScenario, runSeed, type Scenario } from '#simulations/scenario.ts';

function holds(scenario: Scenario, seeds: number): void {
  const reached = new Set<string>();
  for (let seed = 1; seed <= seeds; seed++) {
    const outcome = runSeed(scenario, seed);
    expect(outcome.failure?.claim, `seed ${seed}`).toBeUndefined();
    for (const what of outcome.reached.keys()) reached.add(what);
  }
  // Faults are reached in larger sets.
  const own = scenario.sometimes.filter((what) => !what.startsWith('fault:'));
  expect(own.filter((what) => !reached.has(what))).toEqual([]);
}

describe('a continent', () => {
  it('holds in 5 seeds, and has been everywhere', () => holds(anyScenario(continent), 5));
});

describe('what cities on two continents commit', () => {
  it('is rooted at the globe in 4 seeds', () => holds(anyScenario(rooted), 4));
});

describe('the globe', () => {
  it('holds in 3 seeds, and has been everywhere', () => holds(anyScenario(globe), 3));
});

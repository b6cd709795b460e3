/**
 * Overlays under faults and three disasters. That the checker fires is in planted.simulation.test.ts. More seeds:
 * `city-chain sim overlay --seeds 1000`.
 */
import { expect, it } from 'vitest';
import { overlay } from '#simulations/overlay.ts';
import { anyScenario, runSeed } from '#simulations/scenario.ts';

const RUNS = 12;
const scenario = anyScenario(overlay);

it(`an overlay holds in ${RUNS} seeds, which reach every state of its own`, () => {
  const reached = new Set<string>();
  for (let seed = 1; seed <= RUNS; seed++) {
    const { failure, reached: here } = runSeed(scenario, seed);
    expect({ seed, claim: failure?.claim }).toEqual({ seed, claim: undefined });
    for (const what of here.keys()) reached.add(what);
  }
  const own = overlay.sometimes.filter((what) => what.startsWith('overlay: '));
  expect(own.filter((what) => !reached.has(what))).toEqual([]);
});

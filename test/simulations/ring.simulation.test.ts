/**
 * The ring under faults: a hundred seeds on every change, and every seed that once failed. More of
 * them: `city-chain sim ring --seeds 2000`.
 */
import { describe, expect, it } from 'vitest';
import { ring } from '#simulations/ring.ts';
import { anyScenario, runSeed, type Outcome } from '#simulations/scenario.ts';
import { SCENARIOS } from '#simulations/scenarios.ts';
import { SEEDS } from '#simulations/seeds.ts';

const RUNS = 100;

/** What a person needs who reads the failure. */
const explain = ({ scenario, seed, drawn, failure }: Outcome): string =>
  [
    ...failure!.transcript,
    `${JSON.stringify(drawn)}`,
    failure!.claim,
    `node simulations/main.ts ${scenario} --seed ${seed}`,
  ].join('\n');

describe('the ring', () => {
  it(`holds in ${RUNS} seeds, which reach every interesting state`, () => {
    const reached = new Set<string>();
    for (let seed = 1; seed <= RUNS; seed++) {
      const outcome = runSeed(anyScenario(ring), seed);
      expect(outcome.failure && explain(outcome)).toBeUndefined();
      for (const what of outcome.reached.keys()) reached.add(what);
    }
    expect(ring.sometimes.filter((what) => !reached.has(what))).toEqual([]);
  });

  it.each(SEEDS)(
    'holds in seed $seed of $scenario, which taught: $taught',
    ({ scenario, seed }) => {
      const outcome = runSeed(SCENARIOS.get(scenario)!, seed);
      expect(outcome.failure && explain(outcome)).toBeUndefined();
    },
  );
});

/** What is chosen to be hit: by the seed alone, within what the scenario says. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SCENARIOS, type Housed, type Stage } from '#simulations/chaos/scenarios.ts';
import { Random } from '#simulations/random.ts';
import { nodeAddress, place } from '#protocols/subjects.ts';
import { cases } from '../../cases.ts';

const AT = place('asia.ishikawa.komatsu');
const K = 10;
const housed = (i: number, delegates: number, isAbroad = false): Housed => ({
  id: `p${i}`,
  nodes: [nodeAddress(AT, `n${i}`)],
  delegates,
  isAbroad,
  continent: isAbroad ? 'europe' : 'asia',
});
const stages = fc
  .record({
    holders: fc.integer({ min: 1, max: 6 }),
    spreads: fc.array(fc.array(fc.nat(9), { minLength: 7, maxLength: 7 }), {
      minLength: 1,
      maxLength: 5,
    }),
    lengthMs: fc.integer({ min: 2_000, max: 60_000 }),
  })
  .map(({ holders, spreads, lengthMs }): Stage => {
    const own = Array.from({ length: holders }, (_, i) => housed(6 + i, 0));
    const processes = [1, 2, 3, 4].map((i) => housed(i, 1)).concat(housed(5, 0, true), own);
    const ids = processes.filter(({ delegates }) => delegates === 0).map(({ id }) => id);
    return {
      processes,
      k: K,
      lengthMs,
      spreads: spreads.map((rows) => new Map(ids.map((id, i) => [id, rows[i]!]))),
    };
  });

const planOf = (name: string, stage: Stage, seed: number) =>
  SCENARIOS.find((each) => each.name === name)!.plan(stage, Random.of(seed));

const leftAfter = (stage: Stage, plan: ReturnType<typeof planOf>): number[] => {
  const hit = new Set(plan.map(({ blow }) => ('to' in blow ? blow.to : '')));
  return stage.spreads.map((spread) =>
    [...spread].reduce((sum, [id, rows]) => sum + (hit.has(id) ? 0 : rows), 0),
  );
};

it('follows from the seed, within the time, and hits only what there is', () => {
  fc.assert(
    fc.property(stages, fc.nat(1_000), fc.constantFrom(...SCENARIOS), (stage, seed, { plan }) => {
      const planned = plan(stage, Random.of(seed));
      expect(plan(stage, Random.of(seed))).toEqual(planned);
      const known = new Set(['bus', 'europe', ...stage.processes.map(({ id }) => id)]);
      for (const { atMs, blow } of planned) {
        expect(atMs).toBeGreaterThanOrEqual(0);
        expect(atMs).toBeLessThan(stage.lengthMs);
        if ('to' in blow) expect(known).toContain(blow.to);
        if ('forMs' in blow) expect(blow.forMs).toBeLessThanOrEqual(stage.lengthMs);
      }
    }),
    { numRuns: cases(150) },
  );
});

it('leaves what brings it back to each, or to none', () => {
  fc.assert(
    fc.property(stages, fc.nat(1_000), (stage, seed) => {
      const whole = leftAfter(stage, []);
      const limit = planOf('limit', stage, seed);
      // Who has too few from the start is nobody's fault.
      if (Math.min(...whole) >= K) {
        expect(Math.min(...leftAfter(stage, limit))).toBeGreaterThanOrEqual(K);
        const some = planOf('holders', stage, seed);
        expect(Math.min(...leftAfter(stage, some))).toBeGreaterThanOrEqual(K);
        expect(some.length).toBeLessThanOrEqual(limit.length);
      }
      expect(Math.max(...leftAfter(stage, planOf('beyond', stage, seed)))).toBeLessThan(K);
    }),
    { numRuns: cases(150) },
  );
});

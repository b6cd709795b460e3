/**
 * The levels above municipalities order what those below make, under faults. More seeds: `city-chain sim continent --seeds
 * 100`, `sim globe`; the order below them has schedules of its own (twins.simulation.test.ts).
 */
import { describe, expect, it } from 'vitest';
import { continent } from '#simulations/continent.ts';
import { globe } from '#simulations/globe.ts';
import { rooted } from '#simulations/rooted.ts';
import { withCheapCrypto } from '#simulations/crypto.ts';
import { Levels } from '#simulations/levels/world.ts';
import { World } from '#simulations/world.ts';
import { continentOf, place } from '#protocols/subjects.ts';
import { anyScenario, runSeed, type Scenario } from '#simulations/scenario.ts';

const upTo = (seeds: number): number[] => Array.from({ length: seeds }, (_, i) => i + 1);

function holds(scenario: Scenario, seeds: readonly number[]): void {
  const reached = new Set<string>();
  for (const seed of seeds) {
    const outcome = runSeed(scenario, seed);
    expect(outcome.failure?.claim, `seed ${seed}`).toBeUndefined();
    for (const what of outcome.reached.keys()) reached.add(what);
  }
  // Faults are reached in larger sets.
  const own = scenario.sometimes.filter((what) => !what.startsWith('fault:'));
  expect(own.filter((what) => !reached.has(what))).toEqual([]);
}

describe('a continent', () => {
  it('holds in 5 seeds, and has been everywhere', () => holds(anyScenario(continent), upTo(5)));
});

describe('what cities on two continents commit', () => {
  it('is rooted at the globe in 4 seeds', () => holds(anyScenario(rooted), upTo(4)));
});

/** From the commit of each block of a continent to that of the header with it, in virtual time: where each is noted first. */
function headersMs(): readonly number[] {
  const world = new World({ seed: 1 });
  const continents = [
    { stakes: [1, 1, 1, 1], places: [place('asia.ishikawa.komatsu')] },
    { stakes: [1, 1, 1, 1], places: [place('europe.catalonia.barcelona')] },
  ];
  const took: number[] = [];
  withCheapCrypto(() => {
    const levels = new Levels(world, { continents, hasGlobe: true });
    const committed = new Map<string, number>();
    const ended = new Set<string>();
    world.checkers.push({
      noted: (subject, fact) => {
        const { height, items } = fact as unknown as Noted;
        if (subject.endsWith('.continent.committed')) {
          const name = `${continentOf(place(subject.split('.').slice(2, 5).join('.')))} ${height}`;
          if (!committed.has(name)) committed.set(name, world.nowMs);
        }
        if (!subject.endsWith('.globe.committed')) return;
        for (const name of items.map(({ name: of, id }) => `${of} ${id}`)) {
          if (!ended.has(name)) took.push(world.nowMs - committed.get(name)!);
          ended.add(name);
        }
      },
    });
    for (const machine of world.machines) machine.boot();
    for (let i = 0; i < 20; i++) {
      levels.live(8);
      world.pass(500);
    }
    world.pass(5_000);
    expect(levels.lack()).toBe('');
  });
  return took.toSorted((a, b) => a - b);
}
interface Noted {
  readonly height: number;
  readonly items: readonly { readonly name: string; readonly id: number }[];
}

describe('the globe', () => {
  it('has a header within two seconds, with 128 ms one way between continents', () => {
    const took = headersMs();
    expect(took.length).toBeGreaterThan(2);
    expect(took.at(-1)).toBeLessThan(2_000);
  });

  it('holds in 3 seeds, and has been everywhere', () => holds(anyScenario(globe), [1, 2, 7]));
});

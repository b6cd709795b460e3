/**
 * Scenario: two continents order what their municipalities seal, and the globe orders what they commit; some of each
 * continent's delegates do both. Delegates die, disks forget, the network does its worst, and one continent is cut off
 * from the other for a while: both go on, the globe waits for them (levels/world.ts has the claims).
 */
import { place } from '#protocols/subjects.ts';
import { drawPlan, SURVIVABLE, type Fault, type FaultPlan } from './faults.ts';
import { inject } from './inject.ts';
import { Levels } from './levels/world.ts';
import type { Random } from './random.ts';
import type { Drawn, Scenario } from './scenario.ts';

const ASIA = ['asia.ishikawa.komatsu', 'asia.tokyo.chiyoda'].map(place);
const EUROPE = ['europe.catalonia.barcelona'].map(place);
const STAKES = [1, 1, 1, 1];
const FAULTS_MS = 8_000;
const HEALED_MS = 1_000;
const REST_MS_MAX = 20_000;
const STEP_MS = 200;
const LOOK_MS = 500;

export interface GlobeDrawn extends Drawn {
  /** How often a municipality seals: once in so many steps. */
  readonly pace: number;
  readonly plan: FaultPlan;
}

export const globe: Scenario<GlobeDrawn> = {
  name: 'globe',
  about:
    'what continents commit is ordered by the globe, in one chain, also when one is cut off and comes back',
  sometimes: [
    ...SURVIVABLE.map((kind) => `fault: ${kind}`),
    'globe: a round was given up',
    'globe: something that was missing was asked for',
    'globe: a page brought one that was behind forward',
    'globe: what was committed while a continent was cut off is ordered',
  ],
  draw: (random) => {
    const bounds = {
      machines: 2 * STAKES.length,
      forMs: FAULTS_MS,
      faultsMax: 6,
      kinds: SURVIVABLE,
    };
    const plan = drawPlan(random.fork('plan'), bounds);
    return {
      pace: random.pick([2, 4, 8]),
      plan: { ...plan, faults: [...plan.faults, cutOff(random)] },
    };
  },
  run: (world, { pace, plan }) => {
    const continents = [ASIA, EUROPE].map((places) => ({ stakes: STAKES, places }));
    const levels = new Levels(world, { continents, hasGlobe: true });
    const live = (forMs: number): void => {
      for (let ms = 0; ms < forMs; ms += STEP_MS) {
        levels.live(pace);
        world.pass(STEP_MS);
        world.look();
      }
    };
    for (const machine of world.machines) machine.boot();
    const heal = inject(world, plan);
    live(FAULTS_MS);
    heal();
    const behind = levels.continents.some(
      ({ level, chain }) => (levels.globe!.ordered.get(level.name) ?? 0) + 2 < chain.size,
    );
    live(HEALED_MS);
    let lacking = '';
    const isDone = (): boolean => {
      levels.offerAgain();
      return (lacking = levels.lack()) === '';
    };
    world.passUntil(isDone, REST_MS_MAX, LOOK_MS);
    world.claim(lacking === '', () => `all that was sealed is ordered: ${lacking}`);
    if (behind)
      world.probe.sometimes('globe: what was committed while a continent was cut off is ordered');
    levels.checkMemory();
    world.look();
  },
};

/** One continent, by the numbers of its machines. */
function cutOff(random: Random): Fault {
  const side = STAKES.map((_, i) => i);
  const atMs = random.below(FAULTS_MS / 2);
  return {
    do: 'partition',
    shape: 'halves',
    side,
    atMs,
    forMs: 1_000 + random.below(FAULTS_MS / 2),
  };
}

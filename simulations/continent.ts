/**
 * Scenario: the delegates of a continent order what its municipalities have sealed, while delegates die, disks forget, and
 * the network does its worst. Each batch is offered to some of them only (levels/world.ts has the claims).
 */
import { place } from '#protocols/subjects.ts';
import { drawPlan, SURVIVABLE, type FaultPlan } from './faults.ts';
import { inject } from './inject.ts';
import { Levels } from './levels/world.ts';
import type { Drawn, Scenario } from './scenario.ts';

const PLACES = ['asia.ishikawa.komatsu', 'asia.tokyo.chiyoda', 'asia.osaka.sakai'].map(place);
const FAULTS_MS = 8_000;
const HEALED_MS = 2_000;
const REST_MS_MAX = 15_000;
const STEP_MS = 200;
const LOOK_MS = 500;

export interface ContinentDrawn extends Drawn {
  readonly stakes: readonly number[];
  readonly municipalities: number;
  /** How often a municipality seals: once in so many steps. */
  readonly pace: number;
  readonly plan: FaultPlan;
}

export const continent: Scenario<ContinentDrawn> = {
  name: 'continent',
  about:
    'what municipalities seal is ordered by their continent, in one chain, whoever was offered it',
  sometimes: [
    ...SURVIVABLE.map((kind) => `fault: ${kind}`),
    'continent: a round was given up',
    'continent: something that was missing was asked for',
    'continent: a page brought one that was behind forward',
  ],
  draw: (random) => {
    const stakes = random.pick([
      [1, 1, 1, 1],
      [1, 1, 1, 1, 1],
      [3, 2, 2, 2, 1],
      [1, 1, 1, 1, 1, 1, 1],
    ]);
    const bounds = { machines: stakes.length, forMs: FAULTS_MS, faultsMax: 10, kinds: SURVIVABLE };
    return {
      stakes,
      municipalities: 1 + random.below(PLACES.length),
      pace: random.pick([1, 3, 8]),
      plan: drawPlan(random.fork('plan'), bounds),
    };
  },
  run: (world, { stakes, municipalities, pace, plan }) => {
    const places = PLACES.slice(0, municipalities);
    const levels = new Levels(world, { continents: [{ stakes, places }], hasGlobe: false });
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
    live(HEALED_MS);
    let lacking = '';
    const isDone = (): boolean => {
      levels.offerAgain();
      return (lacking = levels.lack()) === '';
    };
    world.passUntil(isDone, REST_MS_MAX, LOOK_MS);
    world.claim(lacking === '', () => `all that was sealed is ordered: ${lacking}`);
    levels.checkMemory();
    world.look();
  },
};

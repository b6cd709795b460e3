/**
 * Scenario: four to seven members agree on one bit, whatever those among them who are faulty say, in whatever order
 * words arrive, and whoever dies meanwhile (abba-group.ts). One seed is one schedule.
 */
import type { Value } from '#protocols/abba/words.ts';
import { NO_FAULTS } from '../faults.ts';
import type { Drawn, Scenario } from '../scenario.ts';
import type { World } from '../world.ts';
import { Group, KINDS, type Drawing } from './abba-group.ts';
import { Staller } from './abba-staller.ts';

/** What CONF promises against the staller: the first coin that nobody foresees ends it, by the next two at the latest. */
const STALLED_ROUNDS_MAX = 5;

/** Weights, and groups of members that have less than a third of them. */
const GROUPS: readonly {
  readonly weights: readonly number[];
  readonly faulty: readonly number[][];
}[] = [
  { weights: [1, 1, 1, 1], faulty: [[0], [3], []] },
  { weights: [1, 1, 1, 1, 1, 1, 1], faulty: [[0, 1], [2, 5], [6], []] },
  { weights: [3, 2, 2, 2, 1], faulty: [[0], [1, 4], [4]] },
  { weights: [5, 1, 4, 4, 2], faulty: [[0], [2, 1], [4, 1]] },
];

export interface AbbaDrawn extends Drawn, Drawing {
  /** Instead of all that: the scheduler that sees the coin first. */
  readonly isStalled: boolean;
}

export const twinsAbba: Scenario<AbbaDrawn> = {
  name: 'twins-abba',
  about: 'one bit is agreed on under drawn schedules, with twins and liars: one schedule a seed',
  sometimes: [
    'abba: decided 0',
    'abba: decided 1',
    'abba: decided in round 0',
    'abba: decided in round 1',
    'abba: decided in round 2',
    'abba: decided in round after the coin',
    'abba: the coin was tossed',
    'abba: a share of the coin was bad',
    'abba: a member came back',
    'abba: somebody was seen to say two things',
    'abba: somebody saw the coin first',
  ],
  draw: (random) => {
    const { weights, faulty } = random.pick(GROUPS);
    const ones = random.below(weights.length + 1);
    const isUnanimous = random.below(4) === 0;
    return {
      plan: NO_FAULTS,
      isStalled: random.below(32) === 0,
      weights,
      inputs: random
        .shuffled([...weights.keys()])
        .map((place): Value => (isUnanimous ? ones % 2 : place < ones ? 1 : 0) as Value),
      faulty: random.pick(faulty),
      kind: random.pick(KINDS),
      manner: random.pick(['fair', 'starving'] as const),
      whileFor: random.pick([1, 20, 100, 1_000]),
      deaths: random.pick([0, 0, 1, 3]),
    };
  },
  run: (world, drawn) => (drawn.isStalled ? stall(world) : new Group(world, drawn).run()),
};

function stall(world: World): void {
  const random = world.random.fork('stall');
  const first = random.below(2) as Value;
  const inputs = random.shuffled([first, first, (1 - first) as Value]);
  const coinOf = (round: number): Value => (random.fork(round).next() & 1) as Value;
  const ended = new Staller(world, coinOf).run(inputs, STALLED_ROUNDS_MAX + 1);
  world.claim(ended !== undefined, () => `whoever sees the coin first stalls nobody for ever`);
  world.probe.sometimes('abba: somebody saw the coin first');
  world.look();
}

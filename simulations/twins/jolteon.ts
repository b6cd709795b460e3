/**
 * Scenario: four to seven delegates order blocks under what a network, disks, and a third of them can do
 * (jolteon-group.ts). One seed is one schedule of some dozens of rounds.
 */
import { NO_FAULTS } from '../faults.ts';
import type { Drawn, Scenario } from '../scenario.ts';
import { FAULTY, JolteonGroup, type JolteonDrawing } from './jolteon-group.ts';

const GROUPS: readonly {
  readonly weights: readonly number[];
  readonly faulty: readonly number[][];
}[] = [
  { weights: [1, 1, 1, 1], faulty: [[0], [3]] },
  { weights: [1, 1, 1, 1], faulty: [[1], [2]] },
  { weights: [1, 1, 1, 1, 1, 1, 1], faulty: [[0, 1], [2, 5], [6]] },
  { weights: [3, 2, 2, 2, 1], faulty: [[0], [1, 4], [4]] },
];

export interface JolteonDrawn extends Drawn, JolteonDrawing {}

export const twinsJolteon: Scenario<JolteonDrawn> = {
  name: 'twins-jolteon',
  about:
    'blocks are ordered under drawn schedules, with twins and rogue leaders: one schedule a seed',
  sometimes: [
    'jolteon: committed',
    'jolteon: several blocks were committed at once',
    'jolteon: a delegate came back',
    'jolteon: a rogue led',
    'jolteon: evidence of two-votes',
    'jolteon: evidence of two-proposals',
    'jolteon: evidence of hidden-qc',
  ],
  draw: (random) => {
    const { weights, faulty } = random.pick(GROUPS);
    const kind = random.pick([...FAULTY, 'rogue'] as const);
    const liars = kind === 'none' ? [] : random.pick(faulty);
    // Enough who are honest that two of them lead one after the other.
    const isMany = weights.length > 3 * liars.length;
    return {
      plan: NO_FAULTS,
      weights,
      kind,
      faulty: liars,
      leaders: random.shuffled([...weights.keys(), ...(isMany ? liars : [])]),
      delayMsMax: random.pick([5, 20, 60]),
      patienceMs: random.pick([50, 100]),
      lossPermille: random.pick([0, 50, 200, 400]),
      weatherMs: random.pick([60, 200, 500]),
      deaths: random.pick([0, 0, 2, 6]),
      faultsMs: 3_000,
    };
  },
  run: (world, drawn) => new JolteonGroup(world, drawn).run(),
};

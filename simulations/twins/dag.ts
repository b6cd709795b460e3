/**
 * Scenario: four to seven delegates order certificates by a DAG under what a network, disks, and twins can do
 * (dag-schedule.ts). One seed is one schedule of some dozens of rounds. `dag` runs the same with actors and ledgers.
 */
import { NO_FAULTS } from '../faults.ts';
import type { Drawn, Scenario } from '../scenario.ts';
import { Schedule, type DagDrawing } from './dag-schedule.ts';

/** Stakes, and beside how many twins the others have more than two thirds. */
const FOUR = { stakes: [1, 1, 1, 1], most: 1 };
const FIVE = { stakes: [3, 2, 2, 2, 1], most: 1 };
const SEVEN = { stakes: [1, 1, 1, 1, 1, 1, 1], most: 2 };
/** What clocks of twins show. */
const LIES_MS = [-3_600_000, -700, 90, 1_500, 3_600_000];
/** Where four are wrong, seven are as a rule; and cost four times as much. */
const GROUPS = [FOUR, FOUR, FOUR, FOUR, FOUR, FOUR, FOUR, FOUR, FIVE, FIVE, SEVEN];

export interface DagScheduleDrawn extends Drawn, DagDrawing {}

export const twinsDag: Scenario<DagScheduleDrawn> = {
  name: 'twins-dag',
  about: 'certificates are ordered by a DAG under drawn schedules, with twins: one schedule a seed',
  sometimes: [
    'city: a certificate that was rejected rests',
    'city: a delegate was seen to speak twice in a round',
    'city: a life began by watching',
    'city: a vertex was said again by a later life',
    'city: a vertex was stood on and rejected',
    'city: an epoch was entered',
    'city: refused, decided-round',
    'city: refused, second-of-round',
    'city: what was decided without us was fetched',
    'dag: a fork has halted everybody',
  ],
  draw: (random) => {
    const { stakes, most } = random.pick(GROUPS);
    const mayFork = random.below(12) === 0;
    const twins = mayFork ? most + 1 : random.below(most + 1);
    const areRight = mayFork || random.below(2) === 0;
    const clockOf = (i: number): number =>
      i < twins ? random.pick(LIES_MS) : random.below(80) - 40;
    return {
      plan: NO_FAULTS,
      stakes,
      mayFork,
      twins,
      clocksMs: areRight ? [] : stakes.map((_, i) => clockOf(i)),
      epochBatches: mayFork ? 10_000 : random.pick([2, 6, 10_000]),
      delayMsMax: random.pick([5, 20, 60]),
      syncMsMax: random.pick([2, 10, 60]),
      lossPermille: random.pick([0, 50, 200]),
      doubledPermille: random.pick([0, 100]),
      weatherMs: mayFork ? 500 : random.pick([40, 120, 400]),
      deaths: random.pick([0, 0, 2, 6]),
      faultsMs: mayFork ? 2_000 : 800,
    };
  },
  run: (world, drawn) => new Schedule(world, drawn).run(),
};

/**
 * What an order remembers: entries of all tables of a city, after 60 % of the certificates and after all of them; at
 * 5 000 a second, four delegates, cheap signatures, virtual time. The ledger under it keeps everything, on its disk, and is
 * not counted.
 */
import { assert } from '#lib/assert.ts';
import type { City } from '#protocols/dag/state.ts';
import { address } from '#protocols/subjects.ts';
import { Order } from '#simulations/dag.ts';
import { NO_FAULTS } from '#simulations/faults.ts';
import { measured } from '#simulations/measured.ts';
import type { World } from '#simulations/world.ts';
import type { Row } from '../bench.ts';

const SEED = 11;
const DELEGATES = 4;
const TOGETHER = 200;
const PAUSE_MS = 40;
const REST_MS = 2_000;
/** By then every table is full that remembers the last so many. */
const EARLY = 0.6;

export function memoryRows(count: number): readonly Row[] {
  const [early, late] = measured(SEED, (world) => remembered(world, count));
  return [
    {
      name: `entries in the tables of an order after ${count} certificates`,
      value: late,
      unit: '',
      against: 'after 60 % of them',
      ratio: late / early,
      goal: '<= 1.1x',
    },
  ];
}

function remembered(world: World, count: number): readonly [early: number, late: number] {
  const oneEpoch = { epochBatches: 10_000_000, seats: DELEGATES };
  const few = { delegates: DELEGATES, twins: 0, pauseMsMax: 1, turnMsMax: 1 };
  const drawn = { ...few, ...oneEpoch, plan: NO_FAULTS };
  const order = new Order(world, drawn);
  for (const machine of world.machines) machine.boot();
  world.pass(REST_MS);
  let early = 0;
  for (let i = 0; i < count; i += TOGETHER) {
    if (early === 0 && i >= count * EARLY) early = sizeOf(order);
    order.offer(TOGETHER, () => true);
    world.pass(PAUSE_MS);
  }
  const late = sizeOf(order);
  world.pass(REST_MS);
  const height = new Set(order.heights);
  assert(height.size === 1, 'all have the same batches');
  return [early, late];
}

/** Of the delegate that remembers most. */
function sizeOf({ honest, machineOf }: Order): number {
  const sizes = honest.map((node) => {
    const state = machineOf.get(node)!.life!.system.stateOf(address(node, 'city')) as City;
    const { graph, rest, sync, inbox } = state;
    const tables = [state, graph, rest, sync, inbox].flatMap((of) => Object.values(of));
    return tables.reduce<number>((sum, each) => sum + entriesOf(each), 0);
  });
  return Math.max(...sizes);
}

function entriesOf(table: unknown): number {
  if (table instanceof Map || table instanceof Set) return table.size;
  return Array.isArray(table) ? table.length : 0;
}

/**
 * The stores of a city whose power is cut again and again while their syncs take long: at whichever moment, what was
 * said is on the disks. Checkers look at platters all the time (an ack, a vote, a batch, a certificate), and in the
 * end all ledgers are equal and every call has its outcome.
 *
 * One city with so many cuts (CITY_CHAIN_CUTS=200 for more), most of them of delegates, whose ledgers are cut
 * while they apply, and again while they begin.
 */
import { expect, it } from 'vitest';
import { begun, endured, rested } from '#simulations/city/course.ts';
import { DELEGATES, type CityDrawn, type Wanted } from '#simulations/city/draw.ts';
import { NO_FAULTS, type Fault } from '#simulations/faults.ts';
import type { Random } from '#simulations/random.ts';
import { anyScenario, runSeed, type Scenario } from '#simulations/scenario.ts';

const CUTS = Number(process.env['CITY_CHAIN_CUTS'] ?? 40);
const EVERY_MS = 400;
const FOR_MS = CUTS * EVERY_MS;
const LIGHTS = 12;
const PER_MACHINE = 3;
const ANCHOR_MACHINES = 2;
const SENT_EVERY_MS = 1_000;

/** A cut, of a machine whose disks are slow since a moment ago. */
function cuts(random: Random): Fault[] {
  const keepers = LIGHTS / PER_MACHINE + ANCHOR_MACHINES;
  return Array.from({ length: CUTS }, (_, i): Fault[] => {
    const machine = i % 4 < 3 ? random.below(DELEGATES) : DELEGATES + random.below(keepers);
    const atMs = i * EVERY_MS + random.below(EVERY_MS);
    return [
      { atMs: Math.max(0, atMs - random.below(300)), do: 'slow-disk', machine, forMs: 200 },
      { atMs, do: 'power-cut', machine, downMs: random.pick([20, 200, 900]) },
    ];
  })
    .flat()
    .toSorted((a, b) => a.atMs - b.atMs);
}

const powerCuts: Scenario<CityDrawn> = {
  name: 'power-cuts',
  about: 'a city whose power is cut again and again',
  sometimes: [],
  draw: (random) => ({
    lights: LIGHTS,
    lightsPerMachine: PER_MACHINE,
    anchorsPerMachine: 3,
    clients: 1,
    numbers: { k: 3, margin: 2, lights: 6, anchors: 6 },
    allowance: { perSecond: 200, burst: 1_000 },
    warmMs: 4_000,
    liars: [],
    lie: undefined,
    hasRogue: false,
    wanted: Array.from({ length: Math.ceil(FOR_MS / SENT_EVERY_MS) }, (_, i): Wanted => ({
      atMs: i * SENT_EVERY_MS,
      client: 0,
      sender: i % 3,
      want: 'fair',
      bytes: random.pick([1, 400, 1_200]),
    })),
    plan: { ...NO_FAULTS, faults: cuts(random.fork('cuts')) },
  }),
  run: (world, drawn) => {
    const course = begun(world, drawn);
    endured(course, FOR_MS);
    rested(course);
  },
};

it(`loses nothing that was said to ${CUTS} power cuts`, () => {
  const { failure, reached } = runSeed(anyScenario(powerCuts), 1);
  expect(failure?.claim).toBe(undefined);
  expect(reached.get('fault: power-cut')).toBe(CUTS);
  expect(reached.get('city: a client was told COMMITTED')).toBeGreaterThan(CUTS / 8);
});

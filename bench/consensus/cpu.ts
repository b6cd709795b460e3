/**
 * What the order costs in CPU, with real signatures: the steps of seven cities and their jobs, in one thread, counted
 * together; not the simulation that carries them, nor the least of a ledger under them. Beside it what cannot be avoided:
 * for each vertex one signature, and its verification by each other delegate, priced in the same run.
 */
import { threadCpuUsage } from 'node:process';
import { city } from '#actors/city.ts';
import { jobs } from '#actors/jobs.ts';
import { sign, verify } from '#algorithms/signature.ts';
import { assert } from '#lib/assert.ts';
import type { Plain, Spoken } from '#protocols/effect.ts';
import { vertexSignJob, vertexVerifyJob, type VertexHead } from '#protocols/vertex-head.ts';
import { anyActor, type Actor } from '#runtime/actor.ts';
import { offerCityBackends } from '#runtime/backends.ts';
import { secretsFrom, verifyingOf } from '#simulations/city/town.ts';
import { Order, type Parts } from '#simulations/dag.ts';
import { NO_FAULTS } from '#simulations/faults.ts';
import { CALM_POOL } from '#simulations/pool.ts';
import { PRICED } from '#simulations/prices.ts';
import { Random } from '#simulations/random.ts';
import { World } from '#simulations/world.ts';
import { place } from '#protocols/subjects.ts';
import { compare, type Row } from '../bench.ts';

const SEED = 11;
const DELEGATES = 7;
const ONE_WAY_US = 25_000;
/** Certificates that come together, and how often: 1 000 a second. */
const TOGETHER = 5;
const PAUSE_MS = 5;
const COUNT = 2_000;
const REST_MS = 2_000;

export async function cpuRows(): Promise<readonly Row[]> {
  await offerCityBackends();
  const floorUs = floorOfVertex();
  const { spentUs, vertices } = ordered(new World({ seed: SEED, isBare: true }));
  const eachUs = spentUs / COUNT;
  return [
    {
      name: 'CPU of a vertex, at all delegates, 1 000 a second',
      value: spentUs / vertices,
      unit: 'us',
      against: `one signature and ${DELEGATES - 1} verifications`,
      ratio: spentUs / vertices / floorUs,
      goal: '<= 2x',
    },
    { name: 'CPU of a certificate, at all delegates, 1 000 a second', value: eachUs, unit: 'us' },
    {
      name: 'certificates that this allows, on a core of each delegate',
      value: (DELEGATES * 1_000_000) / eachUs,
      unit: 'a second',
      goal: '>= 1 000',
    },
  ];
}

/** From the first certificate to the last one's place everywhere. */
function ordered(world: World): { spentUs: number; vertices: number } {
  world.network.distanceUs = () => ONE_WAY_US;
  const oneEpoch = { epochBatches: 10_000_000, seats: DELEGATES };
  const few = { delegates: DELEGATES, twins: 0, pauseMsMax: 1, turnMsMax: 1 };
  const drawn = { ...few, ...oneEpoch, plan: NO_FAULTS };
  const meter = new Meter();
  const order = new Order(world, drawn, { city: meter.city, jobs: meter.jobs });
  for (const machine of world.machines) {
    machine.poolFaults = { ...CALM_POOL, priced: PRICED };
    machine.boot();
  }
  world.pass(REST_MS);
  Object.assign(meter, { spentUs: 0, vertices: 0 });
  for (let i = 0; i < COUNT; i += TOGETHER) {
    order.offer(TOGETHER, () => true);
    world.pass(PAUSE_MS);
  }
  world.pass(REST_MS);
  assert(order.isDone, 'each certificate has its place everywhere');
  return meter;
}

/** Counts what cities and their jobs take. */
class Meter {
  spentUs = 0;
  vertices = 0;

  readonly city: Parts['city'] = (self) => {
    const actor = city(self) as unknown as Actor<unknown, Spoken, Spoken>;
    return anyActor({
      ...actor,
      receive: (...of: Parameters<typeof actor.receive>) => this.#timed(() => actor.receive(...of)),
    });
  };

  readonly jobs: Parts['jobs'] = Object.fromEntries(
    Object.entries(jobs).map(([name, run]) => [
      name,
      (input: Plain): Plain => {
        if (name === 'city.sign') this.vertices++;
        return this.#timed(() => run(input));
      },
    ]),
  );

  #timed<T>(work: () => T): T {
    const before = threadCpuUsage();
    const done = work();
    const { user, system } = threadCpuUsage(before);
    this.spentUs += user + system;
    return done;
  }
}

function floorOfVertex(): number {
  const secrets = secretsFrom(Random.of(SEED));
  const network = new Uint8Array(32);
  const head: VertexHead = {
    place: place('asia.ishikawa.komatsu'),
    epoch: 0,
    author: 0,
    round: 1,
    content: new Uint8Array(32),
    sealed: new Uint8Array(32),
  };
  const job = vertexSignJob(network, head, secrets.signing);
  const check = vertexVerifyJob(network, head, sign(job), verifyingOf(secrets));
  assert(verify(check), 'a signature that was just made is good');
  const costs = compare(
    {
      name: 'sign',
      run: (count) => {
        for (let i = 0; i < count; i++) sign(job);
      },
    },
    {
      name: 'verify',
      run: (count) => {
        for (let i = 0; i < count; i++) verify(check);
      },
    },
  );
  return costs.get('sign')! + (DELEGATES - 1) * costs.get('verify')!;
}

/**
 * What does a transaction cost, beside what it cannot avoid? A city of 60 nodes in one process, with real
 * signatures, seals, stores and disks; a client that keeps so many transactions under way. All the CPU of the
 * process, threads included, divided by the transactions that were committed; beside it the crypto floor,
 * priced in the same run, at the design's batches of 16 and at those that came. How often each job was done
 * for a transaction, what was sent and what was written say where what is above it comes from. Then the same over NATS, the server's CPU included. What
 * the city does by itself, audits above all, is in it; how much that is where nobody sends anything stands beside
 * it, in the time that a transaction took: on a slow machine more.
 *
 * With so many holders a transaction brings each less than one piece: with 4 under way no two acks can share a
 * signature however long anybody waits, with 16 about twelve can, with 64 about fifty. And what waits for one
 * signature does not wait for another: pipeline/least.ts has what that leaves (decision 376).
 *
 * Verified: each transaction was told COMMITTED.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { threadCpuUsage } from 'node:process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { sealingKeyOf } from '#algorithms/kem.ts';
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { compose, composeEntropy } from '#protocols/compose.ts';
import { txIdOf, type Tx } from '#protocols/transaction.ts';
import { offerCityBackends } from '#runtime/backends.ts';
import { launchServer } from '#runtime/nats-server/launch.ts';
import { obtainServer } from '#runtime/nats-server/obtain.ts';
import { NatsWire } from '#runtime/nats-wire.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import type { Bench, Row } from './bench.ts';
import {
  countsOf,
  floorOf,
  pricesOf,
  type Batches,
  type Floor,
  type Prices,
  type Sizes,
} from './pipeline/floor.ts';
import { leastOf, type Holders } from './pipeline/least.ts';
import type { Operation, Operations, Tally } from './pipeline/tally.ts';
import { Town } from './pipeline/town.ts';
import type { Traffic } from './pipeline/traffic.ts';

const LIGHTS = 50;
const TEXT_BYTES = 1_200; // 400 Japanese characters.
/**
 * Until what is done for each transaction is compiled. After 160 of them the compilers still took 5 % of all CPU (perf: two
 * fifths of what the helper threads of V8 do), and each thread of the pool compiles for itself.
 */
const WARM_UP = 320;
const WARMED_BY = 64;
/** What a city costs that keeps these transactions and is given none: audits, above all, and hearts that beat. */
const REST_MS = 5_000;
const LOADS: readonly Load[] = [
  { underWay: 4, count: 24 },
  { underWay: 16, count: 64 },
  { underWay: 64, count: 192 },
];
const NATS_LOADS: readonly Load[] = [{ underWay: 16, count: 64 }];
const SIZES: Sizes = { textBytes: TEXT_BYTES, k: 10, rows: 42, delegates: 4 };
const HOLDERS: Holders = { lights: LIGHTS, anchors: 6, lightRows: 30 };
const DESIGNED: Batches = { ack: 16, order: 16, city: 16 };
/**
 * Among 10 000 holders two transactions under way hardly meet at a light: its ack is alone, and those of the
 * twelve anchor rows, of the same six anchors each time, share a signature as in the design.
 */
const AMONG_MANY: Batches = { ack: 42 / (30 + 12 / DESIGNED.ack), order: 16, city: 16 };
const LIST_MS = 30_000;

interface Load {
  readonly underWay: number;
  readonly count: number;
}

let seq = 0;

function composed(town: Town): { readonly tx: Tx; readonly txId: string } {
  const { suite, seed } = town.sender.sealing;
  const readers = [{ suite, key: sealingKeyOf(suite, seed) }];
  const wallMs = Date.now();
  const made = compose({
    network: town.genesis.network,
    draft: {
      receiver: undefined,
      from: town.genesis.place,
      to: town.genesis.place,
      seq: ++seq,
      createdAt: stampBytes({ wallMs, count: 0 }),
      expiresAt: wallMs + 180 * 86_400_000,
      completes: 'on-commit',
      op: new Uint8Array(0),
      objects: [],
    },
    text: new Uint8Array(TEXT_BYTES).fill(seq),
    readers,
    signing: town.sender.signing,
    entropy: systemEntropy().bytes(composeEntropy(readers)),
  });
  if (!made.ok) throw new Error(made.error);
  return { tx: made.value, txId: hex(txIdOf(made.value.cover.header)) };
}

/** Milliseconds that each took, from composed to committed. */
async function sendMany(town: Town, count: number, underWay: number): Promise<number[]> {
  const took: number[] = [];
  let left = count;
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      const { tx, txId } = composed(town);
      const startedAt = performance.now();
      const told = await town.send(tx, txId);
      const isCommitted = told.what === 'progress' && told.word.state === 'COMMITTED';
      if (!isCommitted)
        throw new Error(
          `a transaction was not committed: ${told.what === 'progress' ? `${told.word.state} ${told.word.reason ?? ''}` : told.what}`,
        );
      took.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: Math.min(underWay, count) }, one));
  return took;
}

/** Until the list has everybody, transactions are refused for want of holders. */
async function awake(town: Town): Promise<void> {
  for (const until = Date.now() + LIST_MS; ;) {
    const { tx, txId } = composed(town);
    const told = await town.send(tx, txId);
    if (told.what === 'progress' && told.word.state === 'COMMITTED') return;
    if (Date.now() > until) throw new Error('the city does not come up');
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

/** What spends CPU for the city: this process, and a server where there is one. Microseconds so far. */
type Spent = () => number;

const ownCpu: Spent = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

/** Of another process, as Linux counts it: in ticks of 10 ms. */
const TICK_US = 10_000;
function cpuOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

interface Measured {
  readonly underWay: number;
  readonly costUs: number;
  /** Of that, what the loop spent: everything but cryptography on threads, and disks. */
  readonly loopUs: number;
  /** In the time of one, when nobody sends anything any more. */
  readonly restUs: number;
  readonly perSecond: number;
  readonly took: readonly number[];
  readonly jobs: ReadonlyMap<string, Tally>;
  readonly operations: Operations;
  readonly traffic: Traffic;
  readonly count: number;
}

async function measured(
  town: Town,
  { underWay, count }: Load,
  spent: Spent,
): Promise<Omit<Measured, 'restUs'>> {
  await sendMany(town, underWay, underWay);
  town.pool.taken();
  town.pool.done();
  town.said();
  const before = { all: spent(), loop: threadCpuUsage() };
  const startedAt = performance.now();
  const took = (await sendMany(town, count, underWay)).toSorted((a, b) => a - b);
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = threadCpuUsage(before.loop);
  return {
    underWay,
    costUs: (spent() - before.all) / count,
    loopUs: (user + system) / count,
    perSecond: count / seconds,
    took,
    jobs: town.pool.taken(),
    operations: town.pool.done(),
    traffic: town.said(),
    count,
  };
}

/** CPU in a second, while nobody sends anything. */
async function restOf(spent: Spent): Promise<number> {
  const before = { all: spent(), at: performance.now() };
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  return ((spent() - before.all) * 1_000) / (performance.now() - before.at);
}

interface Over {
  readonly wire?: () => Promise<NatsWire>;
  readonly loads: readonly Load[];
  readonly spent: Spent;
}

const withRest = (each: Omit<Measured, 'restUs'>, restUs: number): Measured => ({
  ...each,
  restUs: restUs / each.perSecond,
});

/** A city of its own, warm, under these loads. */
async function city({ wire, loads, spent }: Over): Promise<readonly Measured[]> {
  const folder = mkdtempSync(join(tmpdir(), 'city-chain-pipeline-'));
  const options = { folder, lights: LIGHTS, processes: 4 };
  const town = await Town.open(wire === undefined ? options : { ...options, wire });
  try {
    await awake(town);
    await sendMany(town, WARM_UP, WARMED_BY);
    const all: Omit<Measured, 'restUs'>[] = [];
    for (const load of loads) all.push(await measured(town, load, spent));
    const restUs = await restOf(spent);
    return all.map((each) => withRest(each, restUs));
  } finally {
    await town.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function overNats(): Promise<readonly Measured[]> {
  const found = await obtainServer(process.env);
  if (!found.ok) throw new Error(found.error);
  const folder = mkdtempSync(join(tmpdir(), 'city-chain-bench-'));
  const launched = await launchServer({ path: found.value.path, folder });
  if (!launched.ok) throw new Error(launched.error);
  const { url, pid, stop } = launched.value;
  const wire = async (): Promise<NatsWire> => {
    const opened = await NatsWire.open({ url });
    if (!opened.ok) throw new Error(opened.error);
    return opened.value;
  };
  try {
    return await city({ wire, loads: NATS_LOADS, spent: () => ownCpu() + cpuOf(pid) });
  } finally {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function run(): Promise<readonly Row[]> {
  await offerCityBackends(process.env['CITY_CHAIN_BACKENDS']);
  const inMemory = await city({ loads: LOADS, spent: ownCpu });
  const cost = pricesOf(SIZES);
  const nats = await overNats();
  return [
    ...inMemory.flatMap((each) => rowsOf(each, cost)),
    ...nats.flatMap((each) => natsRows(each, cost)),
    ...partRows('floor at batches of 16', floorOf(SIZES, cost, DESIGNED)),
    manyRow(cost),
  ];
}

function manyRow(cost: Prices): Row {
  const [few, many] = [DESIGNED, AMONG_MANY].map((of) => floorOf(SIZES, cost, of).totalUs);
  return {
    name: 'floor with 10 000 holders, by count',
    value: many!,
    unit: 'us CPU',
    against: `with 60, ${few!.toFixed(0)} us`,
    ratio: many! / few!,
  };
}

/** What came together, from how often it was signed: each row is acked, each delegate has three vertices to a batch. */
function batchesOf({ jobs, count }: Measured): Batches {
  const mean = (job: string, things: number): number => {
    const tally = jobs.get(job);
    assert(tally !== undefined, `no transaction is committed without ${job}`);
    return Math.max(1, (things * count) / tally.jobs);
  };
  return {
    ack: mean('batch.sign (ack)', SIZES.rows),
    order: mean('batch.sign (order)', 1),
    city: mean('city.sign (vertex)', 3 * SIZES.delegates),
  };
}

function rowsOf(measure: Measured, cost: Prices): Row[] {
  const { underWay, costUs, loopUs, restUs, perSecond, took, jobs, count } = measure;
  const batches = batchesOf(measure);
  const at = `${underWay} under way`;
  const quantile = (share: number): number => took[Math.floor((took.length - 1) * share)]!;
  const beside = (floor: Floor, of: string) => ({
    against: `crypto floor, ${floor.totalUs.toFixed(0)} us at ${of}`,
    ratio: costUs / floor.totalUs,
  });
  const unit = 'us CPU, everything';
  const goal = '<= 2.0x';
  return [
    {
      name: `a committed transaction, ${at}`,
      value: costUs,
      unit,
      ...beside(floorOf(SIZES, cost, DESIGNED), 'batches of 16'),
      goal,
    },
    {
      name: `the same, ${at}`,
      value: costUs,
      unit,
      ...beside(floorOf(SIZES, cost, batches), 'the batches that came'),
    },
    {
      name: `the least cryptography with ${at}, where nobody waits for company`,
      value: leastOf(SIZES, cost, HOLDERS, underWay),
      unit: 'us CPU',
      against: `crypto floor, ${floorOf(SIZES, cost, DESIGNED).totalUs.toFixed(0)} us at batches of 16`,
      ratio: leastOf(SIZES, cost, HOLDERS, underWay) / floorOf(SIZES, cost, DESIGNED).totalUs,
    },
    { name: `of that, the loop, ${at}`, value: loopUs, unit: 'us CPU' },
    {
      name: `what the city spends afterwards in the time of one, ${at}`,
      value: restUs,
      unit: 'us CPU',
    },
    ...Object.entries(batches).map(([of, size]): Row => ({
      name: `in a batch: ${of}, mean, ${at}`,
      value: size,
      unit: '',
    })),
    ...operationRows(measure, batches),
    ...trafficRows(measure),
    ...[...jobs].map(([job, tally]): Row => ({
      name: `${job}, ${at}`,
      value: tally.jobs / count,
      unit: `jobs a transaction, of ${(tally.works / tally.jobs).toFixed(1)} each`,
    })),
    { name: `committed a second, ${at}`, value: perSecond, unit: '1/s' },
    { name: `from sent to COMMITTED, median, ${at}`, value: quantile(0.5), unit: 'ms' },
    { name: `from sent to COMMITTED, p99, ${at}`, value: quantile(0.99), unit: 'ms' },
  ];
}

/** How often each operation was done, beside the floor of the batches that came: what is above it was done twice. */
function operationRows({ operations, count, underWay }: Measured, batches: Batches): Row[] {
  const floor = countsOf(SIZES, batches);
  return Object.entries(operations).map(([what, done]): Row => {
    const needed = floor[what as Operation];
    return {
      name: `${what}, ${underWay} under way`,
      value: done / count,
      unit: 'a transaction',
      against: `the floor's ${needed.toFixed(1)} at the batches that came`,
      ratio: done / count / needed,
    };
  });
}

const TRAFFIC: Readonly<Record<keyof Traffic, string>> = {
  frames: 'frames between processes',
  frameBytes: 'bytes in frames',
  commits: 'commits to small state',
  rows: 'rows written',
  rowBytes: 'bytes in rows',
  reads: 'rows read',
};

const trafficRows = ({ traffic, count, underWay }: Measured): Row[] =>
  Object.entries(TRAFFIC).map(([what, name]): Row => ({
    name: `${name}, ${underWay} under way`,
    value: traffic[what as keyof Traffic] / count,
    unit: 'a transaction',
  }));

function natsRows(measure: Measured, cost: Prices): Row[] {
  const floor = floorOf(SIZES, cost, DESIGNED).totalUs;
  const own = floorOf(SIZES, cost, batchesOf(measure)).totalUs;
  const { underWay, costUs } = measure;
  const at = `over NATS, ${underWay} under way`;
  const unit = 'us CPU, everything, server included';
  const beside = (us: number, of: string) => ({
    against: `crypto floor, ${us.toFixed(0)} us at ${of}`,
    ratio: costUs / us,
  });
  const name = `a committed transaction, ${at}`;
  return [
    { name, value: costUs, unit, ...beside(floor, 'batches of 16'), goal: '<= 3.0x' },
    { name: `the same, ${at}`, value: costUs, unit, ...beside(own, 'the batches that came') },
  ];
}

const partRows = (of: string, { parts }: Floor): Row[] =>
  Object.entries(parts).map(([part, us]): Row => ({
    name: `${of}: ${part}`,
    value: us,
    unit: 'us CPU',
  }));

export const bench: Bench = {
  name: 'pipeline',
  question: 'what does a committed transaction cost, beside the cryptography that it cannot avoid?',
  run,
};

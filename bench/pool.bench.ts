/**
 * What does it cost to have a tiny job done by another thread: many at once through the pool, one
 * after another through the pool, and by a bare `postMessage` there and back, many at once and one
 * after another? And what does it cost to send 1 MiB there and back?
 *
 * CPU time is the whole process's, all threads together: what the machine pays for a job. Time is the
 * clock's, for one job at a time, where waiting is what counts. Verified first: each job comes back
 * with its own result.
 */
import { Worker } from 'node:worker_threads';
import type { Plain } from '#protocols/effect.ts';
import { ThreadedPool } from '#runtime/pool/threaded-pool.ts';
import { median, type Bench, type Row } from './bench.ts';
import { BARE } from './pool-jobs.ts';

const REPEATS = 7;
const MANY = 10_000;
const FEW = 2_000;
const LARGE = 50;
const LARGE_BYTES = 1024 * 1024;
const JOBS = new URL('./pool-jobs.ts', import.meta.url);

type Ask = (input: Plain) => Promise<Plain>;

const allAtOnce = (ask: Ask, times: number): Promise<Plain[]> =>
  Promise.all(Array.from({ length: times }, (_, i) => ask(i)));

async function oneByOne(ask: Ask, times: number): Promise<Plain[]> {
  const all: Plain[] = [];
  for (let i = 0; i < times; i++) all.push(await ask(i));
  return all;
}

/** What anyone would write first: a message for each job, answered in order. */
function bareAsk(worker: Worker): Ask {
  const waiting: ((output: Plain) => void)[] = [];
  let answered = 0;
  worker.on('message', (output: Plain) => {
    waiting[answered++]!(output);
    if (answered < waiting.length) return;
    waiting.length = 0;
    answered = 0;
  });
  return (input) =>
    new Promise((resolve) => {
      waiting.push(resolve);
      worker.postMessage(input, []);
    });
}

const poolAsk =
  (pool: ThreadedPool, job: string): Ask =>
  (input) =>
    new Promise((resolve, reject) => {
      pool.run(job, input, (outcome) => {
        if (outcome.ok) resolve(outcome.output);
        else reject(new Error(outcome.why));
      });
    });

interface Cost {
  readonly cpuMicros: number;
  readonly micros: number;
}

async function costOf(times: number, work: (times: number) => Promise<unknown>): Promise<Cost> {
  const [cpu, began] = [process.cpuUsage(), performance.now()];
  await work(times);
  const micros = (performance.now() - began) * 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { cpuMicros: (user + system) / times, micros: micros / times };
}

interface Contender {
  readonly name: string;
  readonly times: number;
  readonly work: (times: number) => Promise<unknown>;
}

async function interleaved(contenders: readonly Contender[]): Promise<Map<string, Cost>> {
  const costs = contenders.map((): Cost[] => []);
  for (let repeat = 0; repeat <= REPEATS; repeat++) {
    for (const [i, { times, work }] of contenders.entries()) {
      const cost = await costOf(times, work);
      if (repeat > 0) costs[i]!.push(cost);
    }
  }
  const medianOf = (all: readonly Cost[]): Cost => ({
    cpuMicros: median(all.map(({ cpuMicros }) => cpuMicros)),
    micros: median(all.map(({ micros }) => micros)),
  });
  return new Map(contenders.map(({ name }, i) => [name, medianOf(costs[i]!)]));
}

async function verify(ask: Ask, who: string): Promise<void> {
  const all = await allAtOnce(ask, 1_000);
  if (!all.every((output, i) => output === i + 1)) throw new Error(`bench pool: ${who} miscounts`);
}

async function measure(pool: ThreadedPool, worker: Worker): Promise<readonly Row[]> {
  const [increment, echo, bare] = [
    poolAsk(pool, 'increment'),
    poolAsk(pool, 'echo'),
    bareAsk(worker),
  ];
  await verify(increment, 'the pool');
  await verify(bare, 'the bare worker');
  const large = new Uint8Array(LARGE_BYTES).fill(7);
  const back = await echo(large);
  if (
    !(back instanceof Uint8Array) ||
    back.length !== LARGE_BYTES ||
    large.length !== LARGE_BYTES
  ) {
    throw new Error('bench pool: bytes were lost');
  }
  const costs = await interleaved([
    { name: 'pool, many', times: MANY, work: (times) => allAtOnce(increment, times) },
    { name: 'bare, many', times: MANY, work: (times) => allAtOnce(bare, times) },
    { name: 'pool, one', times: FEW, work: (times) => oneByOne(increment, times) },
    { name: 'bare, one', times: FEW, work: (times) => oneByOne(bare, times) },
    { name: 'large', times: LARGE, work: (times) => oneByOne(() => echo(large), times) },
    { name: 'clone', times: LARGE, work: async (times) => cloned(large, 2 * times) },
  ]);
  const row = (name: string, a: string, b: string, what: keyof Cost, against: string): Row => {
    const [value, other] = [costs.get(a)![what], costs.get(b)![what]];
    return { name, value, unit: 'us', against, ratio: other / value };
  };
  return [
    row(
      'tiny jobs, many at once, CPU each',
      'pool, many',
      'bare, many',
      'cpuMicros',
      'bare postMessage',
    ),
    row(
      'tiny jobs, many at once, CPU each',
      'pool, many',
      'bare, one',
      'cpuMicros',
      'bare round trip',
    ),
    row('tiny job, alone, CPU', 'pool, one', 'bare, one', 'cpuMicros', 'bare round trip'),
    row('tiny job, alone, time', 'pool, one', 'bare, one', 'micros', 'bare round trip'),
    row('1 MiB there and back, CPU', 'large', 'clone', 'cpuMicros', 'two structured clones'),
  ];
}

function cloned(bytes: Uint8Array, times: number): void {
  for (let i = 0; i < times; i++) structuredClone(bytes);
}

async function run(): Promise<readonly Row[]> {
  const pool = new ThreadedPool(JOBS.href, { threads: 1 });
  const worker = new Worker(JOBS, { workerData: BARE });
  try {
    return await measure(pool, worker);
  } finally {
    await Promise.all([pool.close(), worker.terminate()]);
  }
}

export const bench: Bench = {
  name: 'pool',
  question:
    'What does it cost to have a tiny job done by another thread, beside a bare postMessage?',
  run,
};

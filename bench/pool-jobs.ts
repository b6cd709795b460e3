/** The jobs of pool.bench.ts, for the pool and, on a bare port, for the bare worker beside it. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Plain } from '#protocols/effect.ts';
import type { Jobs } from '#runtime/pool/jobs.ts';

const increment = (input: Plain): Plain => (input as number) + 1;

export const jobs: Jobs = {
  increment,
  echo: (input) => input,
};

export const BARE = 'bare worker of the pool bench';

if (workerData === BARE)
  parentPort!.on('message', (input: Plain) => parentPort!.postMessage(increment(input), []));

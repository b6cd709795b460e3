/**
 * The pool of a process: threads, or none. Threads are started by the first job: a process without any
 * work for them has none.
 */
import { jobs } from '#actors/jobs.ts';
import { offerCityBackends } from '#runtime/backends.ts';
import { inlinePool } from '#runtime/pool/inline-pool.ts';
import { ThreadedPool } from '#runtime/pool/threaded-pool.ts';
import type { Pool } from '#runtime/ports.ts';

export interface OpenPool extends Pool {
  readonly close: () => Promise<void>;
}

/** With no threads, jobs run on the loop, between turns. */
export async function openPool(threads: number): Promise<OpenPool> {
  if (threads === 0) {
    await offerCityBackends(process.env['CITY_CHAIN_BACKENDS']);
    return { ...inlinePool(jobs), close: async () => undefined };
  }
  let pool: ThreadedPool | undefined;
  const started = (): ThreadedPool =>
    (pool ??= new ThreadedPool(import.meta.resolve('./pool-jobs.ts'), { threads }));
  return {
    run: (job, input, then) => started().run(job, input, then),
    turn: (then) => started().turn(then),
    close: async () => pool?.close(),
  };
}

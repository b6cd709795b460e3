/**
 * The pool of a process: threads, or none. Threads are started by the first job: a process without any
 * work for them has none.
 */
import { jobs as keeperJobs } from '#actors/keeper-jobs.ts';
import { offerCityBackends, offerKeeperBackends } from '#runtime/backends.ts';
import { inlinePool } from '#runtime/pool/inline-pool.ts';
import { ThreadedPool } from '#runtime/pool/threaded-pool.ts';
import type { Pool } from '#runtime/ports.ts';

export interface OpenPool extends Pool {
  readonly close: () => Promise<void>;
}

/** With no threads, jobs run on the loop, between turns. `isKeeper`: no node of this process draws or judges. */
export async function openPool(threads: number, isKeeper: boolean): Promise<OpenPool> {
  if (threads === 0) {
    const offer = isKeeper ? offerKeeperBackends : offerCityBackends;
    await offer(process.env['CITY_CHAIN_BACKENDS']);
    const jobs = isKeeper ? keeperJobs : (await import('#actors/jobs.ts')).jobs;
    return { ...inlinePool(jobs), close: async () => undefined };
  }
  const module = isKeeper ? './keeper-jobs.ts' : './pool-jobs.ts';
  let pool: ThreadedPool | undefined;
  const started = (): ThreadedPool =>
    (pool ??= new ThreadedPool(import.meta.resolve(module), { threads }));
  return {
    run: (job, input, then) => started().run(job, input, then),
    turn: (then) => started().turn(then),
    close: async () => pool?.close(),
  };
}

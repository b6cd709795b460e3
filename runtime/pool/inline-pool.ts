/** A pool without threads: jobs run on the loop, one a turn. For small processes and for tests. */
import type { Pool, Scheduler } from '../ports.ts';
import { eventLoop } from '../wall-clock.ts';
import { runJob, type Jobs } from './jobs.ts';

export function inlinePool(jobs: Jobs, scheduler: Scheduler = eventLoop): Pool {
  const later = (then: () => void): (() => void) => {
    let isWanted = true;
    scheduler.soon(() => {
      if (isWanted) then();
    });
    return () => {
      isWanted = false;
    };
  };
  return {
    run: (job, input, then) => later(() => then(runJob(jobs, job, input))),
    turn: later,
  };
}

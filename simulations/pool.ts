/**
 * The compute pool of one simulated node: jobs run inline, and their outcomes come back after a drawn
 * delay, in any order, as from threads. A worker that crashes fails the job that it was at.
 */
import type { Entropy } from '#protocols/effect.ts';
import { refused, runJob, type Jobs } from '#runtime/pool/jobs.ts';
import type { Clock, Pool } from '#runtime/ports.ts';
import { between, happens, NEVER, type Ratio, type Span } from './chance.ts';

export interface PoolFaults {
  readonly jobMs: Span;
  /** How often a job takes its worker down with it. */
  readonly crashes: Ratio;
}

export const CALM_POOL: PoolFaults = { jobMs: [0, 3], crashes: NEVER };

/** `faults` are asked at each job, so that a scenario can change them. */
export function simulatedPool(
  clock: Clock,
  entropy: Entropy,
  jobs: Jobs,
  faults: () => PoolFaults = () => CALM_POOL,
): Pool {
  return {
    run: (job, input, then) => {
      const { jobMs, crashes } = faults();
      const crashed = happens(entropy, crashes);
      return clock.after(between(entropy, jobMs), () =>
        then(crashed ? refused('the worker crashed') : runJob(jobs, job, input)),
      );
    },
  };
}

/**
 * The compute pool of one simulated node: jobs run inline, and their outcomes come back after a drawn
 * delay, in any order, as from threads. A worker that crashes fails the job that it was at.
 *
 * Where jobs have a price, as for measuring, each takes what it costs on one of so many workers, and waits
 * until one is free.
 */
import type { Entropy, Plain } from '#protocols/effect.ts';
import { refused, runJob, type Jobs } from '#runtime/pool/jobs.ts';
import type { Clock, Pool } from '#runtime/ports.ts';
import { between, happens, NEVER, type Ratio, type Span } from './chance.ts';

export interface Priced {
  readonly workers: number;
  readonly msOf: (job: string, input: Plain) => number;
}

export interface PoolFaults {
  readonly jobMs: Span;
  /** Instead of `jobMs`. */
  readonly priced?: Priced;
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
  const bench = new Workbench(clock);
  return {
    run: (job, input, then) => {
      const { jobMs, priced, crashes } = faults();
      const crashed = happens(entropy, crashes);
      const ms =
        priced === undefined
          ? between(entropy, jobMs)
          : bench.take(priced, priced.msOf(job, input));
      return clock.after(ms, () =>
        then(crashed ? refused('the worker crashed') : runJob(jobs, job, input)),
      );
    },
    turn: (then) => {
      const { priced } = faults();
      return clock.after(priced === undefined ? 0 : bench.freeIn(priced), then);
    },
  };
}

/** When each worker of a pool is free again. */
class Workbench {
  readonly #clock: Clock;
  #freeAt: number[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** In how many milliseconds whoever is free first has done it. */
  take(priced: Priced, ms: number): number {
    const free = this.#free(priced);
    const first = Math.min(...free);
    this.#freeAt = free.with(free.indexOf(first), first + ms);
    return first + ms - this.#clock.now();
  }

  /** In how many milliseconds somebody is. */
  freeIn(priced: Priced): number {
    return Math.min(...this.#free(priced)) - this.#clock.now();
  }

  #free({ workers }: Priced): number[] {
    const now = this.#clock.now();
    return Array.from({ length: workers }, (_, i) => Math.max(now, this.#freeAt[i] ?? 0));
  }
}

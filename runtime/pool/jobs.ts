/**
 * Jobs: what a pool can compute. A root names a module that exports `jobs`; worker threads import it
 * by its address, the simulator imports the same one and runs it inline.
 *
 * A job is a function of its input alone: it may run on any thread, again, or for nobody. It does not
 * change its input, and what it returns is its own to give away.
 */
import type { Plain } from '#protocols/effect.ts';
import type { Computed } from '../ports.ts';

export type Jobs = Readonly<Record<string, (input: Plain) => Plain>>;

/** What a job comes to. A throw is the job's outcome, not the end of whoever runs it. */
export function runJob(jobs: Jobs, name: string, input: Plain): Computed {
  if (!Object.hasOwn(jobs, name)) return refused(`no job is called ${name}`);
  try {
    return { ok: true, output: jobs[name]!(input) };
  } catch (error) {
    return refused(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }
}

export const refused = (why: string): Computed => ({ ok: false, why });

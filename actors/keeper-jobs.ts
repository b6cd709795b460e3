/** The jobs of whoever only holds: what holders, hearts and tips ask for, without all that delegates load (jobs.ts). */
import { assert } from '#lib/assert.ts';
import { SIGN_JOB } from '#protocols/batching.ts';
import { HOLD_JOBS } from '#protocols/hold/jobs.ts';
import { PRESENCE_JOBS } from '#protocols/presence/jobs.ts';
import { SENDING_JOBS } from '#protocols/sending/jobs.ts';
import { TIP_JOBS } from '#protocols/tip/jobs.ts';
import type { Jobs } from '#runtime/pool/jobs.ts';

export const jobs: Jobs = together(HOLD_JOBS, PRESENCE_JOBS, TIP_JOBS, {
  [SIGN_JOB]: SENDING_JOBS[SIGN_JOB]!,
});

/** Several tables as one. */
export function together(...tables: readonly Jobs[]): Jobs {
  const all = Object.assign({}, ...tables) as Jobs;
  const count = tables.reduce((sum, table) => sum + Object.keys(table).length, 0);
  assert(Object.keys(all).length === count, 'each job has a name of its own');
  return all;
}

/** What a level leaves to the pool: signing, and verifying many at once. */
import { sign, verifyMany, type SignJob, type VerifyJob } from '#algorithms/signature.ts';
import type { Plain } from '../effect.ts';

export const LEVEL_JOBS = {
  'level.sign': (job: Plain): Plain => sign(job as unknown as SignJob),
  'level.verify': (jobs: Plain): Plain => verifyMany(jobs as unknown as VerifyJob[]),
} as const;

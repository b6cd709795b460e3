/** What a continent leaves to the pool: signing, and verifying many at once. */
import { sign, verifyMany, type SignJob, type VerifyJob } from '#algorithms/signature.ts';
import type { Plain } from '../effect.ts';

export const CONTINENT_JOBS = {
  'continent.sign': (job: Plain): Plain => sign(job as unknown as SignJob),
  'continent.verify': (jobs: Plain): Plain => verifyMany(jobs as unknown as VerifyJob[]),
} as const;

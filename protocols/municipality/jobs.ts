/** What a municipality leaves to the pool besides coins (abba/jobs.ts): signing, and verifying many at once. */
import { sign, verifyMany, type SignJob, type VerifyJob } from '#algorithms/signature.ts';
import type { Plain } from '../effect.ts';

export const MUNICIPALITY_JOBS = {
  'municipality.sign': (job: Plain): Plain => sign(job as unknown as SignJob),
  'municipality.verify': (jobs: Plain): Plain => verifyMany(jobs as unknown as VerifyJob[]),
} as const;

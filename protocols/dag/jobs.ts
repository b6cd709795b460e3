/** What a city leaves to the pool: signing a vertex, and verifying signatures, many at once. */
import { sign, verifyMany, type SignJob, type VerifyJob } from '#algorithms/signature.ts';
import type { Plain } from '../effect.ts';

export const CITY_JOBS = {
  'city.sign': (job: Plain): Plain => sign(job as unknown as SignJob),
  'city.verify': (jobs: Plain): Plain => verifyMany(jobs as unknown as VerifyJob[]),
} as const;

/** What rooting leaves to the pool: verifying what a quorum above signed. */
import { verifyMany, type VerifyJob } from '#algorithms/signature.ts';
import type { Plain } from '../effect.ts';

export const ROOTING_JOBS = {
  'rooting.verify': (jobs: Plain): Plain => verifyMany(jobs as unknown as VerifyJob[]),
} as const;

/** What a tip leaves to the pool: the signatures of a quorum. */
import { verifyMany, type VerifyJob } from '#algorithms/signature.ts';
import type { Plain } from '../effect.ts';

export const TIP_JOBS = {
  'tip.verify': (jobs: Plain): Plain => verifyMany(jobs as unknown as VerifyJob[]),
} as const;

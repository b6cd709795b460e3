/** What a steward leaves to the pool. */
import { sign, type SignJob } from '#algorithms/signature.ts';
import { proven, type ProveJob } from '#algorithms/vrf.ts';
import type { Plain } from '../effect.ts';

export const STAKE_JOBS = {
  'stake.draw': (job: Plain): Plain => proven(job as unknown as ProveJob) as unknown as Plain,
  'stake.sign': (job: Plain): Plain => sign(job as unknown as SignJob),
} as const;

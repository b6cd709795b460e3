/**
 * All jobs of all actors, by name: what a pool can compute for them. The simulator runs these inline; a
 * process runs them on threads, which load cli/pool-jobs.ts.
 */
import { ABBA_JOBS } from '#protocols/abba/jobs.ts';
import { AUDIT_JOBS } from '#protocols/audit/jobs.ts';
import { CITY_JOBS } from '#protocols/dag/jobs.ts';
import { LEVEL_JOBS } from '#protocols/level/jobs.ts';
import { HOLD_JOBS } from '#protocols/hold/jobs.ts';
import { INGRESS_JOBS } from '#protocols/ingress/jobs.ts';
import { LEDGER_JOBS } from '#protocols/ledger/jobs.ts';
import { MUNICIPALITY_JOBS } from '#protocols/municipality/jobs.ts';
import { PRESENCE_JOBS } from '#protocols/presence/jobs.ts';
import { PROOF_JOBS } from '#protocols/proof/jobs.ts';
import { RECEIVING_JOBS } from '#protocols/receiving/jobs.ts';
import { ROOTING_JOBS } from '#protocols/rooting/jobs.ts';
import { SENDING_JOBS } from '#protocols/sending/jobs.ts';
import { STAKE_JOBS } from '#protocols/stake/jobs.ts';
import { TIP_JOBS } from '#protocols/tip/jobs.ts';
import type { Jobs } from '#runtime/pool/jobs.ts';
import { together } from './keeper-jobs.ts';

export const jobs: Jobs = together(
  ABBA_JOBS,
  AUDIT_JOBS,
  CITY_JOBS,
  LEVEL_JOBS,
  HOLD_JOBS,
  INGRESS_JOBS,
  LEDGER_JOBS,
  MUNICIPALITY_JOBS,
  PRESENCE_JOBS,
  PROOF_JOBS,
  RECEIVING_JOBS,
  ROOTING_JOBS,
  SENDING_JOBS,
  STAKE_JOBS,
  TIP_JOBS,
);

/** The ingress's heavy work: are these signatures of their senders? */
import { verifyMany, type VerifyJob } from '#algorithms/signature.ts';
import type { Plain } from '../effect.ts';

export const INGRESS_JOBS = {
  'ingress.verify': (input: Plain): Plain => verifyMany(input as unknown as readonly VerifyJob[]),
} as const;

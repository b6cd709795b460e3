/**
 * Jobs of presence: what is too heavy for a step. Each is a function of its input alone.
 *
 * | job                | does                                                | asked by             |
 * | ------------------ | --------------------------------------------------- | -------------------- |
 * | `presence.verify`  | signatures, one verdict each                        | replicas, presences  |
 */
import { verifyMany, type VerifyJob } from '#algorithms/signature.ts';
import type { Plain } from '../effect.ts';

type Job = (input: Plain) => Plain;

/** What comes out of a step goes into a job as it is: the pool's types know only that it is plain. */
const job = <I, O extends Plain>(run: (input: I) => O): Job => run as unknown as Job;

export const PRESENCE_JOBS: Readonly<Record<string, Job>> = {
  'presence.verify': job((input: readonly VerifyJob[]) => verifyMany(input)),
};

/**
 * What came from others and is not verified yet: queued, given to the pool together, believed or dropped.
 *
 * Bound: of each sender `SENDER_MAX`, of all `QUEUE_MAX`; whoever is honest says again what was dropped.
 */
import type { VerifyJob } from '#algorithms/signature.ts';
import { assert } from '#lib/assert.ts';
import { compute, type Effect, type Plain } from './effect.ts';
import type { NodeAddress } from './subjects.ts';

const SENDER_MAX = 32;
const QUEUE_MAX = 1_024;
const JOB_MAX = 256;

interface Unverified<C> {
  readonly claim: C;
  readonly from: NodeAddress;
  readonly jobs: readonly VerifyJob[];
}

export interface Verifying<C> {
  queue: Unverified<C>[];
  atWork: readonly Unverified<C>[];
}

export const nothingToVerify = <C>(): Verifying<C> => ({ queue: [], atWork: [] });

/** Dropped when there is no room. */
export function arrive<C>(
  { queue }: Verifying<C>,
  from: NodeAddress,
  claim: C,
  jobs: readonly VerifyJob[],
): void {
  const waiting = queue.filter((each) => each.from === from).length;
  if (waiting < SENDER_MAX && queue.length < QUEUE_MAX) queue.push({ claim, from, jobs });
}

/** Gives an idle verifier what waits. */
export function verifyNext<C>(verifying: Verifying<C>, job: string): Effect<never>[] {
  const { queue, atWork } = verifying;
  if (atWork.length > 0 || queue.length === 0) return [];
  let [taken, jobs] = [0, 0];
  while (taken < queue.length && (taken === 0 || jobs < JOB_MAX))
    jobs += queue[taken++]!.jobs.length;
  verifying.atWork = queue.slice(0, taken);
  verifying.queue = queue.slice(taken);
  return verifyAgain(verifying, job);
}

/** The pool failed: once more. */
export const verifyAgain = <C>({ atWork }: Verifying<C>, job: string): Effect<never>[] =>
  atWork.length === 0
    ? []
    : [compute('verify', job, atWork.flatMap(({ jobs }) => jobs) as unknown as Plain)];

/** Those claims all of whose signatures are good, and who brought them. */
export function verified<C>(
  verifying: Verifying<C>,
  verdicts: readonly boolean[],
): readonly (readonly [C, NodeAddress])[] {
  let at = 0;
  const good: (readonly [C, NodeAddress])[] = [];
  for (const { claim, from, jobs } of verifying.atWork) {
    if (verdicts.slice(at, at + jobs.length).every((each) => each)) good.push([claim, from]);
    at += jobs.length;
  }
  assert(at === verdicts.length, 'each job has its verdict');
  verifying.atWork = [];
  return good;
}

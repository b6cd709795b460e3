/**
 * What came from others and is not verified yet.
 *
 *   arrived --> queue --(the verifier is idle: all that waits, at once)--> pool --> believed, or refused
 *
 * Under load many share one job. Bounds: of each sender and in all; what comes beyond is dropped, since honest senders
 * say it again.
 */
import type { VerifyJob } from '#algorithms/signature.ts';
import type { Committed } from '../city-batch.ts';
import type { CityFork } from '../double-vote.ts';
import { compute, type Effect, type Plain } from '../effect.ts';
import type { NodeAddress } from '../subjects.ts';
import type { Named } from './graph.ts';

/** An answer to what we asked for, and as much unasked. */
const SENDER_MAX = 128;
const QUEUE_MAX = 2_048;
/** Signatures in one job: some 20 ms of them. */
const JOB_MAX = 256;

/** A claim that signatures prove. */
export type Claim =
  | { readonly is: 'vertex'; readonly vertex: Named }
  /** That we have spoken in that round. */
  | { readonly is: 'own'; readonly epoch: number; readonly round: number }
  | { readonly is: 'fork'; readonly fork: CityFork }
  | { readonly is: 'chain'; readonly chain: readonly Committed[]; readonly top: number };

interface Unverified {
  readonly claim: Claim;
  readonly from: NodeAddress;
  readonly jobs: readonly VerifyJob[];
  readonly name: string;
}

export interface Inbox {
  queue: Unverified[];
  atWork: readonly Unverified[];
  readonly of: Map<NodeAddress, number>;
  /** What waits, by content, whoever brought it. */
  readonly names: Set<string>;
}

export const emptyInbox = (): Inbox => ({ queue: [], atWork: [], of: new Map(), names: new Set() });

function nameOf(claim: Claim): string {
  if (claim.is === 'vertex') return claim.vertex.name;
  if (claim.is === 'fork') return 'fork';
  return claim.is === 'chain' ? `chain ${claim.top}` : `own ${claim.round}`;
}

/** False when there is no room. What waits already is not verified again. */
export function arrive(
  inbox: Inbox,
  from: NodeAddress,
  claim: Claim,
  jobs: readonly VerifyJob[],
): boolean {
  const waiting = inbox.of.get(from) ?? 0;
  if (waiting >= SENDER_MAX || inbox.queue.length >= QUEUE_MAX) return false;
  const name = `${from} ${nameOf(claim)}`;
  if (inbox.names.has(name)) return true;
  inbox.names.add(name);
  inbox.of.set(from, waiting + 1);
  inbox.queue.push({ claim, from, jobs, name });
  return true;
}

/** Gives an idle verifier what waits. */
export function verifyNext(inbox: Inbox): Effect<never>[] {
  if (inbox.atWork.length > 0 || inbox.queue.length === 0) return [];
  let [taken, jobs] = [0, 0];
  while (taken < inbox.queue.length && (taken === 0 || jobs < JOB_MAX)) {
    jobs += inbox.queue[taken++]!.jobs.length;
  }
  inbox.atWork = inbox.queue.slice(0, taken);
  inbox.queue = inbox.queue.slice(taken);
  return [again(inbox)];
}

/** Whether somebody's batches of before are being verified, or will be. */
export const hasChain = ({ queue, atWork }: Inbox): boolean =>
  [...atWork, ...queue].some(({ claim }) => claim.is === 'chain');

const again = ({ atWork }: Inbox): Effect<never> =>
  compute('verify', 'city.verify', atWork.flatMap(({ jobs }) => jobs) as unknown as Plain);

/** The pool failed: once more. */
export const verifyAgain = (inbox: Inbox): Effect<never>[] =>
  inbox.atWork.length === 0 ? [] : [again(inbox)];

/** What the pool found: of each claim whether all of its signatures are good. */
export interface Verified {
  readonly claim: Claim;
  readonly from: NodeAddress;
  readonly isGood: boolean;
}

export function verified(inbox: Inbox, verdicts: readonly boolean[]): Verified[] {
  let at = 0;
  const all = inbox.atWork.map(({ claim, from, jobs, name }): Verified => {
    const isGood = verdicts.slice(at, at + jobs.length).every((good) => good);
    at += jobs.length;
    inbox.names.delete(name);
    left(inbox, from);
    return { claim, from, isGood };
  });
  inbox.atWork = [];
  return all;
}

function left({ of }: Inbox, from: NodeAddress): void {
  const rest = of.get(from)! - 1;
  if (rest === 0) of.delete(from);
  else of.set(from, rest);
}

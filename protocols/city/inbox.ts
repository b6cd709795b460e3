/**
 * What came from others and is not verified yet.
 *
 *   arrived --> queue --(the verifier is idle, it is worth it: all that waits, at once)--> pool --> believed, or dropped
 *
 * When it is worth it: worth.ts. Under load many share one job. Bounds: of each sender and in all; what
 * comes beyond is dropped, since honest senders say it again.
 */
import type { VerifyJob } from '#algorithms/signature.ts';
import { hex } from '#lib/bytes.ts';
import { headDigest, type Committed } from '../city-batch.ts';
import type { Proposal, Vote } from '../city.messages.ts';
import { compute, type Effect, type Plain } from '../effect.ts';
import type { NodeAddress } from '../subjects.ts';
import type { Valid } from './agree.ts';

const SENDER_MAX = 64;
const QUEUE_MAX = 2_048;
/** Signatures in one job: some 20 ms of them. */
const JOB_MAX = 256;

/** A claim that signatures prove, and the height that it is about. */
export type Claim =
  | { readonly is: 'vote'; readonly vote: Vote }
  | { readonly is: 'proposal'; readonly proposal: Proposal }
  | { readonly is: 'proof'; readonly height: number; readonly valid: Valid }
  | {
      readonly is: 'chain';
      readonly from: NodeAddress;
      readonly chain: readonly Committed[];
      readonly top: number;
    };

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
  /** What waits, by sender and content: said again meanwhile, it is not verified again. */
  readonly names: Set<string>;
}

export const emptyInbox = (): Inbox => ({ queue: [], atWork: [], of: new Map(), names: new Set() });

/** False when there is no room. */
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

function nameOf(claim: Claim): string {
  switch (claim.is) {
    case 'vote': {
      const { member, height, round, step, batch } = claim.vote;
      return `${step} ${member} ${height} ${round} ${batch === undefined ? '' : hex(batch)}`;
    }
    case 'proposal': {
      const { round, batch, member } = claim.proposal;
      return `proposal ${member} ${round} ${hex(headDigest(batch.head))}`;
    }
    case 'proof':
      return `proof ${claim.height} ${claim.valid.quorum.round}`;
    default:
      return `chain ${claim.top}`;
  }
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

/** What of it is of no use any more goes unverified. */
export function forgetUnverified(inbox: Inbox, isOfUse: (claim: Claim) => boolean): void {
  const gone = inbox.queue.filter(({ claim }) => !isOfUse(claim));
  if (gone.length === 0) return;
  inbox.queue = inbox.queue.filter(({ claim }) => isOfUse(claim));
  for (const each of gone) left(inbox, each);
}

function left({ names, of }: Inbox, { name, from }: Unverified): void {
  names.delete(name);
  const rest = of.get(from)! - 1;
  if (rest === 0) of.delete(from);
  else of.set(from, rest);
}

const again = ({ atWork }: Inbox): Effect<never> =>
  compute('verify', 'city.verify', atWork.flatMap(({ jobs }) => jobs) as unknown as Plain);

/** The pool failed: once more. */
export const verifyAgain = (inbox: Inbox): Effect<never>[] =>
  inbox.atWork.length === 0 ? [] : [again(inbox)];

/** What the pool found: those claims all of whose signatures are good. */
export function verified(inbox: Inbox, verdicts: readonly boolean[]): Claim[] {
  let at = 0;
  const believed: Claim[] = [];
  for (const each of inbox.atWork) {
    const { claim, jobs } = each;
    const isGood = verdicts.slice(at, at + jobs.length).every((good) => good);
    at += jobs.length;
    if (isGood) believed.push(claim);
    left(inbox, each);
  }
  inbox.atWork = [];
  return believed;
}

/**
 * City proof: what the order of a city made of a transaction or an act, for anybody who has only its committee.
 *
 *   entry --(path)--> txRoot of head h                             it is ordered, in batch h, at this place
 *   outcome of the entry at this place --(path)--> step            what that did: COMMITTED, REJECTED, EXPIRED, ...
 *   stateRoot of head h --(step)--> stateRoot of head h + 1
 *   head h --(prev)--> head h + 1 <--(signatures)-- quorum
 *
 * Whoever ran the order is not asked: more than two thirds of the stake have signed head h + 1, which names head h and
 * the state after it. What stands in a batch and did nothing there (it had been decided before) has no outcome, and no
 * such proof.
 *
 * Nothing in it is there twice but what is compared, and each byte is bound by a hash or a signature: so no other
 * bytes prove the same (what quorums are made of apart: any signatures that suffice).
 *
 * Size: 2 heads of some 230 bytes, 32 bytes for each doubling of entries and of outcomes, and 3.4 KB for each delegate
 * of the quorum (ML-DSA-65).
 */
import { stampOf } from '#algorithms/clock/hlc.ts';
import type { VerifyJob } from '#algorithms/signature.ts';
import { isIncluded, pathOf, treeOf } from '#algorithms/merkle/tree.ts';
import { same } from '#lib/bytes.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import {
  CityHead,
  EntryProof,
  Entry,
  headDigest,
  isAct,
  isProved,
  isQuorumOf,
  proofOf,
  Quorum,
  quorumVerifyJobs,
  type Committed,
} from '../city-batch.ts';
import { outcomeLeaf, outcomeLeaves, outcomePath, stateAfter, StateStep } from '../city-state.ts';
import { count, record, type Infer } from '../codec.ts';
import type { Committee } from '../committee.ts';
import { Happened, PLACES } from '../happened.ts';
import type { Place } from '../subjects.ts';

export const CityProof = record({
  entry: Entry,
  /** Where it stands in batch h, whose head this has. */
  ordered: EntryProof,
  step: StateStep,
  outcome: Happened,
  /** Where that stands among what batch h did. */
  at: count(PLACES - 1),
  path: outcomePath,
  /** Of batch h + 1, and what makes it final. */
  next: CityHead,
  quorum: Quorum,
});
export type CityProof = Infer<typeof CityProof>;

/** Who must have sealed a batch of a city, by its epoch and height; nobody that is known of. */
export type SealersOf = (head: CityHead) => Committee | undefined;

export type CityFault =
  | 'not-in-batch'
  | 'not-its-outcome'
  | 'not-in-state'
  | 'not-next'
  | 'unknown-committee'
  | 'no-quorum';

/** What is true if all signatures are. */
export interface InCity {
  readonly place: Place;
  /** What the outcome is about: the entry's transaction, or the one that the entry, an act, is about. */
  readonly txId: Uint8Array;
  /** The act that did it, if it was one. */
  readonly act: Uint8Array | undefined;
  readonly state: Happened['state'];
  readonly cause: Uint8Array;
  /** Of a transaction with an op: what came of that. */
  readonly effect: Happened['effect'];
  /** Of the batch that ordered it, its time, and where in the order that is. */
  readonly height: number;
  readonly atMs: number;
  readonly number: number;
  /** The head that a municipality takes in: of batch h + 1. */
  readonly top: CityHead;
}

export interface Claimed<T> {
  readonly jobs: readonly VerifyJob[];
  readonly proved: T;
}

/** What is proved, and by which signatures; or the first thing that is wrong, whatever they are. */
export function cityProofJobs(
  network: Uint8Array,
  sealersOf: SealersOf,
  proof: CityProof,
): Result<Claimed<InCity>, CityFault> {
  const fault = hashFault(proof);
  if (fault !== undefined) return fail(fault);
  const { next, quorum } = proof;
  const committee = sealersOf(next);
  if (committee === undefined) return fail('unknown-committee');
  if (!isQuorumOf(committee, quorum)) return fail('no-quorum');
  const jobs = quorumVerifyJobs(network, committee, next, quorum);
  return ok({ jobs, proved: inCity(proof) });
}

function hashFault(proof: CityProof): CityFault | undefined {
  const { entry, ordered, step, outcome, at, path, next } = proof;
  const { head } = ordered;
  if (!isProved(ordered, entry)) return 'not-in-batch';
  if (!isOutcomeOf(proof)) return 'not-its-outcome';
  if (!isIncluded(step.outcomes, at, outcomeLeaf(outcome), path)) return 'not-in-state';
  if (!same(next.stateRoot, stateAfter(head.stateRoot, step))) return 'not-in-state';
  const isNext = next.place === head.place && next.height === head.height + 1;
  return isNext && same(next.prev, headDigest(head)) ? undefined : 'not-next';
}

/** What an act did is told of the transaction that it is about, with the act as its cause. */
function isOutcomeOf({ entry, ordered, outcome }: CityProof): boolean {
  if (outcome.number !== numberOf(ordered)) return false;
  return isAct(entry) ? same(outcome.cause, entry.cert) : same(outcome.txId, entry.txId);
}

const numberOf = ({ head, index }: Pick<EntryProof, 'head' | 'index'>): number =>
  head.height * PLACES + index;

/** What it says, if it is true. */
export function inCity({ entry, ordered: { head }, outcome, next }: CityProof): InCity {
  const { txId, state, cause, number, effect } = outcome;
  const act = isAct(entry) ? entry.cert : undefined;
  const { place, height } = head;
  const atMs = stampOf(head.at).wallMs;
  return { place, txId, act, state, cause, effect, height, atMs, number, top: next };
}

/** What a ledger has of two batches in a row. */
export interface Made {
  readonly of: Committed;
  readonly happened: readonly Happened[];
  readonly step: StateStep;
  readonly next: Committed;
}

/** Of the entry at a place of a batch; nothing when it did nothing there. */
export function cityProof(
  { of, happened, step, next }: Made,
  index: number,
): CityProof | undefined {
  const number = numberOf({ head: of.batch.head, index });
  const at = happened.findIndex((each) => each.number === number);
  if (at < 0) return undefined;
  return {
    entry: of.batch.entries[index]!,
    ordered: proofOf(of.batch, index),
    step,
    outcome: happened[at]!,
    at,
    path: pathOf(treeOf(outcomeLeaves(happened)), at),
    next: next.batch.head,
    quorum: next.quorum,
  };
}

/**
 * Object proof: what an object of a city was, or that it was not there, for anybody who has only the city's committee.
 *
 *   object --(path)--> root over all objects, after batch h - 1 --(step)--> stateRoot of head h <-- quorum
 *
 * Every batch with a time before that of head h is in that state, since times of batches only grow. So a proof that an object was
 * not there, by a head whose time is past a deadline, proves that no batch before the deadline has made it: ever.
 *
 * Size: a head, 32 bytes for each doubling of the objects of the city, and 3.4 KB for each delegate of the quorum.
 */
import { stampOf } from '#algorithms/clock/hlc.ts';
import { isProved, PATH_BYTES_MAX } from '#algorithms/merkle/sparse.ts';
import { same } from '#lib/bytes.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import { CityHead, isQuorumOf, Quorum, quorumVerifyJobs } from '../city-batch.ts';
import { stateAfter, StateStep } from '../city-state.ts';
import { bytes, optional, record, type Infer } from '../codec.ts';
import type { Committee } from '../committee.ts';
import type { Claimed } from '../proof/city-proof.ts';
import type { Place } from '../subjects.ts';
import { digest } from '../terms.ts';
import { CityObject, objectHash } from './object.ts';

export const ObjectProof = record({
  name: digest,
  object: optional(CityObject),
  path: bytes(0, PATH_BYTES_MAX),
  /** What stands where an object would stand that is not there. */
  other: optional(record({ name: digest, value: digest })),
  /** The state before batch h - 1, and what that batch added to it. */
  before: digest,
  step: StateStep,
  head: CityHead,
  quorum: Quorum,
});
export type ObjectProof = Infer<typeof ObjectProof>;

export type ObjectFault = 'not-in-objects' | 'not-in-state' | 'unknown-committee' | 'no-quorum';

/** What is true if all signatures are. */
export interface InObjects {
  readonly place: Place;
  readonly name: Uint8Array;
  readonly object: CityObject | undefined;
  /** The last batch that may have changed it; whatever comes after it is not before `atMs`. */
  readonly height: number;
  readonly atMs: number;
}

/** What is proved, and by which signatures; or the first thing that is wrong, whatever they are. */
export function objectProofJobs(
  network: Uint8Array,
  committeeOf: (head: CityHead) => Committee | undefined,
  proof: ObjectProof,
): Result<Claimed<InObjects>, ObjectFault> {
  const { name, object, path, other, before, step, head, quorum } = proof;
  const hashed = object === undefined ? undefined : objectHash(object);
  if (!isProved(step.accounts, name, hashed, { path, other })) return fail('not-in-objects');
  if (!same(head.stateRoot, stateAfter(before, step))) return fail('not-in-state');
  const committee = committeeOf(head);
  if (committee === undefined) return fail('unknown-committee');
  if (!isQuorumOf(committee, quorum)) return fail('no-quorum');
  const jobs = quorumVerifyJobs(network, committee, head, quorum);
  const { place, height } = head;
  const atMs = stampOf(head.at).wallMs;
  return ok({ jobs, proved: { place, name, object, height: height - 1, atMs } });
}

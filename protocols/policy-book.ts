/**
 * The policies of a city, by the height from which they hold: a function of its batches, and so the same
 * wherever the same batches were followed.
 *
 *   batch    41       42 [change: 2]     43 ............ 97 [change: 3]     98
 *   policy   1        1                  2               2                  3
 *
 * A change that is ordered in a batch holds from the next one on. It must be the next version; of two
 * changes that were made at once the first one ordered wins and the other is stale. A change that cannot
 * be read, or resolved, or changes nothing, is refused by everyone alike and leaves the old one in force.
 *
 * Whether the terms of a manifest may be ordered is asked with the book and the time of the last batch: they
 * must be those of the version in force, or, for a minute of the batches' time, of the one before, since a
 * transaction takes a moment from its draw to its place in the order.
 */
import { stampOf } from '#algorithms/clock/hlc.ts';
import type { InForce, Policy as PolicyNumbers } from '#config/policy.ts';
import { assert } from '#lib/assert.ts';
import { attempt } from '#lib/attempt.ts';
import { same } from '#lib/bytes.ts';
import { bytes, count, list, record, toBytes, whole, type Infer } from './codec.ts';
import { height, type CityBatch } from './city-batch.ts';
import type { EligibleList } from './eligibility.ts';
import { inForce, policyBytes, readPolicyBytes, type Resolved } from './policy.ts';
import { unixMs } from './terms.ts';
import { areTermsOf } from './terms-of.ts';

export const POLICY_BYTES_MAX = 60_000;
/** How long terms of the version before are taken. */
export const GRACE_MS = 60_000;
const ERAS_MAX = 4;

export const policyVersion = count(0xffff_ffff);
export const policyContent = bytes(1, POLICY_BYTES_MAX);

/** What a city batch carries: the next version, and the policy as its canonical bytes. */
export const PolicyChange = record({ version: policyVersion, bytes: policyContent });
export type PolicyChange = Infer<typeof PolicyChange>;

export interface Era {
  readonly policy: InForce;
  /** The first height at which it holds. */
  readonly fromHeight: number;
  /** The time of the batch that carried it. */
  readonly sinceMs: number;
}

export interface Book {
  /** The last batch that was followed. */
  readonly height: number;
  /** The newest last, and the few before it. */
  readonly eras: readonly Era[];
}

export const bookOf = (first: PolicyNumbers): Book => ({
  height: 0,
  eras: [{ policy: inForce(1, first), fromHeight: 1, sinceMs: 0 }],
});

/** What holds for the next batch. */
export const newestOf = ({ eras }: Book): InForce => eras.at(-1)!.policy;

export type ChangeFault = 'malformed' | 'stale' | 'unchanged';

export interface Followed {
  readonly book: Book;
  /** Why the change of this batch changes nothing. */
  readonly refused: ChangeFault | undefined;
}

/** The book after the next batch. One that was followed already changes nothing. */
export function follow(book: Book, { head, change }: CityBatch): Followed {
  if (head.height <= book.height) return { book, refused: undefined };
  assert(head.height === book.height + 1, 'batches are followed one after another');
  const there = { ...book, height: head.height };
  if (change === undefined) return { book: there, refused: undefined };
  const policy = changed(newestOf(book), change);
  if (typeof policy === 'string') return { book: there, refused: policy };
  const era = { policy, fromHeight: head.height + 1, sinceMs: stampOf(head.at).wallMs };
  return { book: { ...there, eras: [...book.eras, era].slice(-ERAS_MAX) }, refused: undefined };
}

/** The policy that a change leads to from the one in force; or why there is none. */
export function changed(from: InForce, change: Uint8Array): InForce | ChangeFault {
  const read = attempt(() => whole(PolicyChange, change));
  const policy = read && attempt(() => readPolicyBytes(read.bytes));
  if (read === undefined || policy === undefined) return 'malformed';
  if (read.version !== from.version + 1) return 'stale';
  return same(read.bytes, policyBytes(from.policy)) ? 'unchanged' : inForce(read.version, policy);
}

/** Until when, in the batches' time, terms of a version are taken: not any more, for a minute, or for good. */
export function takenUntilMs({ eras }: Book, version: number): number {
  const { policy, sinceMs } = eras.at(-1)!;
  if (version >= policy.version) return Infinity;
  return version === policy.version - 1 ? sinceMs + GRACE_MS : -Infinity;
}

/** Whether these are the terms that their version of the policy gives, and the version is one of late. */
export function areRight({ eras }: Book, { terms, list: of, txId }: Asked): boolean {
  const era = eras.find(({ policy }) => policy.version === terms.version);
  return era !== undefined && areTermsOf(era.policy, of, txId, terms);
}

export interface Asked {
  readonly terms: Resolved;
  readonly list: EligibleList;
  readonly txId: Uint8Array;
}

const KeptBook = record({
  height,
  eras: list(
    record({ version: policyVersion, bytes: policyContent, fromHeight: height, sinceMs: unixMs }),
    ERAS_MAX,
  ),
});

/** As it is kept. */
export const bookBytes = ({ height: at, eras }: Book): Uint8Array =>
  toBytes(KeptBook, {
    height: at,
    eras: eras.map(({ policy: { version, policy }, fromHeight, sinceMs }) => ({
      version,
      bytes: policyBytes(policy),
      fromHeight,
      sinceMs,
    })),
  });

export function readBook(kept: Uint8Array): Book {
  const { height: at, eras } = whole(KeptBook, kept);
  return {
    height: at,
    eras: eras.map(({ version, bytes: of, fromHeight, sinceMs }) => ({
      policy: inForce(version, readPolicyBytes(of)),
      fromHeight,
      sinceMs,
    })),
  };
}

/**
 * Escrow of a data key by shares: any `threshold` delegates open it together, and a public deed commits
 * to each share and to the key. Post-quantum, unlike the escrow under one threshold key
 * (threshold/escrow.ts), which in return needs no capsule for each delegate.
 *
 *   deal      key -> share 1 ... share n, sealed to the delegates one by one (seal.ts, role escrow)
 *                    deed: threshold | H(key) | H(share 1) ... H(share n), in the manifest
 *   recover   any threshold shares that match the deed -> key, if it matches the deed
 *
 * Safety: fewer than `threshold` delegates learn nothing (shares and key are uniform, so hashes of them hide them).
 * A wrong share is named by its commitment, and never enters the key: nobody can spoil an opening.
 * A dealer who committed to shares of different keys is found out at the first opening (`crooked`):
 * the shares and the deed are the evidence. That cannot be seen earlier: sharing is not verifiable
 * in public without a group, and no group here is post-quantum (consensus notes, 3j).
 *
 * A commitment is SHA-256("city-chain/escrow" 0 | version | transaction | threshold | count | index |
 * bytes), index 0 for the key: no commitment stands for another transaction, deed or place.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { assert } from '#lib/assert.ts';
import { concat, same, utf8 } from '#lib/bytes.ts';
import { combine, type Share, SHARES_MAX, split } from './shamir.ts';

/** What is public about a deal. Read from a peer, so nothing in it is certain but its types. */
export interface Deed {
  /** 32 bytes. */
  readonly transaction: Uint8Array;
  readonly threshold: number;
  readonly keyCommitment: Uint8Array;
  /** Of share 1, 2, ...: as many as there are shares. */
  readonly shareCommitments: readonly Uint8Array[];
}

export interface DealJob {
  readonly transaction: Uint8Array;
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly threshold: number;
  readonly count: number;
  /** 32 (threshold - 1) bytes, never used twice. */
  readonly entropy: Uint8Array;
}

/** `wrong`: places of the shares that do not match the deed, in order of arrival. */
export type Recovery = { readonly wrong: readonly number[] } & (
  | { readonly kind: 'recovered'; readonly key: Uint8Array }
  | { readonly kind: 'too-few'; readonly missing: number }
  | { readonly kind: 'crooked' }
);

const VERSION = 1;
const KEY_BYTES = 32;
const TAG = concat(utf8('city-chain/escrow\0'), Uint8Array.of(VERSION));

export function deal(job: DealJob): { readonly deed: Deed; readonly shares: readonly Share[] } {
  const { transaction, key, threshold, count } = job;
  assert(transaction.length === 32, 'a transaction id has 32 bytes');
  assert(key.length === KEY_BYTES, 'a data key has 32 bytes');
  const shares = split(key, threshold, count, job.entropy);
  const commit = committing(transaction, threshold, count);
  const deed = {
    transaction,
    threshold,
    keyCommitment: commit(0, key),
    shareCommitments: shares.map(({ index, bytes }) => commit(index, bytes)),
  };
  return { deed, shares };
}

/** Could come from `deal`, as far as its form goes. */
export const isDeed = (deed: Deed): boolean =>
  deed.transaction.length === 32 &&
  Number.isInteger(deed.threshold) &&
  deed.threshold >= 1 &&
  deed.threshold <= deed.shareCommitments.length &&
  deed.shareCommitments.length <= SHARES_MAX;

/** The share that the deed commits to. Total in `share`; a delegate asks this on receipt. */
export function isShare(deed: Deed, { index, bytes }: Share): boolean {
  const expected = deed.shareCommitments[index - 1];
  if (expected === undefined || bytes.length !== KEY_BYTES) return false;
  const commit = committing(deed.transaction, deed.threshold, deed.shareCommitments.length);
  return same(commit(index, bytes), expected);
}

/** Total in `shares`: wrong ones are named and left out, repeated ones count once. */
export function recover(deed: Deed, shares: readonly Share[]): Recovery {
  assert(isDeed(deed), 'a deed is looked at before it is used');
  const wrong: number[] = [];
  const right = new Map<number, Share>();
  for (const share of shares) {
    if (isShare(deed, share)) right.set(share.index, share);
    else wrong.push(share.index);
  }
  const missing = deed.threshold - right.size;
  if (missing > 0) return { kind: 'too-few', missing, wrong };
  const key = combine([...right.values()].slice(0, deed.threshold));
  const commit = committing(deed.transaction, deed.threshold, deed.shareCommitments.length);
  if (!same(commit(0, key), deed.keyCommitment)) return { kind: 'crooked', wrong };
  return { kind: 'recovered', key, wrong };
}

const committing =
  (transaction: Uint8Array, threshold: number, count: number) =>
  (index: number, bytes: Uint8Array): Uint8Array =>
    sha256(concat(TAG, transaction, Uint8Array.of(threshold, count, index), bytes));

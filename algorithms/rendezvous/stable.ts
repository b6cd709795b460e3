/**
 * Jump hash: a bucket for a key, among buckets numbered 0 to n - 1 that come and go at the end only
 * (shards, storage files). From n to n + 1 buckets one key in n + 1 moves, always to the new one.
 *
 * Nodes, which may vanish from the middle, want rendezvous instead. In BigInt throughout, although
 * doubles would do for small n: no argument about rounding is needed.
 * Reference: Lamping and Veach, "A fast, minimal memory, consistent hash algorithm" (2014), figure 1.
 */
import { assert } from '#lib/assert.ts';

const MULTIPLIER = 2_862_933_555_777_941_757n;
const BUCKETS_MAX = 2 ** 31;

/** The bucket, of `buckets`, of a 64-bit key. */
export function bucketOf(key: bigint, buckets: number): number {
  assert(
    Number.isInteger(buckets) && buckets >= 1 && buckets <= BUCKETS_MAX,
    'there are 1 to 2^31 buckets',
  );
  assert(key >= 0n && key >> 64n === 0n, 'a key has 64 bits');
  let state = key;
  let bucket = 0n;
  let next = 0n;
  while (next < buckets) {
    bucket = next;
    state = BigInt.asUintN(64, state * MULTIPLIER + 1n);
    next = ((bucket + 1n) << 31n) / ((state >> 33n) + 1n);
  }
  return Number(bucket);
}

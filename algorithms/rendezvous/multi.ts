/**
 * Composite keys: one key made of several (shard, transaction, epoch), so that each combination is
 * placed independently of the others.
 *
 * Different lists never make the same bytes: each part carries its kind and its length, where plain
 * concatenation would let ("ab", "c") and ("a", "bc") share their nodes.
 */
import { assert } from '#lib/assert.ts';
import { concat, utf8 } from '#lib/bytes.ts';

export type KeyPart = Uint8Array | string | bigint;

const KIND = { bytes: 0, text: 1, number: 2 } as const;
const PART_BYTES_MAX = 0xffff;

/** kind (1 byte), length (2, big-endian) and bytes of each part; a number is 8 bytes, big-endian. */
export const compositeKey = (...parts: readonly KeyPart[]): Uint8Array =>
  concat(...parts.map(written));

/** The key of one shard of a transaction in one epoch. */
export const shardKey = (shard: bigint, txId: Uint8Array, epoch: bigint): Uint8Array =>
  compositeKey(shard, txId, epoch);

function written(part: KeyPart): Uint8Array {
  if (typeof part === 'string') return framed(KIND.text, utf8(part));
  if (typeof part === 'bigint') return framed(KIND.number, eightBytes(part));
  return framed(KIND.bytes, part);
}

function framed(kind: number, bytes: Uint8Array): Uint8Array {
  assert(bytes.length <= PART_BYTES_MAX, 'a part of a key is below 64 KiB');
  return concat(Uint8Array.of(kind, bytes.length >> 8, bytes.length & 0xff), bytes);
}

function eightBytes(value: bigint): Uint8Array {
  assert(value >= 0n && value >> 64n === 0n, 'a number in a key has 64 bits');
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

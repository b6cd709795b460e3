/**
 * Records: what a segment consists of, one after another.
 *
 *   0      4         8         12           18    19      20       24      +key    +value
 *   | mark | headCrc | valueCrc | expiresAt | flags | key | value  | key... | value... |
 *   |      |         |          | ms, u48   |       | len | length |        |          |
 *
 * The head's checksum covers the head and the key, the value's the value: a damaged value costs one
 * piece and is known by name, and only a damaged head makes a reader look for the next mark. Both the
 * mark and the checksums depend on the store's secret salt, on the segment and on the place in it, so
 * that no peer can hide a record inside a piece, and a record in the wrong place is none.
 */
import { crc32 } from 'node:zlib';
import { assert } from '#lib/assert.ts';

export const HEAD_BYTES = 24;
export const KEY_BYTES_MAX = 255;

/** The key is gone: no value follows, and whatever older record of the key is found does not count. */
export const TOMBSTONE = 1;
/** Written first after a sync: everything before it was durable when it was written. */
export const FIRST = 2;
/** An older record of the same key may be on the disk. */
export const SHADOWS = 4;

const MILLIS_MAX = 2 ** 48 - 1;
const EMPTY_VALUE = new Uint8Array(0);

/** One record to be written. `lo` and `hi` are the hash of its key. */
export interface Draft {
  readonly key: Uint8Array;
  readonly lo: number;
  readonly hi: number;
  readonly value: Uint8Array;
  readonly expiresAt: number;
  readonly flags: number;
}

export interface Head {
  readonly flags: number;
  readonly keyLength: number;
  readonly valueLength: number;
  readonly valueCrc: number;
  readonly expiresAt: number;
  /** Of the whole record. */
  readonly length: number;
}

export const recordBytes = (keyLength: number, valueLength: number): number =>
  HEAD_BYTES + keyLength + valueLength;

export const tombstone = (key: Uint8Array, lo: number, hi: number): Draft => ({
  key,
  lo,
  hi,
  value: EMPTY_VALUE,
  expiresAt: 0,
  flags: TOMBSTONE | SHADOWS,
});

/** The secrets of one store: its salt is drawn when the store is made, and is in its files' names. */
export class Seal {
  readonly mark: number;
  readonly hashKey: readonly [number, number];
  readonly #salted = new Uint8Array(12);
  readonly #view = new DataView(this.#salted.buffer);

  constructor(salt: Uint8Array) {
    assert(salt.length === 8, 'a salt is eight bytes');
    this.#salted.set(salt);
    this.mark = crc32(salt);
    this.hashKey = [this.#view.getInt32(0, true), this.#view.getInt32(4, true)];
  }

  /** Where the checksums of a segment begin. */
  seed(segment: number): number {
    this.#view.setUint32(8, segment, true);
    return crc32(this.#salted);
  }
}

/** Writes a record that will be at `place` of its segment into `bytes` at `at`. `first`: see FIRST. */
export function writeRecord(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  draft: Draft,
  first: number,
  seal: Seal,
  seed: number,
  place: number,
): number {
  const { key, value, expiresAt } = draft;
  assert(key.length > 0 && key.length <= KEY_BYTES_MAX, 'a key has 1 to 255 bytes');
  assert(Number.isInteger(expiresAt) && expiresAt >= 0, 'an expiry is whole milliseconds');
  const until = Math.min(expiresAt, MILLIS_MAX);
  view.setUint32(at, seal.mark, true);
  view.setUint32(at + 8, crc32(value, seed), true);
  view.setUint32(at + 12, until >>> 0, true);
  view.setUint16(at + 16, Math.floor(until / 0x1_0000_0000), true);
  view.setUint8(at + 18, draft.flags | first);
  view.setUint8(at + 19, key.length);
  view.setUint32(at + 20, value.length, true);
  bytes.set(key, at + HEAD_BYTES);
  bytes.set(value, at + HEAD_BYTES + key.length);
  const head = bytes.subarray(at + 8, at + HEAD_BYTES + key.length);
  view.setUint32(at + 4, crc32(head, (seed ^ place) >>> 0), true);
  return recordBytes(key.length, value.length);
}

/** The head of the record at `at` of `bytes`, which is `place` of its segment; if it is whole. */
export function readHead(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  seal: Seal,
  seed: number,
  place: number,
): Head | undefined {
  if (at + HEAD_BYTES > bytes.length || view.getUint32(at, true) !== seal.mark) return undefined;
  const keyLength = bytes[at + 19]!;
  if (at + HEAD_BYTES + keyLength > bytes.length) return undefined;
  const head = bytes.subarray(at + 8, at + HEAD_BYTES + keyLength);
  if (crc32(head, (seed ^ place) >>> 0) !== view.getUint32(at + 4, true)) return undefined;
  const valueLength = view.getUint32(at + 20, true);
  return {
    flags: bytes[at + 18]!,
    keyLength,
    valueLength,
    valueCrc: view.getUint32(at + 8, true),
    expiresAt: view.getUint32(at + 12, true) + view.getUint16(at + 16, true) * 0x1_0000_0000,
    length: recordBytes(keyLength, valueLength),
  };
}

export const keyOf = (bytes: Uint8Array, at: number, head: Head): Uint8Array =>
  bytes.subarray(at + HEAD_BYTES, at + HEAD_BYTES + head.keyLength);

/** The value of a record, or `undefined` when its bytes are not what was written. */
export function valueOf(
  bytes: Uint8Array,
  at: number,
  head: Head,
  seed: number,
): Uint8Array | undefined {
  if (at + head.length > bytes.length) return undefined;
  const value = bytes.subarray(at + HEAD_BYTES + head.keyLength, at + head.length);
  return crc32(value, seed) === head.valueCrc ? value : undefined;
}

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * A Bloom filter: a set that only grows, and merges by OR. Two nodes that keep filters of one size
 * under one key merge them into exactly the filter of the union, in any order, any number of times:
 * what a city's nodes hold becomes what the city holds. (Bloom 1970; the bits of an item follow from
 * two hashes: Kirsch and Mitzenmacher, "Less Hashing, Same Performance", 2006, with the growing step of
 * Dillinger and Manolios, "Bloom Filters in Probabilistic Verification", 2004.)
 *
 * Never "no" for an item that was inserted. With b bits an item and about 0.7 b hashes, "yes" for a
 * stranger with a chance of 0.6185^b: 10 bits 0.8 %, 16 bits 0.05 % (measured by the bench). Nothing
 * can be removed; cuckoo.ts can. Keyed, like that, and a hint, like that.
 */
import { assert } from '#lib/assert.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import type { FilterRefused } from './cuckoo.ts';
import { halfSipHash } from '../half-siphash.ts';
import { checkOf, type FilterKey } from './filter-key.ts';

export interface BloomFilter {
  readonly insert: (item: Uint8Array) => void;
  readonly has: (item: Uint8Array) => boolean;
  /** Takes in the other filter's items; `false`, and nothing done, if it has another size or key. */
  readonly merge: (other: BloomFilter) => boolean;
  readonly size: BloomSize;
  /** Its bits as they are, to be read only: for merging. */
  readonly bits: Uint8Array;
  readonly check: number;
  /** Canonical bytes, for a peer that has the key. */
  readonly write: () => Uint8Array;
}

export interface BloomSize {
  /** A filter has eight times as many bits. */
  readonly bytes: number;
  readonly hashes: number;
}

const VERSION = 1;
/** Version, hashes, the key's check. */
const HEAD_BYTES = 6;
const HASHES_MAX = 32;
/** 64 MiB: bits are counted in 32-bit words. */
const BYTES_MAX = 2 ** 26;

/** A size for `items` items; 10 bits each by default. */
export function bloomSize(items: number, bitsEach = 10): BloomSize {
  assert(Number.isSafeInteger(items) && items > 0, 'a filter is for at least one item');
  assert(Number.isInteger(bitsEach) && bitsEach > 0, 'an item takes whole bits');
  // ln 2 hashes a bit, rounded: 693 / 1000 is what the figures above need.
  const hashes = Math.min(HASHES_MAX, Math.max(1, Math.floor((bitsEach * 693 + 500) / 1_000)));
  return { bytes: Math.ceil((items * bitsEach) / 8), hashes };
}

export function bloomFilter(key: FilterKey, size: BloomSize): BloomFilter {
  assert(isSize(size), 'a filter has 1 byte to 64 MiB, and 1 to 32 hashes');
  return filter(key, size, new Uint8Array(size.bytes));
}

/** The filter that a peer wrote. */
export function readBloomFilter(
  key: FilterKey,
  bytes: Uint8Array,
): Result<BloomFilter, FilterRefused> {
  if (bytes[0] !== VERSION) return fail('unknown-version');
  const size = { bytes: bytes.length - HEAD_BYTES, hashes: bytes[1] ?? 0 };
  if (!isSize(size)) return fail('malformed');
  const check = new DataView(bytes.buffer, bytes.byteOffset).getInt32(2);
  return check === checkOf(key)
    ? ok(filter(key, size, bytes.slice(HEAD_BYTES)))
    : fail('other-key');
}

const isSize = ({ bytes, hashes }: BloomSize): boolean =>
  Number.isInteger(bytes) &&
  bytes > 0 &&
  bytes <= BYTES_MAX &&
  Number.isInteger(hashes) &&
  hashes > 0 &&
  hashes <= HASHES_MAX;

function filter(key: FilterKey, size: BloomSize, bits: Uint8Array): BloomFilter {
  const words = new Int32Array(2);
  const count = 8 * bits.length;
  const check = checkOf(key);
  return {
    size,
    bits,
    check,
    insert: (item) => {
      halfSipHash(key, item, item.length, words);
      let [at, step] = [words[0]!, words[1]!];
      for (let i = 0; i < size.hashes; i++, at = (at + step) | 0, step = (step + i) | 0) {
        const bit = (at >>> 0) % count;
        bits[bit >> 3]! |= 1 << (bit & 7);
      }
    },
    has: (item) => {
      halfSipHash(key, item, item.length, words);
      let [at, step] = [words[0]!, words[1]!];
      for (let i = 0; i < size.hashes; i++, at = (at + step) | 0, step = (step + i) | 0) {
        const bit = (at >>> 0) % count;
        if ((bits[bit >> 3]! & (1 << (bit & 7))) === 0) return false;
      }
      return true;
    },
    merge: (other) => {
      const fits = other.size.hashes === size.hashes && other.bits.length === bits.length;
      if (!fits || other.check !== check) return false;
      for (let i = 0; i < bits.length; i++) bits[i]! |= other.bits[i]!;
      return true;
    },
    write: () => {
      const bytes = new Uint8Array(HEAD_BYTES + bits.length);
      bytes.set([VERSION, size.hashes]);
      new DataView(bytes.buffer).setInt32(2, check);
      bytes.set(bits, HEAD_BYTES);
      return bytes;
    },
  };
}

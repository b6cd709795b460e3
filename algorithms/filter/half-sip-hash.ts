/**
 * HalfSipHash-2-4 with 64 bits of output: the keyed hash of the filters.
 *
 * Ids can be ground by whoever makes them. With an unkeyed hash a peer would choose ids that all fall
 * into one bucket, or that pass for another's; with a key he does not know he cannot. HalfSipHash is
 * SipHash on 32-bit words, which is what JavaScript computes fast (Aumasson and Bernstein, "SipHash:
 * a fast short-input PRF", 2012; the half form and its vectors in the authors' reference code). Its
 * key has 64 bits: enough to keep buckets even, not for authentication.
 */
import { assert } from '#lib/assert.ts';
import { utf8 } from '#lib/bytes.ts';

/** Shared by the nodes that exchange filters, unknown to others. */
export interface FilterKey {
  readonly low: number;
  readonly high: number;
}

export const KEY_BYTES = 8;

export function filterKey(bytes: Uint8Array): FilterKey {
  assert(bytes.length === KEY_BYTES, 'a filter key has 8 bytes');
  return { low: wordAt(bytes, 0), high: wordAt(bytes, 4) };
}

/** Leaves the low and the high word of the hash in `into`. */
export function halfSipHash(key: FilterKey, bytes: Uint8Array, into: Int32Array): void {
  let v0 = key.low;
  let v1 = key.high ^ 0xee;
  let v2 = key.low ^ 0x6c79_6765;
  let v3 = key.high ^ 0x7465_6462;
  const words = bytes.length >> 2;
  // Two rounds for each word and for the last, which holds the length; then twice four to finish.
  for (let step = 0; step < words + 5; step++) {
    let word = 0;
    if (step < words) word = wordAt(bytes, 4 * step);
    else if (step === words) word = lastWord(bytes);
    else if (step === words + 1) v2 ^= 0xee;
    else if (step === words + 3) {
      into[0] = v1 ^ v3;
      v1 ^= 0xdd;
    }
    v3 ^= word;
    for (let round = 0; round < 2; round++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    v0 ^= word;
  }
  into[1] = v1 ^ v3;
}

/** Tells the key from others without telling it: written with a filter, so that a wrong key shows. */
export function checkOf(key: FilterKey): number {
  const words = new Int32Array(2);
  halfSipHash(key, CHECKED, words);
  return words[0]!;
}

const CHECKED = utf8('city-chain filter');

/** The bytes after the last whole word, below the length's low byte. */
function lastWord(bytes: Uint8Array): number {
  let word = bytes.length << 24;
  for (let i = bytes.length & ~3; i < bytes.length; i++) word |= bytes[i]! << (8 * (i & 3));
  return word;
}

const wordAt = (bytes: Uint8Array, at: number): number =>
  bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);

/**
 * Hints: the table of contents of a segment, written when nothing more is added to it. Opening a store
 * reads its hints and not its segments. A hint is also a seal: a segment that has a good one was synced
 * to its end, and whatever has none is written anew when the store opens.
 *
 *   0     4       8
 *   | crc | bytes | entry... |      entry: hash of the key (8), flags and length (4), expiry in s (4)
 *
 * Entries are in the order of the records, so that the place of each follows from the lengths.
 */
import { crc32 } from 'node:zlib';
import type { Seal } from './record.ts';

export const HINT_HEAD_BYTES = 8;
export const HINT_ENTRY_BYTES = 16;
const ENTRY_WORDS = HINT_ENTRY_BYTES / 4;

/** Collects the entries of a segment as it grows. */
export class Contents {
  #words = new Uint32Array(256 * ENTRY_WORDS);
  #length = 0;

  add(lo: number, hi: number, flagsAndLength: number, expirySec: number): void {
    if (this.#length === this.#words.length) {
      const larger = new Uint32Array(2 * this.#words.length);
      larger.set(this.#words);
      this.#words = larger;
    }
    const at = this.#length;
    this.#words[at] = lo;
    this.#words[at + 1] = hi;
    this.#words[at + 2] = flagsAndLength;
    this.#words[at + 3] = expirySec;
    this.#length += ENTRY_WORDS;
  }

  /** The hint of a segment that ends here, at `bytes`. */
  hint(seal: Seal, segment: number, bytes: number): Uint8Array {
    const hint = new Uint8Array(HINT_HEAD_BYTES + 4 * this.#length);
    const view = new DataView(hint.buffer);
    view.setUint32(4, bytes, true);
    for (let i = 0; i < this.#length; i++) {
      view.setUint32(HINT_HEAD_BYTES + 4 * i, this.#words[i]!, true);
    }
    view.setUint32(0, crc32(hint.subarray(4), seal.seed(segment)), true);
    return hint;
  }
}

/** The entries of a good hint of a segment that has `bytes` bytes, four words each. */
export function readHint(
  hint: Uint8Array,
  seal: Seal,
  segment: number,
  bytes: number,
): Uint32Array | undefined {
  const length = hint.length - HINT_HEAD_BYTES;
  if (length < 0 || length % HINT_ENTRY_BYTES !== 0) return undefined;
  const view = new DataView(hint.buffer, hint.byteOffset, hint.byteLength);
  if (view.getUint32(0, true) !== crc32(hint.subarray(4), seal.seed(segment))) return undefined;
  if (view.getUint32(4, true) !== bytes) return undefined;
  const words = new Uint32Array(length / 4);
  for (let i = 0; i < words.length; i++) words[i] = view.getUint32(HINT_HEAD_BYTES + 4 * i, true);
  return words;
}

/**
 * A cuckoo filter: "do I have this?" in two bytes an item, with deletion.
 *
 *   item --hash--> fingerprint f, bucket i        buckets of four slots, a power of two of them
 *                  other bucket  i XOR h(f)       found from either bucket with the fingerprint alone
 *
 * An item is in one of its two buckets, so that a look-up reads eight slots. An insertion that finds
 * both full puts out one fingerprint, which moves to its own other bucket, and so on. Fan, Andersen,
 * Kaminsky, Mitzenmacher, "Cuckoo Filter: Practically Better Than Bloom" (CoNEXT 2014).
 *
 * Never "no" for an item that was inserted and not removed; "yes" for a stranger with a chance of at
 * most 8 / 2^bits (measured by the bench: 3 %, 0.2 %, 0.01 % for 8, 12, 16 bits). So it is a hint
 * that saves a disk read or a question, never a proof. What the paper leaves out, and we do:
 *
 * - keyed (filter-key.ts), since ids can be ground;
 * - the fingerprint that finds no place after 500 moves is kept beside the table as `homeless`, where
 *   look-ups see it; without that it would be a false "no". Insertions are then refused until a
 *   removal gives it a place. Rebuild, larger, from 90 % on: that happens at about 95 %;
 * - moves follow a fixed sequence, not a random one: equal histories give equal filters;
 * - buckets are written sorted, so that there is one form of bytes for what a filter says.
 *
 * Remove only what was inserted: removing a stranger may take another's fingerprint. One item may be
 * inserted up to eight times and has to be removed as often.
 */
import { assert } from '#lib/assert.ts';
import { fail, ok, type Result } from '#lib/result.ts';
import { halfSipHash } from '../half-siphash.ts';
import { checkOf, type FilterKey } from './filter-key.ts';

export type FingerprintBits = 8 | 12 | 16;

/** Why bytes are not a filter that can be asked. */
export type FilterRefused = 'unknown-version' | 'malformed' | 'other-key';

export interface CuckooFilter {
  readonly insert: (item: Uint8Array) => 'inserted' | 'full';
  readonly has: (item: Uint8Array) => boolean;
  /** Whether there was one to remove. */
  readonly remove: (item: Uint8Array) => boolean;
  readonly count: () => number;
  readonly slots: number;
  /** Canonical bytes, for a peer that has the key. */
  readonly write: () => Uint8Array;
}

/** The slots and what had no place: all of a filter but its key. */
interface Content {
  readonly bits: FingerprintBits;
  readonly slots: Uint16Array;
  readonly homeless: Homeless | undefined;
}

interface Homeless {
  /** The lower of its two buckets. */
  readonly bucket: number;
  readonly print: number;
}

const BUCKET_SLOTS = 4;
const MOVES_MAX = 500;
/** Above this share of slots in use an insertion moves many others, and the end is near. */
const CROWDED = { of: 10, at: 9 };
/** 2^22 buckets are 16 million items in 32 MB: more than a node can hold pieces of. */
const BUCKETS_LOG2_MAX = 22;
const VERSION = 1;
/** Version, bits, buckets; the key's check, the homeless one's bucket and fingerprint. */
const HEAD_BYTES = 13;

/** A filter for `items` items, below 90 % full with them. */
export function cuckooFilter(
  key: FilterKey,
  items: number,
  bits: FingerprintBits = 16,
): CuckooFilter {
  assert(Number.isSafeInteger(items) && items > 0, 'a filter is for at least one item');
  const needed = Math.ceil((items * CROWDED.of) / CROWDED.at / BUCKET_SLOTS);
  const log2 = Math.max(1, 32 - Math.clz32(needed - 1));
  assert(log2 <= BUCKETS_LOG2_MAX, 'a filter has at most 2^22 buckets');
  return filter(key, { bits, slots: new Uint16Array(BUCKET_SLOTS << log2), homeless: undefined });
}

/** The filter that a peer wrote. Strict: bytes that `write` does not make are refused. */
export function readCuckooFilter(
  key: FilterKey,
  bytes: Uint8Array,
): Result<CuckooFilter, FilterRefused> {
  if (bytes[0] !== VERSION) return fail('unknown-version');
  const content = readContent(bytes);
  if (content === undefined || !isCanonical(content)) return fail('malformed');
  return viewOf(bytes).getInt32(3) === checkOf(key) ? ok(filter(key, content)) : fail('other-key');
}

/** Time to build a larger one, from the items themselves. */
export const isCrowded = (filter: CuckooFilter): boolean =>
  filter.count() * CROWDED.of >= filter.slots * CROWDED.at;

function filter(key: FilterKey, content: Content): CuckooFilter {
  const { bits, slots } = content;
  const mask = slots.length / BUCKET_SLOTS - 1;
  const prints = (1 << bits) - 1;
  const words = new Int32Array(2);
  let { homeless } = content;
  let count = slots.reduce((sum, print) => sum + (print === 0 ? 0 : 1), homeless ? 1 : 0);

  const otherOf = (bucket: number, print: number): number => other(mask, bucket, print);
  const printOf = (): number => ((words[1]! >>> 0) % prints) + 1; // Never 0, which is "empty".

  const isHomeless = (bucket: number, print: number): boolean =>
    homeless !== undefined && homeless.print === print && homeless.bucket === bucket;

  /** Places a fingerprint in one of its buckets, moving others; what is left over becomes homeless. */
  const place = (bucket: number, print: number): void => {
    if (put(slots, bucket, print) || put(slots, otherOf(bucket, print), print)) return;
    let [at, moving] = [bucket, print];
    for (let move = 0; move < MOVES_MAX; move++) {
      moving = exchange(slots, at, moving, move);
      at = otherOf(at, moving);
      if (put(slots, at, moving)) return;
    }
    homeless = { bucket: Math.min(at, otherOf(at, moving)), print: moving };
  };

  return {
    slots: slots.length,
    count: () => count,
    insert: (item) => {
      if (homeless !== undefined) return 'full';
      halfSipHash(key, item, item.length, words);
      place(words[0]! & mask, printOf());
      count++;
      return 'inserted';
    },
    has: (item) => {
      halfSipHash(key, item, item.length, words);
      const print = printOf();
      const bucket = words[0]! & mask;
      if (holds(slots, bucket, print)) return true;
      const second = otherOf(bucket, print);
      return holds(slots, second, print) || isHomeless(Math.min(bucket, second), print);
    },
    remove: (item) => {
      halfSipHash(key, item, item.length, words);
      const print = printOf();
      const bucket = words[0]! & mask;
      const second = otherOf(bucket, print);
      const waiting = homeless;
      if (isHomeless(Math.min(bucket, second), print)) homeless = undefined;
      else if (!swap(slots, bucket, print, 0) && !swap(slots, second, print, 0)) return false;
      else if (waiting !== undefined) {
        homeless = undefined;
        place(waiting.bucket, waiting.print);
      }
      count--;
      return true;
    },
    write: () => {
      const bytes = written({ bits, slots, homeless });
      viewOf(bytes).setInt32(3, checkOf(key));
      return bytes;
    },
  };
}

/** The bucket beside, which is never the same: from it the way leads back. */
function other(mask: number, bucket: number, print: number): number {
  let mixed = Math.imul(print, 0x5bd1_e995);
  mixed ^= mixed >>> 15;
  return bucket ^ (mixed & mask || 1);
}

const holds = (slots: Uint16Array, bucket: number, print: number): boolean => {
  const at = bucket * BUCKET_SLOTS;
  return (
    slots[at] === print ||
    slots[at + 1] === print ||
    slots[at + 2] === print ||
    slots[at + 3] === print
  );
};

/** Puts `by` where `print` was in the bucket, if it was. */
function swap(slots: Uint16Array, bucket: number, print: number, by: number): boolean {
  const first = bucket * BUCKET_SLOTS;
  for (let at = first; at < first + BUCKET_SLOTS; at++) {
    if (slots[at] !== print) continue;
    slots[at] = by;
    return true;
  }
  return false;
}

const put = (slots: Uint16Array, bucket: number, print: number): boolean =>
  swap(slots, bucket, 0, print);

/** Puts the fingerprint in a full bucket; gives back the one that was there, another slot each move. */
function exchange(slots: Uint16Array, bucket: number, print: number, move: number): number {
  const at = bucket * BUCKET_SLOTS + (Math.imul(print + move, 0x9e37_79b1) >>> 30);
  const out = slots[at]!;
  slots[at] = print;
  return out;
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

/** All but the key's check. */
function written({ bits, slots, homeless }: Content): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + (slots.length * bits) / 8);
  bytes.set([VERSION, bits, 31 - Math.clz32(slots.length / BUCKET_SLOTS)]);
  viewOf(bytes).setUint32(7, homeless?.bucket ?? 0);
  viewOf(bytes).setUint16(11, homeless?.print ?? 0);
  let [pending, held, at] = [0, 0, HEAD_BYTES];
  for (let first = 0; first < slots.length; first += BUCKET_SLOTS) {
    const bucket = slots.slice(first, first + BUCKET_SLOTS).toSorted((a, b) => b - a);
    for (const print of bucket) {
      pending |= print << held;
      for (held += bits; held >= 8; held -= 8, pending >>>= 8) bytes[at++] = pending & 0xff;
    }
  }
  return bytes;
}

function readContent(bytes: Uint8Array): Content | undefined {
  const [, bits, log2] = bytes;
  if (bits !== 8 && bits !== 12 && bits !== 16) return undefined;
  if (log2 === undefined || log2 < 1 || log2 > BUCKETS_LOG2_MAX) return undefined;
  const length = BUCKET_SLOTS << log2;
  if (bytes.length !== HEAD_BYTES + (length * bits) / 8) return undefined;
  const slots = new Uint16Array(length);
  let [pending, held, at] = [0, 0, HEAD_BYTES];
  for (let slot = 0; slot < length; slot++, held -= bits, pending >>>= bits) {
    for (; held < bits; held += 8) pending |= bytes[at++]! << held;
    slots[slot] = pending & ((1 << bits) - 1);
  }
  const [bucket, print] = [viewOf(bytes).getUint32(7), viewOf(bytes).getUint16(11)];
  if (print === 0) return bucket === 0 ? { bits, slots, homeless: undefined } : undefined;
  return { bits, slots, homeless: { bucket, print } };
}

/** Buckets in order, and a homeless fingerprint only where both of its buckets are full. */
function isCanonical({ bits, slots, homeless }: Content): boolean {
  for (let at = 1; at < slots.length; at++) {
    if (at % BUCKET_SLOTS !== 0 && slots[at]! > slots[at - 1]!) return false;
  }
  if (homeless === undefined) return true;
  const mask = slots.length / BUCKET_SLOTS - 1;
  const { bucket, print } = homeless;
  if (bucket > mask || print >= 1 << bits) return false;
  const second = other(mask, bucket, print);
  return bucket < second && !holds(slots, bucket, 0) && !holds(slots, second, 0);
}

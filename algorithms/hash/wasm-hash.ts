/**
 * BLAKE3 by the WASM SIMD kernel (kernel.wat), which compresses four messages at a time.
 *
 * A message is cut in chunks of 1024 bytes; the chunks' chaining values are the leaves of a binary
 * tree whose left subtrees are full, which is the same as joining neighbours level by level and
 * letting an odd last one wait ("BLAKE3", 2020, section 2.1). Several messages are hashed abreast,
 * four a call; a single one has four of its chunks, then of its parents, in a call. Lanes without a
 * message compute on whatever lies there, and nobody looks.
 */
import { assert } from '#lib/assert.ts';
import { utf8 } from '#lib/bytes.ts';
import type { Backend } from '../backend.ts';
import { instantiate, PAGE_BYTES, type WasmMemory } from '../wasm.ts';
import type { Hasher } from './hash.ts';
import { KERNEL } from './kernel.wasm.ts';

interface Kernel {
  readonly memory: WasmMemory;
  readonly compress: (
    from: number,
    stride: number,
    length: number,
    counter: number,
    counterStep: number,
    flags: number,
    first: number,
    last: number,
    key: number,
    to: number,
    toStride: number,
  ) => void;
}

const LANES = 4;
const BYTES = 32;
const CHUNK = 1_024;
const PAIR = 2 * BYTES;

const CHUNK_START = 1;
const CHUNK_END = 2;
const PARENT = 4;
const ROOT = 8;
const DERIVE_KEY_CONTEXT = 32;
const DERIVE_KEY_MATERIAL = 64;

/** The first key is BLAKE3's own; each context derives one more. */
const KEYS_AT = 1_024;
const KEYS_MAX = 96;
const MESSAGES_AT = KEYS_AT + KEYS_MAX * BYTES;
/** The square roots of the first eight primes, as in SHA-256. */
const INITIAL = [
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];
/** Bounds the kernel's memory: more rows than fit are hashed in several goes. */
const GO_BYTES = 262_144;

export const wasmHasher: Backend<Hasher> = {
  name: 'wasm',
  make: () => {
    const kernel = instantiate<Kernel>(KERNEL);
    return kernel === undefined ? undefined : hasher(kernel);
  },
};

function hasher(kernel: Kernel): Hasher {
  const { compress } = kernel;
  const keys = new Map<string, number>();
  let memory = new Uint8Array(kernel.memory.buffer);
  for (const [i, word] of INITIAL.entries()) {
    new DataView(memory.buffer).setUint32(KEYS_AT + 4 * i, word, true);
  }

  const reserve = (needed: number): void => {
    const missing = needed - memory.length;
    if (missing <= 0) return;
    kernel.memory.grow(Math.ceil(missing / PAGE_BYTES));
    memory = new Uint8Array(kernel.memory.buffer);
  };

  /** Compresses the chunks of four messages, each lane's chaining values in a row of `values`. */
  const cutFour = (at: number, length: number, flags: number, key: number, values: number) => {
    const stride = Math.ceil(length / CHUNK) * BYTES;
    for (let chunk = 0; chunk * CHUNK < length; chunk++) {
      const [from, to] = [at + chunk * CHUNK, values + chunk * BYTES];
      const bytes = Math.min(CHUNK, length - chunk * CHUNK);
      compress(from, length, bytes, chunk, 0, flags, CHUNK_START, CHUNK_END, key, to, stride);
    }
  };

  /** Compresses the chunks of one message, four at a time, a broken last one by itself. */
  const cutOne = (at: number, length: number, flags: number, key: number, values: number) => {
    const whole = Math.floor(length / CHUNK);
    for (let chunk = 0; chunk < whole; chunk += LANES) {
      const [from, to] = [at + chunk * CHUNK, values + chunk * BYTES];
      compress(from, CHUNK, CHUNK, chunk, 1, flags, CHUNK_START, CHUNK_END, key, to, BYTES);
    }
    if (length === whole * CHUNK) return;
    const [from, to] = [at + whole * CHUNK, values + whole * BYTES];
    const bytes = length - whole * CHUNK;
    compress(from, 0, bytes, whole, 0, flags, CHUNK_START, CHUNK_END, key, to, BYTES);
  };

  /** Joins each lane's chaining values, a row of `values`, to one hash. */
  const join = (values: number, chunks: number, flags: number, key: number, to: number): void => {
    const stride = chunks * BYTES;
    let left = chunks;
    for (; left > 2; left = (left + 1) >> 1) {
      for (let pair = 0; pair < left >> 1; pair++) {
        const at = values + pair * BYTES;
        compress(at + pair * BYTES, stride, PAIR, 0, 0, flags | PARENT, 0, 0, key, at, stride);
      }
      if (left % 2 === 0) continue;
      for (let lane = 0; lane < LANES; lane++) {
        const odd = values + lane * stride + (left - 1) * BYTES;
        memory.copyWithin(values + lane * stride + (left >> 1) * BYTES, odd, odd + BYTES);
      }
    }
    compress(values, stride, PAIR, 0, 0, flags | PARENT | ROOT, 0, 0, key, to, BYTES);
  };

  /** The hashes of the rows of a block that fits the memory; a view of it. */
  const go = (block: Uint8Array, length: number, count: number, flags: number, key: number) => {
    const chunks = Math.ceil(length / CHUNK);
    // Lanes without a message read and write three further.
    const hashes = MESSAGES_AT + (count + LANES - 1) * length;
    const values = hashes + (count + LANES - 1) * BYTES;
    reserve(values + LANES * (chunks + 1) * BYTES);
    memory.set(block, MESSAGES_AT);
    for (let row = 0; row < count; row += LANES) {
      const [at, to] = [MESSAGES_AT + row * length, hashes + row * BYTES];
      if (chunks <= 1) {
        compress(at, length, length, 0, 0, flags, CHUNK_START, CHUNK_END | ROOT, key, to, BYTES);
        continue;
      }
      if (count === 1) cutOne(at, length, flags, key, values);
      else cutFour(at, length, flags, key, values);
      join(values, chunks, flags, key, to);
    }
    return memory.subarray(hashes, hashes + count * BYTES);
  };

  const keyOf = (context: string): number => {
    const known = keys.get(context);
    if (known !== undefined) return known;
    assert(keys.size + 1 < KEYS_MAX, 'a key for each context');
    const key = KEYS_AT + (keys.size + 1) * BYTES;
    const bytes = utf8(context);
    memory.set(go(bytes, bytes.length, 1, DERIVE_KEY_CONTEXT, KEYS_AT).slice(), key);
    keys.set(context, key);
    return key;
  };

  return {
    rows: (context, block, length, count) => {
      const key = keyOf(context);
      const some = Math.max(LANES, Math.floor(GO_BYTES / length) & -LANES);
      const hashes = new Uint8Array(count * BYTES);
      for (let row = 0; row < count; row += some) {
        const rows = Math.min(some, count - row);
        const part = block.subarray(row * length, (row + rows) * length);
        hashes.set(go(part, length, rows, DERIVE_KEY_MATERIAL, key), row * BYTES);
      }
      return hashes;
    },
  };
}

/** BLAKE3 by @noble/hashes: the same bytes where WebAssembly SIMD is missing, at a thirtieth of the speed. */
import { blake3 } from '@noble/hashes/blake3.js';
import { utf8 } from '#lib/bytes.ts';
import type { Backend } from '../backend.ts';
import type { Hasher } from './hash.ts';

const BYTES = 32;

/** A hasher for each context, to be cloned: deriving its key costs as much as a short hash. */
const begun = new Map<string, ReturnType<typeof blake3.create>>();

export const portableHasher: Backend<Hasher> = { name: 'portable', make: () => ({ rows }) };

function rows(context: string, block: Uint8Array, rowBytes: number, count: number): Uint8Array {
  const template = begun.get(context) ?? blake3.create({ context: utf8(context) });
  begun.set(context, template);
  const hashes = new Uint8Array(count * BYTES);
  for (let i = 0; i < count; i++) {
    const message = block.subarray(i * rowBytes, (i + 1) * rowBytes);
    hashes.set(template.clone().update(message).digest(), i * BYTES);
  }
  return hashes;
}

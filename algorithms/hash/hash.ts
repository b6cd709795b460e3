/**
 * The hash of everything that is named, proved or signed here: BLAKE3, 256 bits, always within a
 * domain.
 *
 * A `Domain` says what the bytes are (a piece, a header, an inner node of a tree), so that no value
 * can pass for one of another kind. It is BLAKE3's own derive-key mode with the domain as context
 * ("BLAKE3: one function, fast everywhere", 2020, section 2.3): nothing is put before the message,
 * and `b3sum --derive-key <context>` computes the same.
 *
 * Why BLAKE3: many small messages of one length are what we hash (42 pieces, the nodes of a tree),
 * and its SIMD kernel takes four at once, in every browser and worker, where a call of `node:crypto`
 * costs a microsecond before it hashes (docs/decisions/0021). Not for passwords; for secrets only as
 * the MAC or KDF that it is.
 */
import { assert } from '#lib/assert.ts';
import type { Brand } from '#lib/brand.ts';
import { hex } from '#lib/bytes.ts';
import { primitive } from '../backend.ts';
import { portableHasher } from './portable-hash.ts';
import { wasmHasher } from './wasm-hash.ts';

export const HASH_BYTES = 32;

/** What kind of thing is hashed. Made by `domain` only, once a kind. */
export type Domain = Brand<string, 'Domain'>;

export interface Hasher {
  /** The hashes of `count` messages of `rowBytes` that lie one after another in `block`. */
  readonly rows: (
    context: string,
    block: Uint8Array,
    rowBytes: number,
    count: number,
  ) => Uint8Array;
}

const HASHER = primitive<Hasher>('hash', passes, [wasmHasher, portableHasher]);

const declared = new Set<string>();

/** Declares a kind of thing that is hashed, in lower-case words. Changing a kind's bytes needs a new name. */
export function domain(purpose: string): Domain {
  assert(/^[a-z0-9]+( [a-z0-9]+)*$/.test(purpose), 'a purpose is lower-case words');
  assert(!declared.has(purpose), `the domain "${purpose}" is declared once`);
  declared.add(purpose);
  return `city-chain v1 ${purpose}` as Domain;
}

export function hash(domain: Domain, bytes: Uint8Array): Uint8Array {
  return HASHER.use().rows(domain, bytes, bytes.length, 1);
}

/** The hashes, one after another, of messages of one length, one after another. */
export function hashRows(domain: Domain, block: Uint8Array, rowBytes: number): Uint8Array {
  assert(rowBytes > 0 && block.length % rowBytes === 0, 'the block is whole rows');
  return HASHER.use().rows(domain, block, rowBytes, block.length / rowBytes);
}

/** The published context, and from the published table its hash of 2 049 bytes. */
const CONTEXT = 'BLAKE3 2019-12-27 16:29:52 test vectors context';
const KNOWN = '2ea477c5515cc3dd606512ee72bb3e0e758cfae7232826f35fb98ca1bcbdf273';

/** The known answer, by itself and in each of five rows. */
function passes(hasher: Hasher): boolean {
  const message = Uint8Array.from({ length: 2_049 }, (_, i) => i % 251);
  const rows = new Uint8Array(5 * message.length);
  for (let row = 0; row < 5; row++) rows.set(message, row * message.length);
  const known = (count: number): boolean =>
    hex(hasher.rows(CONTEXT, rows.subarray(0, count * message.length), message.length, count)) ===
    KNOWN.repeat(count);
  return known(1) && known(5);
}

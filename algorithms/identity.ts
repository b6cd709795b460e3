/**
 * Who and what: the names that follow from bytes, and cannot be chosen.
 *
 *   name               is the hash, in its own domain, of
 *   key fingerprint    suite (1 byte) | public key
 *   node id            the fingerprint of the node's first key; stays when keys are rotated
 *   transaction id     the canonical bytes of the header
 *   ack leaf           transaction id | piece index (2) | piece hash | expires at, milliseconds (8)
 *
 * Numbers are unsigned, most significant byte first; all fields but the last have a fixed length, so
 * the bytes of two different things never agree. Names are 32 bytes; as text 52 characters of base32,
 * which is one token of a subject. Changing any of these bytes is a new version of the domain.
 */
import { assert } from '#lib/assert.ts';
import { base32, unbase32 } from '#lib/base32.ts';
import { concat } from '#lib/bytes.ts';
import { domain, hash, HASH_BYTES } from './hash/hash.ts';

const KEY = domain('key');
const NODE = domain('node');
const TRANSACTION = domain('transaction');
const ACK = domain('ack');

/** `suite` is the number of the signature or KEM suite. */
export function keyFingerprint(suite: number, publicKey: Uint8Array): Uint8Array {
  assert(Number.isInteger(suite) && suite >= 0 && suite <= 0xff, 'a suite is one byte');
  return hash(KEY, concat(Uint8Array.of(suite), publicKey));
}

export function nodeId(firstKey: Uint8Array): Uint8Array {
  assert(firstKey.length === HASH_BYTES, 'a node is named by a fingerprint');
  return hash(NODE, firstKey);
}

/** `header` in its canonical bytes, without the signature. */
export const transactionId = (header: Uint8Array): Uint8Array => hash(TRANSACTION, header);

/** What a holder signs, in a batch: that it holds this piece of this transaction until then. */
export function ackLeaf(
  txId: Uint8Array,
  index: number,
  pieceHash: Uint8Array,
  expiresAtMs: number,
): Uint8Array {
  assert(txId.length === HASH_BYTES && pieceHash.length === HASH_BYTES, 'names are hashes');
  assert(Number.isInteger(index) && index >= 0 && index <= 0xffff, 'an index has two bytes');
  assert(Number.isSafeInteger(expiresAtMs) && expiresAtMs >= 0, 'a moment is a natural number');
  const bytes = new Uint8Array(2 * HASH_BYTES + 10);
  const view = new DataView(bytes.buffer);
  bytes.set(txId);
  view.setUint16(HASH_BYTES, index);
  bytes.set(pieceHash, HASH_BYTES + 2);
  view.setBigUint64(2 * HASH_BYTES + 2, BigInt(expiresAtMs));
  return hash(ACK, bytes);
}

/** A name as text. */
export function nameText(name: Uint8Array): string {
  assert(name.length === HASH_BYTES, 'a name is a hash');
  return base32(name);
}

/** The name that a text spells; `undefined` when it spells none. */
export function readName(text: string): Uint8Array | undefined {
  const bytes = text.length === NAME_CHARACTERS ? unbase32(text) : undefined;
  return bytes?.length === HASH_BYTES ? bytes : undefined;
}

const NAME_CHARACTERS = 52;

/**
 * X-Wing: ML-KEM-768 and X25519 together, secret as long as either of them is. A key is a 32-byte
 * seed; public key 1216 bytes (ML-KEM | X25519), ciphertext 1120, secret 32 (SHA3-256 of both
 * secrets, the X25519 text and key, and a label).
 *
 * One verdict: the X25519 halves must be coordinates in their only form (below p, top bit clear), which
 * honest ones always are, because libraries disagree on what the other forms hash to; and
 * points of small order, whose shared secret is zero, are refused, as both libraries do.
 *
 * Reference: draft-connolly-cfrg-xwing-kem, sections 5.1 to 5.5. `node:crypto` has no X-Wing, and
 * cannot be given ML-KEM entropy to make one; libsodium's takes 0.2 ms, noble's 2.4 ms.
 */
import { ml_kem768_x25519 } from '@noble/post-quantum/hybrid.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { attempt } from '#lib/attempt.ts';
import { hex, unhex } from '#lib/bytes.ts';
import { primitive } from '../backend.ts';
import { isCoordinate } from './edwards.ts';
import type { Encapsulator } from './encapsulator.ts';
import { isMlKemKey } from './ml-kem.ts';

/** Where the X25519 half begins in a public key, and in a ciphertext. */
const KEY_HALF = 1_184;
const TEXT_HALF = 1_088;

export const isXWingKey = (publicKey: Uint8Array): boolean =>
  isMlKemKey(publicKey) && isCoordinate(publicKey.subarray(KEY_HALF));

export const isXWingText = (ciphertext: Uint8Array): boolean =>
  isCoordinate(ciphertext.subarray(TEXT_HALF));

const portable: Encapsulator = {
  deterministic: true,
  publicKey: (seed) => ml_kem768_x25519.keygen(seed).publicKey,
  encapsulate: (publicKey, entropy) => {
    const made = attempt(() => ml_kem768_x25519.encapsulate(publicKey, entropy));
    return made && { ciphertext: made.cipherText, secret: made.sharedSecret };
  },
  decapsulate: (seed, ciphertext) => attempt(() => ml_kem768_x25519.decapsulate(ciphertext, seed)),
};

/** The second test vector of the draft, appendix C: seed, then SHA-256 of the key, text and secret. */
const KNOWN = {
  seed: '01'.repeat(32),
  entropy: '65'.repeat(64),
  publicKeyDigest: 'f37b99b2db732a7df55f61fa442606133b1aeea462df9f8225fb5c82674523db',
  ciphertextDigest: 'bb0f04a0f45979d8b398d71ba4302639ac354cfe384fff4c95ebacf1a4da1688',
  secret: '750300db25bff9620e893c2c6fcab9bf04d7f2e543b5b39420485626fa274908',
};

function passes(kem: Encapsulator): boolean {
  const seed = unhex(KNOWN.seed)!;
  const publicKey = kem.publicKey(seed);
  const made = kem.encapsulate(publicKey, unhex(KNOWN.entropy)!);
  if (made === undefined) return false;
  const found = kem.decapsulate(seed, made.ciphertext);
  return (
    hex(sha256(publicKey)) === KNOWN.publicKeyDigest &&
    hex(sha256(made.ciphertext)) === KNOWN.ciphertextDigest &&
    hex(made.secret) === KNOWN.secret &&
    found !== undefined &&
    hex(found) === KNOWN.secret
  );
}

export const X_WING = primitive<Encapsulator>('x-wing', passes, [
  { name: 'portable', make: () => portable },
]);

/**
 * What the bridge verifier is given in JavaScript: the hash and the signatures of the noble packages. Ed25519 with one verdict
 * everywhere (RFC 8032, section 5.1.7, without the cofactor, without second forms): a chain that takes part in both must not
 * differ from this network.
 */
import { ed25519, ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js';
import { bytesToNumberLE, hexToBytes } from '@noble/curves/utils.js';
import { blake3 } from '@noble/hashes/blake3.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { joined, same } from './reader.ts';
import type { Primitives } from './verifier.ts';

const LATTICE = { 'ml-dsa-44': ml_dsa44, 'ml-dsa-65': ml_dsa65, 'ml-dsa-87': ml_dsa87 } as const;
const ORDER = ed25519.Point.Fn.ORDER;
const PRIME = ed25519.Point.Fp.ORDER;
const yOf = (point: Uint8Array): bigint => bytesToNumberLE(point) & ((1n << 255n) - 1n);
const SMALL = new Set(ED25519_TORSION_SUBGROUP.map((point) => yOf(hexToBytes(point))));

const isStrict = (point: Uint8Array): boolean => yOf(point) < PRIME && !SMALL.has(yOf(point));

/** S B - k A is R, byte for byte. */
function isEd25519(key: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const [commitment, scalar] = [signature.subarray(0, 32), bytesToNumberLE(signature.subarray(32))];
  if (key.length !== 32 || signature.length !== 64 || scalar >= ORDER) return false;
  if (!isStrict(key) || !isStrict(commitment)) return false;
  const challenge = ed25519.Point.Fn.create(
    bytesToNumberLE(sha512(joined(commitment, key, message))),
  );
  const { BASE } = ed25519.Point;
  const expected = BASE.multiplyUnsafe(scalar).subtract(
    ed25519.Point.fromBytes(key).multiplyUnsafe(challenge),
  );
  return same(expected.toBytes(), commitment);
}

export const NOBLE: Primitives = {
  hash: (context, message) => blake3(message, { context: new TextEncoder().encode(context) }),
  isSigned: (suite, key, message, signature) => {
    try {
      if (suite === 'ed25519') return isEd25519(key, message, signature);
      const lattice = LATTICE[suite as keyof typeof LATTICE];
      return lattice.verify(signature, message, key);
    } catch {
      return false; // A point that is on no curve, a key of another length: no signature.
    }
  },
};

/**
 * Ed25519 with one verdict everywhere. Libraries differ on signatures that no honest signer makes:
 * keys of small order, keys with a torsion part, encodings with a second form. A ledger where one
 * delegate accepts what another refuses is forked, so the verdict is fixed here:
 *
 *   the signature is R | S, the key A;   k = SHA-512(R | A | message) mod L
 *   1. S < L, and the y of A and of R are below p         (no second form)
 *   2. neither A nor R is one of the eight points of small order
 *   3. A is on the curve, and S B - k A, encoded, is R byte for byte
 *
 * Rule 3 is the equation without the cofactor, the one OpenSSL and libsodium compute. `zip215: false` in
 * noble multiplies by the cofactor and so accepts more (any R with a torsion part); therefore the
 * portable verifier is these ten lines over noble's points. Rules 1 and 2 are checked here for
 * all backends, whatever they check themselves.
 *
 * Reference: RFC 8032 section 5.1.7; Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs" (2020).
 */
import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToNumberLE } from '@noble/curves/utils.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { attempt } from '#lib/attempt.ts';
import { concat, hex, same, unhex, utf8 } from '#lib/bytes.ts';
import { primitive } from '../backend.ts';
import { isScalar, isStrictPoint } from './edwards.ts';
import type { Signer } from './signer.ts';

/** Rules 1 and 2: what is refused before any arithmetic. Lengths are right already. */
export const isStrictSignature = (publicKey: Uint8Array, signature: Uint8Array): boolean =>
  isStrictPoint(publicKey) &&
  isStrictPoint(signature.subarray(0, 32)) &&
  isScalar(signature.subarray(32));

const portable: Signer = {
  deterministic: true,
  publicKey: (seed) => ed25519.getPublicKey(seed),
  sign: (seed, message) => ed25519.sign(message, seed),
  verify: (publicKey, message, signature) => {
    const point = attempt(() => ed25519.Point.fromBytes(publicKey));
    if (point === undefined) return false;
    const commitment = signature.subarray(0, 32);
    const challenge = numberOf(sha512(concat(commitment, publicKey, message)));
    const scalar = numberOf(signature.subarray(32));
    const expected = ed25519.Point.BASE.multiplyUnsafe(scalar).subtract(
      point.multiplyUnsafe(challenge),
    );
    return same(expected.toBytes(), commitment);
  },
};

const numberOf = (bytes: Uint8Array): bigint => ed25519.Point.Fn.create(bytesToNumberLE(bytes));

/** RFC 8032 section 7.1, TEST 2. */
const KNOWN = {
  seed: unhex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb')!,
  publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
  message: utf8('r'),
  signature:
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
    '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
};

function passes(signer: Signer): boolean {
  const publicKey = signer.publicKey(KNOWN.seed);
  const signature = signer.sign(KNOWN.seed, KNOWN.message, undefined);
  return (
    hex(publicKey) === KNOWN.publicKey &&
    hex(signature) === KNOWN.signature &&
    signer.verify(publicKey, KNOWN.message, signature) &&
    !signer.verify(publicKey, utf8('s'), signature)
  );
}

/** Rule 3 and the making of signatures; call it through `../signature.ts`, which checks the rest. */
export const ED25519 = primitive<Signer>('ed25519', passes, [
  { name: 'portable', make: () => portable },
]);

/**
 * Cryptography for simulations: keyed hashes in the place of signatures, key encapsulation and the VRF.
 *
 *   public key   H(suite, seed), stretched to the suite's length
 *   signature    H(suite, public key, message), stretched
 *   capsule      entropy | H(public key, entropy), stretched;   secret  H(public key, entropy) of another kind
 *   proof        H(public key, input), stretched;               output  twice H(public key, input), likewise
 *
 * It is no cryptography: whoever has a public key can forge its signatures, open its capsules and make its
 * proofs. In a simulation nobody tries but those whom a scenario plants, and what they forge they forge
 * otherwise. All else is as it should be: lengths and forms are right, a changed or foreign message,
 * signature, key or proof does not verify, a capsule opens with its own seed and gives a stranger, or whom
 * it was changed for, a secret that nobody knows, and the same arguments make the same bytes.
 *
 * Cost: 10 to 40 us, where the real ones that repeat themselves take up to six milliseconds.
 */
import { concat, same, utf8 } from '#lib/bytes.ts';
import type { Ecvrf } from '#algorithms/crypto/ecvrf.ts';
import type { Encapsulated, Encapsulator } from '#algorithms/crypto/encapsulator.ts';
import type { Signer } from '#algorithms/crypto/signer.ts';
import { domain, hash, HASH_BYTES, type Domain } from '#algorithms/hash/hash.ts';

const PUBLIC_KEY = domain('simulated public key');
const SIGNATURE = domain('simulated signature');
const CAPSULE = domain('simulated capsule');
const SECRET = domain('simulated secret');
const REJECTED = domain('simulated rejection');
const PROOF = domain('simulated proof');
const OUTPUT = domain('simulated output');

const ENTROPY_BYTES = 32;
const POINT_BYTES = 32;
const PROOF_BYTES = 80;

export interface SignerLengths {
  readonly publicKeyBytes: number;
  readonly signatureBytes: number;
}

/** Lattice signatures: any bytes of the right length are a key, and a signature. */
export function hashedSigner(suite: string, lengths: SignerLengths, shape = asTheyAre): Signer {
  const name = utf8(suite);
  const publicKey = (seed: Uint8Array): Uint8Array =>
    shape.key(stretched(hashOf(PUBLIC_KEY, name, seed), lengths.publicKeyBytes));
  const signature = (key: Uint8Array, message: Uint8Array): Uint8Array =>
    shape.signature(stretched(hashOf(SIGNATURE, name, key, message), lengths.signatureBytes));
  return {
    deterministic: true,
    publicKey,
    sign: (seed, message) => signature(publicKey(seed), message),
    verify: (key, message, candidate, context) =>
      (context === undefined || context.length === 0) && same(candidate, signature(key, message)),
  };
}

/** Signatures on a curve: keys and commitments look like points, and the other half like a scalar. */
export const hashedEd25519 = (): Signer =>
  hashedSigner(
    'ed25519',
    { publicKeyBytes: POINT_BYTES, signatureBytes: 2 * POINT_BYTES },
    { key: asPoint, signature: (bytes) => asScalar(asPoint(bytes), 63) },
  );

export function hashedKem(publicKeyBytes: number, ciphertextBytes: number): Encapsulator {
  const publicKey = (seed: Uint8Array): Uint8Array =>
    inRange(stretched(hashOf(PUBLIC_KEY, utf8('kem'), seed), publicKeyBytes));
  const made = (key: Uint8Array, entropy: Uint8Array): Encapsulated => ({
    ciphertext: concat(
      entropy,
      stretched(hashOf(CAPSULE, key, entropy), ciphertextBytes - ENTROPY_BYTES),
    ),
    secret: hashOf(SECRET, key, entropy),
  });
  return {
    deterministic: true,
    publicKey,
    encapsulate: made,
    decapsulate: (seed, ciphertext) => {
      const found = made(publicKey(seed), ciphertext.slice(0, ENTROPY_BYTES));
      return same(found.ciphertext, ciphertext) ? found.secret : hashOf(REJECTED, seed, ciphertext);
    },
  };
}

/** The key is the Ed25519 key of the same seed, as it really is. */
export function hashedVrf(): Ecvrf {
  const { publicKey } = hashedEd25519();
  return {
    publicKey,
    prove: (encoding, seed, input) => proofOf(encoding, publicKey(seed), input),
    output: (encoding, seed, input) => outputOf(encoding, publicKey(seed), input),
    verify: (encoding, key, input, proof) =>
      same(proof, proofOf(encoding, key, input)) ? outputOf(encoding, key, input) : undefined,
  };
}

const proofOf = (encoding: string, key: Uint8Array, input: Uint8Array): Uint8Array =>
  asPoint(stretched(hashOf(PROOF, utf8(encoding), key, input), PROOF_BYTES));

function outputOf(encoding: string, key: Uint8Array, input: Uint8Array): Uint8Array {
  const half = hashOf(OUTPUT, utf8(encoding), key, input);
  return concat(half, hashOf(OUTPUT, half));
}

/** Each part says its length, so that two lists of parts never make the same bytes. */
function hashOf(kind: Domain, ...parts: readonly Uint8Array[]): Uint8Array {
  const lengths = new Uint8Array(4 * parts.length);
  const view = new DataView(lengths.buffer);
  for (const [i, part] of parts.entries()) view.setUint32(4 * i, part.length);
  return hash(kind, concat(lengths, ...parts));
}

/** The same 32 bytes again and again: every byte of the result depends on all that was hashed. */
function stretched(digest: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(digest.subarray(0, length));
  for (let filled = HASH_BYTES; filled < length; filled *= 2) bytes.copyWithin(filled, 0, filled);
  return bytes;
}

interface Shape {
  readonly key: (bytes: Uint8Array) => Uint8Array;
  readonly signature: (bytes: Uint8Array) => Uint8Array;
}

const asTheyAre: Shape = { key: (bytes) => bytes, signature: (bytes) => bytes };

/** A coordinate in its only form: far below 2^255. */
function asPoint(bytes: Uint8Array): Uint8Array {
  bytes[POINT_BYTES - 1]! &= 0x3f;
  return bytes;
}

/** A scalar whose last byte is at `last`: below 2^252, and so below the order. */
function asScalar(bytes: Uint8Array, last: number): Uint8Array {
  bytes[last]! &= 0x0f;
  return bytes;
}

/** Coefficients of 12 bits, all below ML-KEM's modulus. */
function inRange(bytes: Uint8Array): Uint8Array {
  for (let i = 0; i < bytes.length; i++) bytes[i]! &= 0x77;
  return bytes;
}

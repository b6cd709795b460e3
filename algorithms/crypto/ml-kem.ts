/**
 * ML-KEM-768 (FIPS 203, once Kyber): the network's default key encapsulation. A key is its 64-byte
 * seed d | z. Public key 1184 bytes, ciphertext 1088, secret 32.
 *
 *              encapsulate   decapsulate
 *   native          40 us         40 us     OpenSSL 3.5; draws its entropy itself
 *   sodium         100 us         75 us     WASM; deterministic
 *   portable       350 us        450 us     noble, 200 / 300 with the key expanded before
 *
 * `node:crypto` has no way to give the entropy of an encapsulation (nodejs/node issue 64206), so
 * its texts differ from run to run; secrets, keys and verdicts do not. A simulation chooses one of the others.
 * Decapsulation never refuses a text of the right length (implicit rejection, FIPS 203 section 6.3).
 */
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { attempt } from '#lib/attempt.ts';
import { hex, same, unhex } from '#lib/bytes.ts';
import { primitive } from '../backend.ts';
import type { Encapsulator } from './encapsulator.ts';
import { memo } from './memo.ts';

/** Own keys: few. Others' keys, expanded to 6 KB each: the holders a delegate is busy with. */
const SECRET_KEYS_MAX = 64;
const PUBLIC_KEYS_MAX = 512;

const COEFFICIENT_BYTES = 1_152;
const MODULUS = 3_329;

/** The modulus check of FIPS 203 section 7.2: every 12-bit coefficient is below 3329. */
export function isMlKemKey(publicKey: Uint8Array): boolean {
  for (let i = 0; i < COEFFICIENT_BYTES; i += 3) {
    const middle = publicKey[i + 1]!;
    if ((publicKey[i]! | ((middle & 15) << 8)) >= MODULUS) return false;
    if (((middle >> 4) | (publicKey[i + 2]! << 4)) >= MODULUS) return false;
  }
  return true;
}

const digest = (bytes: Uint8Array): string => hex(sha256(bytes));

function portable(): Encapsulator {
  const keyPairOf = memo(
    SECRET_KEYS_MAX,
    digest,
    (seed) => ml_kem768.keygen(seed),
    (pair) => pair.secretKey.fill(0),
  );
  const expanded = memo(PUBLIC_KEYS_MAX, digest, (publicKey) => ml_kem768.prepare(publicKey));
  return {
    deterministic: true,
    publicKey: (seed) => keyPairOf(seed).publicKey.slice(),
    encapsulate: (publicKey, entropy) => {
      const made = attempt(() => expanded(publicKey))?.encapsulate(entropy);
      return made && { ciphertext: made.cipherText, secret: alone(made.sharedSecret) };
    },
    decapsulate: (seed, ciphertext) => {
      const { publicKey, secretKey } = keyPairOf(seed);
      return alone(expanded(publicKey).decapsulate(ciphertext, secretKey));
    },
  };
}

/**
 * noble's secret is a view of G's 64 bytes (FIPS 203 algorithm 17), whose other half opens the text as
 * well: it must not outlive the wiping of the secret, nor travel to a worker with it.
 */
function alone(secret: Uint8Array): Uint8Array {
  const copy = secret.slice();
  new Uint8Array(secret.buffer).fill(0);
  return copy;
}

/** ACVP ML-KEM-keyGen-FIPS203, tcId 26: d | z, and the SHA-256 of the public key. */
const KNOWN = {
  seed:
    'e582b7d75e6c80b05ae392a1fc9f7153b12390fd99930368cc67a768baebc8a0' +
    '1cdacb8740c0b87c4a379575f187b367cbfa3b300bf591b109f79816e9cbe8f0',
  publicKeyDigest: '4158f6afb5e516c99f1da07da8c651348422b17c1f4e9a08ad73fb1f91249b3e',
};

function passes(kem: Encapsulator): boolean {
  const seed = unhex(KNOWN.seed)!;
  const publicKey = kem.publicKey(seed);
  const made = kem.encapsulate(publicKey, new Uint8Array(32));
  if (made === undefined || digest(publicKey) !== KNOWN.publicKeyDigest) return false;
  const found = kem.decapsulate(seed, made.ciphertext);
  return found !== undefined && same(found, made.secret);
}

export const ML_KEM_768 = primitive<Encapsulator>('ml-kem-768', passes, [
  { name: 'portable', make: portable },
]);

/**
 * sntrup761 as a suite: a 32-byte seed in place of a stored key pair, 32 bytes of entropy in
 * place of a stream. Both are stretched by SHAKE256 with a label each; what is drawn from the
 * stream, and in which order, is the reference implementation's. One backend: `../sntrup761/`.
 */
import { shake256 } from '@noble/hashes/sha3.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, hex, same, utf8 } from '#lib/bytes.ts';
import { primitive } from '../backend.ts';
import { decapsulate, encapsulate, makeKeyPair } from '../sntrup761/kem.ts';
import type { Draw } from '../sntrup761/sampling.ts';
import type { Encapsulator } from './encapsulator.ts';
import { memo } from './memo.ts';

/** Own keys in one process: few. Making one again costs 35 ms. */
const SECRET_KEYS_MAX = 64;

const stretch = (label: string, entropy: Uint8Array): Draw => {
  const stream = shake256
    .create({})
    .update(concat(utf8(`city-chain/sntrup761/${label}\0`), entropy));
  return (length) => stream.xof(length);
};

function portable(): Encapsulator {
  const keyPairOf = memo(
    SECRET_KEYS_MAX,
    (seed) => hex(sha256(seed)),
    (seed) => makeKeyPair(stretch('key', seed)),
    (pair) => pair.secretKey.fill(0),
  );
  return {
    deterministic: true,
    publicKey: (seed) => keyPairOf(seed).publicKey.slice(),
    encapsulate: (publicKey, entropy) => encapsulate(publicKey, stretch('encapsulate', entropy)),
    decapsulate: (seed, ciphertext) => decapsulate(keyPairOf(seed).secretKey, ciphertext),
  };
}

/** Known answers take a tenth of a second and are in the tests; here, what it makes it must open. */
function passes(kem: Encapsulator): boolean {
  const seed = new Uint8Array(32);
  const made = kem.encapsulate(kem.publicKey(seed), seed);
  const found = made && kem.decapsulate(seed, made.ciphertext);
  return made !== undefined && found !== undefined && same(found, made.secret);
}

export const SNTRUP761 = primitive<Encapsulator>('sntrup761', passes, [
  { name: 'portable', make: portable },
]);

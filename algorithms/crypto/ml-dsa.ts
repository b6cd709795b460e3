/**
 * ML-DSA (FIPS 204, once Dilithium): lattice signatures. 65 is the default of the network, 44 and
 * 87 can be chosen. A key is its 32-byte seed (xi in algorithm 6), expanded when used.
 *
 *           public key   signature   sign / verify, native     noble
 *   44          1312        2420
 *   65          1952        3309     1.0 / 0.16 ms             6 / 1.8 ms
 *   87          2592        4627
 *
 * Signing is hedged with 32 bytes of entropy, or deterministic without (FIPS 204 section 3.4):
 * both verify alike. OpenSSL's signer always hedges, with bytes it draws itself.
 */
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { attempt } from '#lib/attempt.ts';
import { EMPTY, hex, unhex, utf8 } from '#lib/bytes.ts';
import { type Primitive, primitive } from '../backend.ts';
import { memo } from './memo.ts';
import type { Signer } from './signer.ts';

export type MlDsa = 'ml-dsa-44' | 'ml-dsa-65' | 'ml-dsa-87';

/** Own keys in one process: few. An expanded key is 2.5 to 4.9 KB. */
const SECRET_KEYS_MAX = 64;

const LIBRARY = { 'ml-dsa-44': ml_dsa44, 'ml-dsa-65': ml_dsa65, 'ml-dsa-87': ml_dsa87 };

/** ACVP ML-DSA-keyGen-FIPS204, tcId 1, 26 and 51: the seed, and the SHA-256 of the public key. */
const KNOWN: Readonly<Record<MlDsa, { readonly seed: string; readonly publicKeyDigest: string }>> =
  {
    'ml-dsa-44': {
      seed: '7194b13c95231010afd2c909992bd2003ba6f437c3886bdbe3f6b867a14ba161',
      publicKeyDigest: '838b88b6ac41e2c60698173e08ca173d0b0d2839205806e56a8a3d53195f3a03',
    },
    'ml-dsa-65': {
      seed: 'a991fd42b071d49c48ae3e75c647459e0daad1e1ba356a04801912d3294bcff8',
      publicKeyDigest: 'b1a7d0d2f0d7a04b9d5ffccd9bd578864dab4a01cdd7f70a05cd1f4f0672e43a',
    },
    'ml-dsa-87': {
      seed: 'a16f5b0796703e2d1a0140a35cbf36efabe70e752ba59b6a9a0e9c4b05302f73',
      publicKeyDigest: '33f49649f05ec2fc3b050007b18ade043bbc8d1c0ded03a269d540486daaa5f4',
    },
  };

function portable(suite: MlDsa): Signer {
  const library = LIBRARY[suite];
  const keyPairOf = memo(
    SECRET_KEYS_MAX,
    (seed) => hex(sha256(seed)),
    (seed) => library.keygen(seed),
    (pair) => pair.secretKey.fill(0),
  );
  return {
    deterministic: true,
    publicKey: (seed) => keyPairOf(seed).publicKey.slice(),
    sign: (seed, message, hedge) =>
      library.sign(message, keyPairOf(seed).secretKey, { extraEntropy: hedge ?? false }),
    verify: (publicKey, message, signature, context = EMPTY) =>
      attempt(() => library.verify(signature, message, publicKey, { context })) ?? false,
  };
}

function declare(suite: MlDsa): Primitive<Signer> {
  const known = KNOWN[suite];
  const passes = (signer: Signer): boolean => {
    const seed = unhex(known.seed)!;
    const publicKey = signer.publicKey(seed);
    const signature = signer.sign(seed, utf8('known'), undefined);
    return (
      hex(sha256(publicKey)) === known.publicKeyDigest &&
      signer.verify(publicKey, utf8('known'), signature) &&
      !signer.verify(publicKey, utf8('other'), signature)
    );
  };
  return primitive(suite, passes, [{ name: 'portable', make: () => portable(suite) }]);
}

export const ML_DSA: Readonly<Record<MlDsa, Primitive<Signer>>> = {
  'ml-dsa-44': declare('ml-dsa-44'),
  'ml-dsa-65': declare('ml-dsa-65'),
  'ml-dsa-87': declare('ml-dsa-87'),
};

/**
 * sntrup761: the key encapsulation of Streamlined NTRU Prime, the lattice KEM that OpenSSH has used
 * by default since 2022. Kept beside ML-KEM because it rests on another ring (prime degree, no
 * subfields, no cyclotomics) and on another team's choices.
 *
 *   key:          g small, invertible mod 3; f short;  h = g / 3f mod 4591 is public
 *   encapsulate:  r short;  c = round(h r);            secret = H(1, r, c)
 *   decapsulate:  3 f c mod 4591, then mod 3, / g = r; c again from r, and only if it is the same
 *                 text is the secret H(1, r, c), otherwise H(0, rho, c): nobody learns which.
 *
 * Decryption never fails for honest texts (q > 32 w). Sizes: public key 1158, secret key 1763,
 * ciphertext 1039, secret 32. Cost: a key 25 ms, encapsulate 1 ms, decapsulate 2 ms.
 *
 * Reference: NTRU Prime: round 3 (2020), sections 3.4 to 3.7; draft-josefsson-ntruprime-streamlined.
 * Checked against its published known answers, key generation included. On time, see ring.ts.
 */
import { sha512 } from '@noble/hashes/sha2.js';
import { concat, sameSecret } from '#lib/bytes.ts';
import {
  DENSE_BYTES,
  readDense,
  readRounded,
  readSmall,
  round,
  ROUNDED_BYTES,
  SMALL_BYTES,
  writeDense,
  writeRounded,
  writeSmall,
} from './coding.ts';
import {
  freeze3,
  freezeQ,
  multiply3,
  multiplyQ,
  P,
  reciprocal3,
  reciprocalOfTriple,
} from './ring.ts';
import { type Draw, drawShort, drawSmall, WEIGHT } from './sampling.ts';

const HASH_BYTES = 32;
export const PUBLIC_KEY_BYTES = DENSE_BYTES;
export const SECRET_KEY_BYTES = 3 * SMALL_BYTES + DENSE_BYTES + HASH_BYTES;
export const CIPHERTEXT_BYTES = ROUNDED_BYTES + HASH_BYTES;

export interface KeyPair {
  readonly publicKey: Uint8Array;
  /** f | 1/g mod 3 | public key | rho | hash of the public key, as published. */
  readonly secretKey: Uint8Array;
}

export interface Encapsulated {
  readonly ciphertext: Uint8Array;
  readonly secret: Uint8Array;
}

/** Draws about 3 KB twice, again for each g that has no reciprocal (about one in three). */
export function makeKeyPair(draw: Draw): KeyPair {
  let g = drawSmall(draw);
  let inverse = reciprocal3(g);
  while (inverse === undefined) {
    g = drawSmall(draw);
    inverse = reciprocal3(g);
  }
  const f = drawShort(draw);
  const publicKey = writeDense(multiplyQ(reciprocalOfTriple(f), g));
  const rho = draw(SMALL_BYTES);
  const secretKey = concat(writeSmall(f), writeSmall(inverse), publicKey, rho, hash(4, publicKey));
  return { publicKey, secretKey };
}

/** Draws about 3 KB. Any 1158 bytes are taken for a public key. */
export function encapsulate(publicKey: Uint8Array, draw: Draw): Encapsulated {
  const input = drawShort(draw);
  const ciphertext = hide(input, publicKey, hash(4, publicKey));
  return { ciphertext, secret: session(1, writeSmall(input), ciphertext) };
}

/** Never refuses: a text that was not made for this key gives a secret nobody else can know. */
export function decapsulate(secretKey: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  const [f, inverse, publicKey, rho, keyHash] = cut(secretKey);
  const input = decrypt(
    readRounded(ciphertext.subarray(0, ROUNDED_BYTES)),
    readSmall(f),
    readSmall(inverse),
  );
  const right = Number(sameSecret(hide(input, publicKey, keyHash), ciphertext));
  const written = writeSmall(input);
  const chosen = written.map((byte, i) => (byte & -right) | (rho[i]! & (right - 1)));
  return session(right, chosen, ciphertext);
}

/** c = round(h r), and the confirmation that r was known: anyone with r makes the same bytes. */
function hide(input: Int16Array, publicKey: Uint8Array, keyHash: Uint8Array): Uint8Array {
  const rounded = round(multiplyQ(readDense(publicKey), input));
  const confirmation = hash(2, concat(hash(3, writeSmall(input)), keyHash));
  return concat(writeRounded(rounded), confirmation);
}

/** The input r, or some fixed short polynomial where the text was not made of a short one. */
function decrypt(rounded: Int16Array, f: Int16Array, inverse: Int16Array): Int16Array {
  const tripled = multiplyQ(rounded, f).map((coefficient) => freeze3(freezeQ(3 * coefficient)));
  const input = multiply3(tripled, inverse);
  let weight = 0;
  for (const coefficient of input) weight += coefficient & 1;
  const difference = weight - WEIGHT;
  const wrong = (difference | -difference) >> 31; // All ones if not short.
  return Int16Array.from({ length: P }, (_, i) => {
    const fallback = i < WEIGHT ? 1 : 0;
    return (input[i]! & ~wrong) | (fallback & wrong);
  });
}

const session = (kind: number, input: Uint8Array, ciphertext: Uint8Array): Uint8Array =>
  hash(kind, concat(hash(3, input), ciphertext));

const hash = (kind: number, bytes: Uint8Array): Uint8Array =>
  sha512(concat(Uint8Array.of(kind), bytes)).slice(0, HASH_BYTES);

function cut(
  secretKey: Uint8Array,
): [
  f: Uint8Array,
  inverse: Uint8Array,
  publicKey: Uint8Array,
  rho: Uint8Array,
  keyHash: Uint8Array,
] {
  const publicAt = 2 * SMALL_BYTES;
  const rhoAt = publicAt + DENSE_BYTES;
  const hashAt = rhoAt + SMALL_BYTES;
  return [
    secretKey.subarray(0, SMALL_BYTES),
    secretKey.subarray(SMALL_BYTES, publicAt),
    secretKey.subarray(publicAt, rhoAt),
    secretKey.subarray(rhoAt, hashAt),
    secretKey.subarray(hashAt),
  ];
}

/**
 * sntrup761 from the bottom up: reductions exhaustively, the rings against their definition, and
 * the published known answer, key generation included.
 */
import { sha256, sha512 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { concat, hex, unhex } from '#lib/bytes.ts';
import { readDense, round, writeRounded, writeSmall } from '#algorithms/sntrup761/coding.ts';
import {
  CIPHERTEXT_BYTES,
  decapsulate,
  encapsulate,
  makeKeyPair,
  PUBLIC_KEY_BYTES,
  SECRET_KEY_BYTES,
} from '#algorithms/sntrup761/kem.ts';
import {
  freeze3,
  freezeQ,
  HALF_Q,
  multiply3,
  multiplyQ,
  P,
  Q,
  reciprocal3,
  reciprocalOfTriple,
} from '#algorithms/sntrup761/ring.ts';
import { drawShort, drawSmall, WEIGHT } from '#algorithms/sntrup761/sampling.ts';
import { nistDrbg } from '#test/algorithms/nist-drbg.ts';

/** The seed of count 0 in every known-answer file of the NIST post-quantum submissions. */
const SEED = unhex(
  '061550234D158C5EC95595FE04EF7A25767F2E24CC2BC479D09D86DC9ABCFDE7' +
    '056A8C266F9EF97ED08541DBD2E1FFA1',
)!;
const draw = nistDrbg(SEED);
const keyPair = makeKeyPair(draw);
const published = encapsulate(keyPair.publicKey, draw);
const one = Int16Array.from({ length: P }, (_, i) => (i === 0 ? 1 : 0));

/** Modulo 4591, balanced, by division. */
function reference(x: number): number {
  const least = ((x % Q) + Q) % Q;
  return least > HALF_Q ? least - Q : least;
}

describe('sntrup761', () => {
  it('reduces modulo 4591 into the balanced range, wherever a sum may end', () => {
    const sumMax = 2 * HALF_Q * HALF_Q; // A step of `divide`; sums of a product stay below.
    const edges = Array.from({ length: 2 * Math.floor(sumMax / Q) }, (_, i) => {
      const multiple = (i - Math.floor(sumMax / Q)) * Q;
      return [-HALF_Q - 1, -HALF_Q, -1, 0, 1, HALF_Q].map((offset) => multiple + offset);
    }).flat();
    const between = Array.from({ length: 200_000 }, (_, i) => i * 105 - sumMax);
    expect([...edges, ...between].filter((x) => freezeQ(x) !== reference(x))).toEqual([]);
  });

  it('reduces modulo 3 into -1, 0, 1', () => {
    for (let x = -3 * P; x <= 3 * P; x++) {
      const least = ((x % 3) + 3) % 3;
      expect(freeze3(x)).toBe(least === 2 ? -1 : least);
    }
  });

  it('knows x^761 = x + 1', () => {
    const x = Int16Array.from({ length: P }, (_, i) => (i === 1 ? 1 : 0));
    const last = Int16Array.from({ length: P }, (_, i) => (i === P - 1 ? 1 : 0));
    const expected = Int16Array.from({ length: P }, (_, i) => (i <= 1 ? 1 : 0));
    expect(multiplyQ(last, x)).toEqual(expected);
    expect(multiply3(last, x)).toEqual(expected);
  });

  it('finds reciprocals in both rings, and says where there is none', () => {
    const f = drawShort(draw);
    const tripled = multiplyQ(reciprocalOfTriple(f), f).map((c) => freezeQ(3 * c));
    expect(tripled).toEqual(one);
    const found = Array.from({ length: 3 }, () => drawSmall(draw)).map((g) => [g, reciprocal3(g)]);
    for (const [g, inverse] of found) if (inverse) expect(multiply3(inverse, g!)).toEqual(one);
    expect(found.some(([, inverse]) => inverse !== undefined)).toBe(true);
    // x^761 - x - 1 has a factor modulo 3; a multiple of it has no reciprocal: zero is one.
    expect(reciprocal3(new Int16Array(P))).toBeUndefined();
  });

  it('draws short polynomials of the one weight, and small ones of all three coefficients', () => {
    const short = drawShort(draw);
    expect(short.filter((coefficient) => coefficient !== 0).length).toBe(WEIGHT);
    const small = drawSmall(draw);
    for (const value of [-1, 0, 1]) {
      expect(Math.abs(small.filter((c) => c === value).length - P / 3)).toBeLessThan(80); // 6 sigma.
    }
  });

  it('rounds to multiples of three, by at most one', () => {
    const all = Int16Array.from({ length: Q }, (_, i) => i - HALF_Q);
    for (const [i, rounded] of round(all).entries()) {
      expect(Math.abs(rounded % 3)).toBe(0);
      expect(Math.abs(rounded - all[i]!)).toBeLessThanOrEqual(1);
    }
  });

  it('makes the published key, text and secret from the published seed', () => {
    const { publicKey, secretKey } = keyPair;
    const { ciphertext, secret } = published;
    expect([publicKey.length, secretKey.length, ciphertext.length]).toEqual([
      PUBLIC_KEY_BYTES,
      SECRET_KEY_BYTES,
      CIPHERTEXT_BYTES,
    ]);
    expect(hex(sha256(secretKey))).toBe(
      '8f8f45cef184cc93e387edc54720102e7f95247ec052ad8440d65c932d4f973d',
    );
    expect(hex(sha256(ciphertext))).toBe(
      'beec3df6e2d1d64eb7fa4c95605ff32aff38ab0e23ff79ff61bbc9832c31e885',
    );
    expect(hex(secret)).toBe('344ca5e25f6da5ea95e4a695b1c5446eca9859334532e4a9537669f012c743a2');
    expect(hex(decapsulate(secretKey, ciphertext))).toBe(hex(secret));
  });

  it('gives a secret that nobody knows for a text that was changed anywhere', () => {
    const { publicKey, secretKey } = keyPair;
    const { ciphertext, secret } = published;
    const other = encapsulate(publicKey, draw);
    const mauled = [0, 500, 1_006, 1_007, 1_038].map((at) =>
      ciphertext.map((byte, i) => (i === at ? byte ^ 1 : byte)),
    );
    const spliced = concat(ciphertext.subarray(0, 1_007), other.ciphertext.subarray(1_007));
    const secrets = [...mauled, spliced, new Uint8Array(CIPHERTEXT_BYTES)].map((text) =>
      hex(decapsulate(secretKey, text)),
    );
    expect(new Set([...secrets, hex(secret)]).size).toBe(secrets.length + 1);
    // Implicit rejection is deterministic, and depends on rho: another rho, another secret.
    const rerolled = secretKey.slice();
    rerolled[SECRET_KEY_BYTES - 40] = rerolled[SECRET_KEY_BYTES - 40]! ^ 1;
    expect(hex(decapsulate(secretKey, mauled[0]!))).toBe(secrets[0]);
    expect(hex(decapsulate(rerolled, mauled[0]!))).not.toBe(secrets[0]);
  });

  it('rejects an input of another weight, though everything else about its text is right', () => {
    const { publicKey, secretKey } = keyPair;
    const short = drawShort(draw);
    const at = short.findIndex((coefficient) => coefficient !== 0);
    const light = short.map((coefficient, i) => (i === at ? 0 : coefficient));
    const honest = encapsulateInput(publicKey, short);
    expect(hex(decapsulate(secretKey, honest.ciphertext))).toBe(hex(honest.secret));
    const forged = encapsulateInput(publicKey, light);
    expect(hex(decapsulate(secretKey, forged.ciphertext))).not.toBe(hex(forged.secret));
  });
});

/** Encapsulation again, of an input that the sender chose: NTRU Prime round 3, section 3.6. */
function encapsulateInput(publicKey: Uint8Array, input: Int16Array) {
  const written = writeSmall(input);
  const confirmation = prefixed(2, concat(prefixed(3, written), prefixed(4, publicKey)));
  const rounded = round(multiplyQ(readDense(publicKey), input));
  const ciphertext = concat(writeRounded(rounded), confirmation);
  return { ciphertext, secret: prefixed(1, concat(prefixed(3, written), ciphertext)) };
}

const prefixed = (kind: number, bytes: Uint8Array): Uint8Array =>
  sha512(concat(Uint8Array.of(kind), bytes)).subarray(0, 32);

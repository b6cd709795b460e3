/**
 * Ed25519: one verdict. Signatures that no honest signer makes, made here with the group in hand: keys
 * and commitments with torsion parts, encodings with a second form, scalars past the order. Every
 * backend must say what the three rules in the header of crypto/ed25519.ts say, computed here from
 * how the signature was made.
 */
import { ed25519, ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js';
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { backendsOf, choose } from '#algorithms/backend.ts';
import { ED25519, isStrictSignature } from '#algorithms/crypto/ed25519.ts';
import { isCoordinate, isScalar, isStrictPoint } from '#algorithms/crypto/edwards.ts';
import { concat, same, unhex } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';
import { cases } from '#test/cases.ts';

await offerBackends();
afterEach(() => choose('*', 'auto'));

const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;
const FIELD = Point.Fp.ORDER;
const TORSION = ED25519_TORSION_SUBGROUP.map((point) => Point.fromHex(point));
const backends = backendsOf('ed25519');

const verdicts = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean[] =>
  backends.map((backend) => {
    choose('ed25519', backend);
    return (
      isStrictSignature(publicKey, signature) && ED25519.use().verify(publicKey, message, signature)
    );
  });
const all = (verdict: boolean): boolean[] => backends.map(() => verdict);

const scalar = fc.bigInt({ min: 0n, max: ORDER - 1n });
const torsion = fc.constantFrom(...TORSION);
const message = fc.uint8Array({ maxLength: 32 });

/** R | S and A for any discrete logarithms and torsion parts: S = r + k a always holds. */
function forge(
  a: bigint,
  r: bigint,
  keyPart: typeof Point.ZERO,
  part: typeof Point.ZERO,
  text: Uint8Array,
) {
  const key = Point.BASE.multiplyUnsafe(a).add(keyPart);
  const commitment = Point.BASE.multiplyUnsafe(r).add(part);
  const publicKey = key.toBytes();
  const front = commitment.toBytes();
  const k = bytesToNumberLE(sha512(concat(front, publicKey, text))) % ORDER;
  const signature = concat(front, numberToBytesLE((r + k * a) % ORDER, 32));
  const torsionHolds = part.add(keyPart.multiplyUnsafe(k)).is0(); // S B - k A = R, its torsion part.
  const small = key.isSmallOrder() || commitment.isSmallOrder();
  return { publicKey, signature, accepted: torsionHolds && !small };
}

describe('ed25519, for signatures that nobody honest makes', () => {
  it('has a fast and a portable backend to compare', () =>
    expect(backends).toEqual(['native', 'sodium', 'portable']));

  it('gives one verdict on torsion in the key and in the commitment', () => {
    let [accepted, refused] = [0, 0];
    fc.assert(
      fc.property(scalar, scalar, torsion, torsion, message, (a, r, keyPart, part, text) => {
        const forged = forge(a, r, keyPart, part, text);
        if (forged.accepted) accepted++;
        else refused++;
        expect(verdicts(forged.publicKey, text, forged.signature)).toEqual(all(forged.accepted));
      }),
      { numRuns: 100 },
    );
    expect(Math.min(accepted, refused)).toBeGreaterThan(2); // Both kinds were drawn.
  });

  it('gives one verdict on keys and commitments of small order', () =>
    fc.assert(
      fc.property(torsion, torsion, message, (keyPart, part, text) => {
        const forged = forge(0n, 0n, keyPart, part, text);
        expect(verdicts(forged.publicKey, text, forged.signature)).toEqual(all(false));
      }),
      { numRuns: cases(60) },
    ));

  it('refuses scalars past the order, in every form that still fits 32 bytes', () =>
    fc.assert(
      fc.property(scalar, scalar, fc.integer({ min: 1, max: 15 }), message, (a, r, times, text) => {
        const forged = forge(a, r, Point.ZERO, Point.ZERO, text);
        const s = bytesToNumberLE(forged.signature.subarray(32)) + BigInt(times) * ORDER;
        if (s >= 2n ** 256n) return;
        const second = concat(forged.signature.subarray(0, 32), numberToBytesLE(s, 32));
        expect(verdicts(forged.publicKey, text, second)).toEqual(all(false));
      }),
      { numRuns: cases(40) },
    ));

  it('refuses any bytes as a key or a commitment alike', () =>
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ minLength: 64, maxLength: 64 }),
        message,
        (publicKey, signature, text) => {
          expect(verdicts(publicKey, text, signature)).toEqual(all(false));
        },
      ),
      { numRuns: cases(60) },
    ));

  it('sees the second form of a coordinate, and only that', () => {
    for (let offset = -25n; offset < 19n; offset++) {
      expect(isCoordinate(numberToBytesLE(FIELD + offset, 32))).toBe(offset < 0n);
    }
    expect(isCoordinate(numberToBytesLE(2n ** 255n, 32))).toBe(false);
    expect(isCoordinate(new Uint8Array(32))).toBe(true);
  });

  it('sees a scalar past the order, and only that', () => {
    for (let offset = -3n; offset < 3n; offset++) {
      expect(isScalar(numberToBytesLE(ORDER + offset, 32))).toBe(offset < 0n);
    }
    expect(isScalar(new Uint8Array(32).fill(0xff))).toBe(false);
    expect(isScalar(new Uint8Array(32))).toBe(true);
  });

  it('sees every point of small order, with either sign and in either form', () => {
    for (const point of TORSION) {
      const bytes = point.toBytes();
      const flipped = bytes.map((byte, i) => (i === 31 ? byte ^ 0x80 : byte));
      const y = bytesToNumberLE(bytes.map((byte, i) => (i === 31 ? byte & 0x7f : byte)));
      const forms = [bytes, flipped];
      if (y + FIELD < 2n ** 255n) forms.push(numberToBytesLE(y + FIELD, 32));
      for (const form of forms) expect(isStrictPoint(form)).toBe(false);
    }
    expect(isStrictPoint(Point.BASE.toBytes())).toBe(true);
  });
});

/**
 * Chalkias, Garillot, Nikolaenko, "Taming the many EdDSAs" (2020), table of test vectors: the ten of its
 * repository. Only the fourth satisfies the equation without the cofactor and our other rules.
 */
const TAMING: readonly (readonly [message: string, key: string, r: string, s: string])[] = [
  [
    '8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    '0000000000000000000000000000000000000000000000000000000000000000',
  ],
  [
    '9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43',
    'a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04',
  ],
  [
    'aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab',
    'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
    '8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e',
  ],
  [
    '9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79',
    'cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d',
    '9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f',
    '87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009',
  ],
  [
    'e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c',
    'cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d',
    '160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512',
    '5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09',
  ],
  [
    'e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c',
    'cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d',
    '21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7',
    'e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405',
  ],
  [
    '85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40',
    '442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623',
    'e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e',
    '547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514',
  ],
  [
    '85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40',
    '442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623',
    '8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa1942',
    '7e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22',
  ],
  [
    'fdaebc429f4a735932a160da1301080c13280eea8bc280d1b392c6b9e6ba3a5a',
    'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '454d370c8d9fc323a41450f8d513eafeb5b0697390c1e505a0d4ddc71f566607',
  ],
  [
    '84b698d39be126ff55fe45079e6c8bf64a0d7db6994560b4e96b7021eb39c1a1',
    'f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    '084d5b99c2a9463d9c8bd5026916996984eeec87ddf1d3be329006ace1b37b09',
  ],
];

describe('ed25519, the published edge cases', () => {
  it.each(TAMING.map((row, i) => [i + 1, row] as const))(
    'gives one verdict on case %i',
    (n, row) => {
      const [message, key, r, s] = row.map((text) => unhex(text)!);
      expect(verdicts(key!, message!, concat(r!, s!))).toEqual(all(n === 4));
    },
  );
  it('is not the verdict with the cofactor', () => {
    const [message, key, r, s] = TAMING[4]!.map((text) => unhex(text)!);
    const signature = concat(r!, s!);
    expect(ed25519.verify(signature, message!, key!, { zip215: false })).toBe(true);
    expect(same(r!, key!)).toBe(false);
  });
});

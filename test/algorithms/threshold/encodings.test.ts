/** Which bytes are a point: the published answers, and the same verdict from every backend. */
import { describe, expect, it } from 'vitest';
import {
  G1_GENERATOR,
  G2_GENERATOR,
  isCompressedPoint,
  ORDER,
} from '#algorithms/threshold/bls12381.ts';
import { hex, unhex, utf8 } from '#lib/bytes.ts';
import { FAST, PAIRINGS, RISTRETTOS } from './each-backend.ts';

const bytes = (text: string): Uint8Array => unhex(text)!;
const altered = (point: Uint8Array, at: number, byte: number): Uint8Array => point.with(at, byte);
const zeros = (length: number): Uint8Array => new Uint8Array(length);

/** RFC 9496 appendix A.2. */
const NOT_RISTRETTO = {
  'not canonical': [
    '00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
    'ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ],
  negative: [
    '0100000000000000000000000000000000000000000000000000000000000000',
    '01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20',
  ],
  'no square': [
    '26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371',
    '4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f',
    'de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad7b',
  ],
  'negative xy': [
    '3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e',
    'a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220',
  ],
  's = -1': ['ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f'],
};

/** RFC 9496 appendix A.1, from the first multiple of the generator on. */
const MULTIPLES = [
  'e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76',
  '6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919',
  '94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259',
  'da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57',
  'e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e',
];

describe.each(RISTRETTOS)('ristretto255 on $name', ({ made: group }) => {
  it.each(Object.entries(NOT_RISTRETTO))('refuses what is %s (RFC 9496 A.2)', (_, refused) => {
    expect(refused.map((text) => group.read(bytes(text)))).toEqual(refused.map(() => undefined));
  });
  it('refuses the identity and other lengths', () => {
    expect(group.read(zeros(32))).toBeUndefined();
    expect(group.read(zeros(0))).toBeUndefined();
    expect(group.read(bytes(`${MULTIPLES[0]}00`))).toBeUndefined();
  });
  it('multiplies the generator (RFC 9496 A.1)', () => {
    let sum = group.identity;
    for (const [i, text] of MULTIPLES.entries()) {
      sum = group.add(sum, group.generator);
      expect(hex(group.write(sum))).toBe(text);
      expect(hex(group.write(group.multiply(group.generator, BigInt(i + 1))))).toBe(text);
    }
  });
  it('has the order that RFC 9496 section 4 gives, and no scalar of that size or above', () => {
    const last = group.multiplySecret(group.generator, group.order - 1n);
    expect(group.same(group.add(last, group.generator), group.identity)).toBe(true);
    expect(group.readScalar(group.writeScalar(group.order - 1n))).toBe(group.order - 1n);
    expect(group.readScalar(group.writeScalar(group.order))).toBeUndefined();
    expect(group.readScalar(zeros(31))).toBeUndefined();
    expect(hex(group.writeScalar(1n))).toBe(`01${'00'.repeat(31)}`);
  });
});

/** ZCash's format: what the flags and the coordinates of one compressed point may be. */
const REFUSED: Readonly<Record<string, (point: Uint8Array) => Uint8Array>> = {
  'no bytes': () => zeros(0),
  'a byte too few': (point) => point.subarray(1),
  'a byte too many': (point) => Uint8Array.from([...point, 0]),
  'the identity': (point) => altered(zeros(point.length), 0, 0xc0),
  'the identity with a sign': (point) => altered(zeros(point.length), 0, 0xe0),
  'the infinity flag on a point': (point) => altered(point, 0, point[0]! | 0x40),
  'no compression flag': (point) => altered(point, 0, point[0]! & 0x7f),
  'all zeros': (point) => zeros(point.length),
  'x = p': (point) => Uint8Array.from([...P_COMPRESSED, ...zeros(point.length - 48)]),
  'an x above p': (point) => altered(point, 0, 0x9f),
  'a last coordinate above p': (point) =>
    Uint8Array.from([...point.subarray(0, -48), ...zeros(48).fill(0xff).with(0, 0x9f)]),
  'an uncompressed length': (point) => Uint8Array.from([...point, ...point]),
  'x = 0: on the curve of G1, not in the subgroup': (point) =>
    altered(zeros(point.length), 0, 0x80),
};
const P_COMPRESSED = bytes(
  '9a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab',
);

describe.each(PAIRINGS)('BLS12-381 on $name', ({ made: { g1, g2, matches } }) => {
  it('writes the generators as the standard does', () => {
    expect(g1.write(g1.generator)).toEqual(G1_GENERATOR);
    expect(g2.write(g2.generator)).toEqual(G2_GENERATOR);
    expect(g1.read(G1_GENERATOR)).toSatisfy((point) => g1.same(point, g1.generator));
    expect(g2.read(G2_GENERATOR)).toSatisfy((point) => g2.same(point, g2.generator));
  });
  it('writes minus the generator with the other sign', () => {
    const minus = g1.multiply(g1.generator, ORDER - 1n);
    expect(g1.write(minus)).toEqual(altered(G1_GENERATOR, 0, G1_GENERATOR[0]! ^ 0x20));
    expect(g1.same(g1.add(minus, g1.generator), g1.identity)).toBe(true);
  });
  it.each(Object.entries(REFUSED))('refuses %s', (_, mangle) => {
    expect(g1.read(mangle(G1_GENERATOR))).toBeUndefined();
    expect(g2.read(mangle(G2_GENERATOR))).toBeUndefined();
  });
  it('refuses what lies on the curve outside the subgroup', () => {
    for (const x of OUTSIDE_G1)
      expect(g1.read(altered(zeros(48), 0, 0x80).with(47, x))).toBeUndefined();
    for (const x of OUTSIDE_G2)
      expect(g2.read(altered(zeros(96), 0, 0x80).with(95, x))).toBeUndefined();
  });
  it('writes the identity as the standard does, and pairs it to one', () => {
    expect(hex(g1.write(g1.identity))).toBe(`c0${'00'.repeat(47)}`);
    expect(hex(g2.write(g2.identity))).toBe(`c0${'00'.repeat(95)}`);
    expect(matches(g1.generator, g2.identity, g1.identity)).toBe(true);
    expect(matches(g1.identity, g2.generator, g1.identity)).toBe(true);
    expect(matches(g1.generator, g2.identity, g1.generator)).toBe(false);
    expect(matches(g1.generator, g2.generator, g1.identity)).toBe(false);
  });
  it('multiplies by nothing', () => {
    expect(g1.same(g1.combine([], []), g1.identity)).toBe(true);
    expect(g2.same(g2.multiplySecret(g2.generator, 0n), g2.identity)).toBe(true);
    expect(g1.same(g1.multiply(g1.identity, 5n), g1.identity)).toBe(true);
  });
  it('takes scalars below the order, big-endian', () => {
    expect(g1.readScalar(g1.writeScalar(ORDER - 1n))).toBe(ORDER - 1n);
    expect(g1.readScalar(g1.writeScalar(ORDER))).toBeUndefined();
    expect(hex(g1.writeScalar(1n))).toBe(`${'00'.repeat(31)}01`);
  });
  it('hashes to G1 (RFC 9380 J.9.1)', () => {
    const tag = 'QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_';
    const x = (message: string) => hex(g1.write(g1.hash(utf8(message), tag)));
    expect(x('')).toBe(
      '852926add2207b76ca4fa57a8734416c8dc95e24501772c814278700eed6d1e4e8cf62d9c09db0fac349612b759e79a1',
    );
    expect(x('abc')).toBe(
      '83567bc5ef9c690c2ab2ecdf6a96ef1c139cc0b2f284dca0a9a7943388a49a3aee664ba5379a7655d3c68900be2f6903',
    );
    expect(x('abcdef0123456789')).toBe(
      '91e0b079dea29a68f0383ee94fed1b940995272407e3bb916bbf268c263ddd57a6a27200a784cbc248e84f357ce82d98',
    );
  });
});

/** Small x on the curves y^2 = x^3 + 4 and y^2 = x^3 + 4(u + 1), whose points have another order. */
const OUTSIDE_G1 = [0, 4, 5, 6];
const OUTSIDE_G2 = [2, 4, 5, 7];

describe('the gate before BLS12-381', () => {
  it('lets generators through, and no coordinate that is p or above', () => {
    expect(isCompressedPoint(G1_GENERATOR, 48) && isCompressedPoint(G2_GENERATOR, 96)).toBe(true);
    const below = altered(P_COMPRESSED, 47, P_COMPRESSED[47]! - 1);
    expect(isCompressedPoint(below, 48)).toBe(true);
    expect(isCompressedPoint(P_COMPRESSED, 48)).toBe(false);
    const second = Uint8Array.from([...below, ...altered(P_COMPRESSED, 0, 0x1a)]);
    expect(isCompressedPoint(second, 96)).toBe(false);
    expect(isCompressedPoint(altered(second, 95, 0xaa), 96)).toBe(true);
  });
});

describe('hashing', () => {
  it('to ristretto255 is the same on every backend', () => {
    const tag = 'ristretto255_XMD:SHA-512_R255MAP_RO_test';
    for (const text of ['', 'abc', 'x'.repeat(1_000)]) {
      const expected = FAST.ristretto.write(FAST.ristretto.hash(utf8(text), tag));
      for (const { made } of RISTRETTOS) {
        expect(made.write(made.hash(utf8(text), tag))).toEqual(expected);
      }
    }
  });
});

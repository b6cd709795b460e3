/**
 * Published answers for the threshold schemes: hashing to G1 (RFC 9380 appendix J.9.1) and Shamir's
 * shares over the order of edwards25519, which is that of ristretto255 (RFC 9591 appendix E.1).
 */
import { describe, expect, it } from 'vitest';
import { modulo, shareAt, weightsAtZero } from '#algorithms/threshold/polynomial.ts';
import { hex, utf8 } from '#lib/bytes.ts';
import { FAST, PAIRINGS } from '#test/algorithms/threshold/each-backend.ts';
import { bytesOf, published, tell } from '#test/vectors/published.ts';

interface Coordinates {
  readonly x: string;
  readonly y: string;
}
interface Hashed {
  readonly msg: string;
  readonly P: Coordinates;
}
interface HashedFile {
  readonly dst: string;
  readonly vectors: readonly Hashed[];
}
interface Frost {
  readonly group_secret_key: string;
  readonly share_polynomial_coefficients: readonly string[];
  readonly participant_list: readonly number[];
  readonly participant_shares: readonly {
    readonly identifier: number;
    readonly participant_share: string;
  }[];
}
interface FrostFile {
  readonly vectors: { readonly inputs: Frost };
}

const DST = 'QUUX-V01-CS02-with-BLS12381G1_XMD:SHA-256_SSWU_RO_';

/** RFC 9380 appendix J.9.1, the first message. */
const TYPED_HASHED: readonly Hashed[] = [
  {
    msg: '',
    P: {
      x: '0x052926add2207b76ca4fa57a8734416c8dc95e24501772c814278700eed6d1e4e8cf62d9c09db0fac349612b759e79a1',
      y: '0x08ba738453bfed09cb546dbb0783dbb3a5f1f566ed67bb6be0e8c67e2e81a4cc68ee29813bb7994998f3eae0c9c6a265',
    },
  },
];

/** RFC 9591 appendix E.1. */
const TYPED_FROST: readonly Frost[] = [
  {
    group_secret_key: '7b1c33d3f5291d85de664833beb1ad469f7fb6025a0ec78b3a790c6e13a98304',
    share_polynomial_coefficients: [
      '178199860edd8c62f5212ee91eff1295d0d670ab4ed4506866bae57e7030b204',
    ],
    participant_list: [1, 3],
    participant_shares: [
      '929dcc590407aae7d388761cddb0c0db6f5627aea8e217f4a033f2ec83d93509',
      'a91e66e012e4364ac9aaa405fcafd370402d9859f7b6685c07eed76bf409e80d',
      'd3cb090a075eb154e82fdb4b3cb507f110040905468bb9c46da8bdea643a9a02',
    ].map((participant_share, i) => ({ identifier: i + 1, participant_share })),
  },
];

const filedHashed = published('rfc9380_bls12381g1_sswu_ro.json', ({ dst, vectors }: HashedFile) => {
  expect(dst).toBe(DST);
  return vectors;
});
const filedFrost = published('rfc9591_frost_ed25519.json', ({ vectors }: FrostFile) => [
  vectors.inputs,
]);
tell('hashing to G1', { 'typed in': TYPED_HASHED.length, 'of RFC 9380': filedHashed.length });
tell("Shamir's shares", { 'typed in': TYPED_FROST.length, 'of RFC 9591': filedFrost.length });

/** The larger of y and -y carries the sign flag 0x20 in the compressed form. */
const FIELD = BigInt(
  '0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab',
);
function compressed({ x, y }: Coordinates): string {
  const bytes = bytesOf(x.slice(2).padStart(96, '0'));
  return hex(bytes.with(0, bytes[0]! | (BigInt(y) > FIELD / 2n ? 0xa0 : 0x80)));
}

describe.each(PAIRINGS)('hashing to G1 on $name (RFC 9380 J.9.1)', ({ made: { g1 } }) => {
  it.each([...TYPED_HASHED, ...filedHashed])('$msg', ({ msg, P }) => {
    expect(hex(g1.write(g1.hash(utf8(msg), DST)))).toBe(compressed(P));
  });
});

describe("Shamir's shares (RFC 9591 E.1)", () => {
  it.each([...TYPED_FROST, ...filedFrost])('of $group_secret_key', (given) => {
    const { order, readScalar } = FAST.ristretto;
    const scalar = (text: string) => readScalar(bytesOf(text))!;
    const secret = scalar(given.group_secret_key);
    const coefficients = [secret, ...given.share_polynomial_coefficients.map(scalar)];
    const shares = new Map(
      given.participant_shares.map((own) => [own.identifier - 1, scalar(own.participant_share)]),
    );
    for (const [index, share] of shares) expect(shareAt(coefficients, index, order)).toBe(share);
    const some = given.participant_list.map((identifier) => identifier - 1);
    const sum = weightsAtZero(some, order).reduce((at, w, k) => at + w * shares.get(some[k]!)!, 0n);
    expect(modulo(sum, order)).toBe(secret);
  });
});

/**
 * ECVRF-EDWARDS25519-SHA512-TAI and -ELL2: RFC 9381 appendix B.3 and B.4 on every backend, with the
 * point H that the input becomes; and the map behind ELL2, RFC 9380 appendix J.5.2.
 */
import { bytesToNumberLE } from '@noble/curves/utils.js';
import { afterEach, describe, expect, it } from 'vitest';
import { backendsOf, choose } from '#algorithms/backend.ts';
import { NOBLE_GROUP } from '#algorithms/crypto/edwards-group.ts';
import { outputOf, prove, type VrfSuite, vrfKeyOf } from '#algorithms/vrf.ts';
import { concat, hex, utf8 } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';
import { bytesOf, published, tell } from '#test/vectors/published.ts';

await offerBackends();
afterEach(() => choose('*', 'auto'));

interface Case {
  readonly sk: string;
  readonly pk: string;
  readonly alpha: string;
  readonly h?: string;
  readonly pi: string;
  readonly beta: string;
}
interface Mapped {
  readonly msg: string;
  readonly P: { readonly x: string; readonly y: string };
}

const TAI = 'ecvrf-edwards25519-tai';
const ELL2 = 'ecvrf-edwards25519-ell2';

/** RFC 9381 examples 16 and 19: the seed of RFC 8032 TEST 1, and an empty alpha. */
const TYPED: Readonly<Record<VrfSuite, Case>> = {
  [TAI]: {
    sk: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    pk: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    alpha: '',
    pi:
      '8657106690b5526245a92b003bb079ccd1a92130477671f6fc01ad16f26f723f' +
      '26f8a57ccaed74ee1b190bed1f479d9727d2d0f9b005a6e456a35d4fb0daab12' +
      '68a1b0db10836d9826a528ca76567805',
    beta:
      '90cf1df3b703cce59e2a35b925d411164068269d7b2d29f3301c03dd757876ff' +
      '66b71dda49d2de59d03450451af026798e8f81cd2e333de5cdf4f3e140fdd8ae',
  },
  [ELL2]: {
    sk: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    pk: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    alpha: '',
    pi:
      '7d9c633ffeee27349264cf5c667579fc583b4bda63ab71d001f89c10003ab46f' +
      '14adf9a3cd8b8412d9038531e865c341cafa73589b023d14311c331a9ad15ff2' +
      'fb37831e00f0acaa6d73bc9997b06501',
    beta:
      '9d574bf9b8302ec0fc1e21c3ec5368269527b87b462ce36dab2d14ccf80c53cc' +
      'cf6758f058c5b1c856b116388152bbe509ee3b9ecfe63d93c3b4346c1fbc6c54',
  },
};

/** RFC 9380 appendix J.5.2, the empty message and "abc": the coordinates of P. */
const TYPED_MAP: readonly Mapped[] = [
  {
    msg: '',
    P: {
      x: '0x1ff2b70ecf862799e11b7ae744e3489aa058ce805dd323a936375a84695e76da',
      y: '0x222e314d04a4d5725e9f2aff9fb2a6b69ef375a1214eb19021ceab2d687f0f9b',
    },
  },
  {
    msg: 'abc',
    P: {
      x: '0x5f13cc69c891d86927eb37bd4afc6672360007c63f68a33ab423a3aa040fd2a8',
      y: '0x67732d50f9a26f73111dd1ed5dba225614e538599db58ba30aaea1f5c827fa42',
    },
  },
];
const DST = utf8('QUUX-V01-CS02-with-edwards25519_XMD:SHA-512_ELL2_NU_');

const filed: Readonly<Record<VrfSuite, readonly Case[]>> = {
  [TAI]: published(
    'rfc9381_ecvrf_edwards25519_tai.json',
    (file: { vectors: Case[] }) => file.vectors,
  ),
  [ELL2]: published(
    'rfc9381_ecvrf_edwards25519_ell2.json',
    (file: { vectors: Case[] }) => file.vectors,
  ),
};
const maps = published(
  'rfc9380_edwards25519_ell2_nu.json',
  (file: { vectors: Mapped[] }) => file.vectors,
);
const backends = backendsOf('ecvrf');
tell(`ecvrf on ${backends.join()}`, {
  'typed in': 2 + TYPED_MAP.length,
  'of RFC 9381 B.3': filed[TAI].length,
  'of B.4': filed[ELL2].length,
  'of RFC 9380 J.5.2': maps.length,
});

describe.each(backends)('ecvrf on %s', (backend) => {
  it.each([TAI, ELL2] as const)('makes and takes the published proofs, %s', (suite) => {
    choose('ecvrf', backend);
    for (const { sk, pk, alpha, pi, beta } of [TYPED[suite], ...filed[suite]]) {
      const [seed, input] = [bytesOf(sk), bytesOf(alpha)];
      const publicKey = vrfKeyOf(seed);
      const proof = prove({ suite, seed, input });
      expect([hex(publicKey), hex(proof)]).toEqual([pk, pi]);
      expect(hex(outputOf({ suite, publicKey, input, proof })!)).toBe(beta);
    }
  });
});

describe('the map of RFC 9380', () => {
  it('maps the published messages to the published points', () => {
    for (const { msg, P } of [...TYPED_MAP, ...maps]) {
      const { x, y } = NOBLE_GROUP.encode(utf8(msg), DST).toAffine();
      expect([x, y]).toEqual([BigInt(P.x), BigInt(P.y)]);
    }
  });

  it('gives the published H of ELL2', () => {
    const tag = concat(utf8('ECVRF_edwards25519_XMD:SHA-512_ELL2_NU_'), Uint8Array.of(4));
    for (const { pk, alpha, h } of filed[ELL2]) {
      const point = NOBLE_GROUP.encode(concat(bytesOf(pk), bytesOf(alpha)), tag);
      if (h !== undefined) expect(hex(NOBLE_GROUP.write(point))).toBe(h);
      expect(bytesToNumberLE(NOBLE_GROUP.write(point)) > 0n).toBe(true);
    }
  });
});

/**
 * The verifiable random function: published answers (RFC 9381 appendix B.3 and B.4) on every
 * backend, and proofs that only a cheating owner of a key can make.
 */
import { ed25519, ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js';
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { afterEach, describe, expect, it } from 'vitest';
import { backendsOf, choose } from '#algorithms/backend.ts';
import { NOBLE_GROUP } from '#algorithms/crypto/edwards-group.ts';
import { outputOf, outputOfMany, proveMany, type VrfSuite, vrfKeyOf } from '#algorithms/vrf.ts';
import { InvariantViolation } from '#lib/assert.ts';
import { concat, hex, unhex, utf8 } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';

await offerBackends();
afterEach(() => choose('*', 'auto'));

const TAI = 'ecvrf-edwards25519-tai';
const ELL2 = 'ecvrf-edwards25519-ell2';
const BACKENDS = backendsOf('ecvrf');
const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;

/** RFC 9381 examples 16 and 19: the seed of RFC 8032 TEST 1, and an empty alpha. */
const SEED = unhex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')!;
const KEY = 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a';
const NOTHING = new Uint8Array(0);
const KNOWN: Readonly<Record<VrfSuite, { proof: string; output: string }>> = {
  [TAI]: {
    proof:
      '8657106690b5526245a92b003bb079ccd1a92130477671f6fc01ad16f26f723f' +
      '26f8a57ccaed74ee1b190bed1f479d9727d2d0f9b005a6e456a35d4fb0daab12' +
      '68a1b0db10836d9826a528ca76567805',
    output:
      '90cf1df3b703cce59e2a35b925d411164068269d7b2d29f3301c03dd757876ff' +
      '66b71dda49d2de59d03450451af026798e8f81cd2e333de5cdf4f3e140fdd8ae',
  },
  [ELL2]: {
    proof:
      '7d9c633ffeee27349264cf5c667579fc583b4bda63ab71d001f89c10003ab46f' +
      '14adf9a3cd8b8412d9038531e865c341cafa73589b023d14311c331a9ad15ff2' +
      'fb37831e00f0acaa6d73bc9997b06501',
    output:
      '9d574bf9b8302ec0fc1e21c3ec5368269527b87b462ce36dab2d14ccf80c53cc' +
      'cf6758f058c5b1c856b116388152bbe509ee3b9ecfe63d93c3b4346c1fbc6c54',
  },
};

const INPUT = utf8('an input');

describe.each(BACKENDS)('the VRF on %s', (backend) => {
  it.each([TAI, ELL2] as const)('makes and takes the published proof, %s', (suite) => {
    choose('ecvrf', backend);
    const publicKey = vrfKeyOf(SEED);
    const [proof] = proveMany([{ suite, seed: SEED, input: NOTHING }]);
    const [output] = outputOfMany([{ suite, publicKey, input: NOTHING, proof: proof! }]);
    expect(hex(publicKey)).toBe(KEY);
    expect(hex(proof!)).toBe(KNOWN[suite].proof);
    expect(hex(output!)).toBe(KNOWN[suite].output);
  });

  it('takes no proof of the other suite', () => {
    choose('ecvrf', backend);
    const check = { publicKey: unhex(KEY)!, input: NOTHING };
    expect(outputOf({ ...check, suite: TAI, proof: unhex(KNOWN[ELL2].proof)! })).toBeUndefined();
    expect(outputOf({ ...check, suite: ELL2, proof: unhex(KNOWN[TAI].proof)! })).toBeUndefined();
  });

  it('says no to wrong lengths, and asserts our own', () => {
    choose('ecvrf', backend);
    const check = { suite: TAI, publicKey: unhex(KEY)!, input: NOTHING } as const;
    for (const length of [0, 32, 79, 81]) {
      expect(outputOf({ ...check, proof: new Uint8Array(length) })).toBeUndefined();
    }
    const proof = unhex(KNOWN[TAI].proof)!;
    for (const length of [0, 31, 33]) {
      expect(outputOf({ ...check, publicKey: new Uint8Array(length), proof })).toBeUndefined();
      expect(() => vrfKeyOf(new Uint8Array(length))).toThrow(InvariantViolation);
    }
  });
});

/** What a prover who does not follow section 5.1 can hand in: any nonce, any torsion added. */
interface Cheat {
  readonly keyPart: typeof Point.ZERO;
  readonly gammaPart: typeof Point.ZERO;
  readonly nonce: bigint;
}

function cheat({ keyPart, gammaPart, nonce }: Cheat) {
  const secret = 1_234_567n;
  const publicKey = Point.BASE.multiply(secret).add(keyPart).toBytes();
  const point = encodeToCurve(publicKey);
  const gamma = point.multiply(secret).add(gammaPart).toBytes();
  const u = Point.BASE.multiplyUnsafe(nonce).toBytes();
  const v = point.multiplyUnsafe(nonce).toBytes();
  const hashed = sha512(
    concat(Uint8Array.of(3, 2), publicKey, point.toBytes(), gamma, u, v, Uint8Array.of(0)),
  ).subarray(0, 16);
  const c = bytesToNumberLE(hashed);
  const s = Point.Fn.create(nonce + c * secret);
  return { publicKey, c, proof: concat(gamma, hashed, numberToBytesLE(s, 32)) };
}

function encodeToCurve(publicKey: Uint8Array): typeof Point.BASE {
  for (let counter = 0; ; counter++) {
    const parts = [Uint8Array.of(3, 1), publicKey, INPUT, Uint8Array.of(counter, 0)];
    const point = NOBLE_GROUP.readTimesEight(sha512(concat(...parts)).subarray(0, 32));
    if (point !== undefined) return point;
  }
}

/** A cheat whose challenge is a multiple of 8, so that torsion vanishes from the equations. */
function cheatThatHolds(keyPart: typeof Point.ZERO, gammaPart: typeof Point.ZERO) {
  for (let nonce = 1n; ; nonce++) {
    const made = cheat({ keyPart, gammaPart, nonce });
    if (made.c % 8n === 0n) return made;
  }
}

describe('the VRF, against the owner of the key', () => {
  const verdicts = (publicKey: Uint8Array, proof: Uint8Array): (string | undefined)[] =>
    BACKENDS.map((backend) => {
      choose('ecvrf', backend);
      const output = outputOf({ suite: TAI, publicKey, input: INPUT, proof });
      return output && hex(output);
    });
  const none = BACKENDS.map(() => undefined);
  const torsion = ED25519_TORSION_SUBGROUP.slice(1).map((point) => Point.fromHex(point));

  it('has one output for a key and an input, whatever the nonce is', () => {
    const outputs = [1n, 2n, 0n, ORDER - 1n].flatMap((nonce) => {
      const { publicKey, proof } = cheat({ keyPart: Point.ZERO, gammaPart: Point.ZERO, nonce });
      return verdicts(publicKey, proof);
    });
    expect(new Set(outputs).size).toBe(1);
    expect(outputs[0]).toHaveLength(128);
  });

  it('refuses torsion in Gamma, though the equations hold', () => {
    for (const part of torsion) {
      const { publicKey, proof } = cheatThatHolds(Point.ZERO, part);
      expect(verdicts(publicKey, proof)).toEqual(none);
    }
  });

  it('refuses torsion in the key, though the equations hold', () => {
    for (const part of torsion) {
      const { publicKey, proof } = cheatThatHolds(part, Point.ZERO);
      expect(verdicts(publicKey, proof)).toEqual(none);
    }
  });

  it('refuses keys and Gammas of small order, and second forms of s', () => {
    const { publicKey, proof } = cheat({ keyPart: Point.ZERO, gammaPart: Point.ZERO, nonce: 5n });
    expect(verdicts(publicKey, proof)).not.toEqual(none);
    for (const small of [Point.ZERO, ...torsion].map((point) => point.toBytes())) {
      expect(verdicts(small, proof)).toEqual(none);
      expect(verdicts(publicKey, concat(small, proof.subarray(32)))).toEqual(none);
    }
    const s = bytesToNumberLE(proof.subarray(48));
    const second = concat(proof.subarray(0, 48), numberToBytesLE(s + ORDER, 32));
    expect(verdicts(publicKey, second)).toEqual(none);
  });

  it('refuses a challenge or an answer of zero', () => {
    const { publicKey, proof } = cheat({ keyPart: Point.ZERO, gammaPart: Point.ZERO, nonce: 5n });
    const zeroed = (from: number, to: number) =>
      proof.map((byte, i) => (i >= from && i < to ? 0 : byte));
    expect(verdicts(publicKey, zeroed(32, 48))).toEqual(none);
    expect(verdicts(publicKey, zeroed(48, 80))).toEqual(none);
    expect(verdicts(publicKey, zeroed(32, 80))).toEqual(none);
  });
});

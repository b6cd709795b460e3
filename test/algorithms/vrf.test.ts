/**
 * The verifiable random function: what it promises on every backend, and proofs that only a
 * cheating owner of a key can make. Published answers are in test/vectors/.
 */
import { ed25519, ED25519_TORSION_SUBGROUP } from '@noble/curves/ed25519.js';
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { afterEach, describe, expect, it } from 'vitest';
import { backendsOf, choose } from '#algorithms/backend.ts';
import { NOBLE_GROUP } from '#algorithms/crypto/edwards-group.ts';
import {
  outputOf,
  outputOfMany,
  prove,
  proveMany,
  type VrfSuite,
  vrfKeyOf,
} from '#algorithms/vrf.ts';
import { InvariantViolation } from '#lib/assert.ts';
import { concat, hex, utf8 } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';

await offerBackends();
afterEach(() => choose('*', 'auto'));

const TAI: VrfSuite = 'ecvrf-edwards25519-tai';
const ELL2: VrfSuite = 'ecvrf-edwards25519-ell2';
const BACKENDS = backendsOf('ecvrf');
const { Point } = ed25519;
const ORDER = Point.Fn.ORDER;

const SEED = new Uint8Array(32).fill(8);
const INPUT = utf8('an input');

describe.each(BACKENDS)('the VRF on %s', (backend) => {
  it('takes its own proof and none of the other suite, in jobs as one by one', () => {
    choose('ecvrf', backend);
    const publicKey = vrfKeyOf(SEED);
    const proofs = proveMany([TAI, ELL2].map((suite) => ({ suite, seed: SEED, input: INPUT })));
    const checks = [TAI, ELL2].flatMap((suite) =>
      proofs.map((proof) => ({ suite, publicKey, input: INPUT, proof })),
    );
    const outputs = outputOfMany(checks).map((output) => output?.length);
    expect(outputs).toEqual([64, undefined, undefined, 64]);
  });

  it('says no to wrong lengths, and asserts our own', () => {
    choose('ecvrf', backend);
    const publicKey = vrfKeyOf(SEED);
    const proof = prove({ suite: TAI, seed: SEED, input: INPUT });
    for (const length of [0, 32, 79, 81]) {
      const wrong = new Uint8Array(length);
      expect(outputOf({ suite: TAI, publicKey, input: INPUT, proof: wrong })).toBeUndefined();
    }
    for (const length of [0, 31, 33]) {
      const wrong = new Uint8Array(length);
      expect(outputOf({ suite: TAI, publicKey: wrong, input: INPUT, proof })).toBeUndefined();
      expect(() => vrfKeyOf(wrong)).toThrow(InvariantViolation);
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

/**
 * Signatures: the frame byte by byte, and what every suite promises on every backend. Published
 * answers are in test/vectors/, agreement for any input in signature.property.test.ts.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backendsOf, choose } from '#algorithms/backend.ts';
import {
  frame,
  isVerifyingKey,
  sign,
  SIGNATURE_SUITES,
  signatureSuiteOf,
  signMany,
  type SignatureSuite,
  type Speech,
  verify,
  verifyingKeyOf,
  verifyMany,
} from '#algorithms/signature.ts';
import { InvariantViolation } from '#lib/assert.ts';
import { EMPTY, hex, text, utf8 } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';

await offerBackends();

const SUITES = Object.keys(SIGNATURE_SUITES) as SignatureSuite[];
const EACH = SUITES.flatMap((suite) =>
  backendsOf(suite).map((backend) => [suite, backend] as const),
);
const seed = new Uint8Array(32).fill(7);
const network = utf8('test');
const bytes = utf8('the bytes');
const onNetworkOf = (length: number): Speech => ({
  suite: 'ed25519',
  purpose: 'ack',
  network: new Uint8Array(length),
});
const speech = (suite: SignatureSuite): Speech => ({ suite, purpose: 'ack', network });

afterEach(() => choose('*', 'auto'));

describe('the frame of a signature', () => {
  it('is these bytes, for ever', () => {
    const tx = { suite: 'ml-dsa-65', purpose: 'tx', network: utf8('cc') } as const;
    const grant = { suite: 'ed25519', purpose: 'grant', network: utf8('n') } as const;
    expect(text(frame(tx, utf8('x')))).toBe('city-chain/tx\0\u0001\u0001\u0002ccx');
    expect(text(frame(grant, EMPTY))).toBe('city-chain/grant\0\u0001\u0004\u0001n');
  });

  it('has a network, and says how long its name is', () => {
    expect(() => frame(onNetworkOf(0), bytes)).toThrow(InvariantViolation);
    expect(() => frame(onNetworkOf(256), bytes)).toThrow(InvariantViolation);
    expect(hex(frame(onNetworkOf(2), utf8('a')))).not.toBe(hex(frame(onNetworkOf(1), utf8('\0a'))));
  });

  it('names suites by ids that are never reused', () => {
    expect(SUITES.map((suite) => SIGNATURE_SUITES[suite].id)).toEqual([1, 2, 3, 4]);
    for (const suite of SUITES) expect(signatureSuiteOf(SIGNATURE_SUITES[suite].id)).toBe(suite);
    expect(signatureSuiteOf(0)).toBeUndefined();
    expect(signatureSuiteOf(5)).toBeUndefined();
  });
});

describe.each(EACH)('%s on %s', (suite, backend) => {
  beforeEach(() => choose(suite, backend));

  it('signs what it verifies, in jobs as one by one', () => {
    const publicKey = verifyingKeyOf(suite, seed);
    expect(isVerifyingKey(suite, publicKey)).toBe(true);
    const how = speech(suite);
    const said = [utf8('one'), utf8('two')];
    const signatures = signMany(said.map((bytes) => Object.assign({ seed, bytes }, how)));
    const check = (bytes: Uint8Array, i: number) =>
      Object.assign({ publicKey, bytes, signature: signatures[i]! }, how);
    expect(verifyMany(said.map(check))).toEqual([true, true]);
    expect(verifyMany(said.toReversed().map(check))).toEqual([false, false]);
    expect(signatures[0]).toHaveLength(SIGNATURE_SUITES[suite].signatureBytes);
    expect(publicKey).toHaveLength(SIGNATURE_SUITES[suite].publicKeyBytes);
  });

  it('answers false to anything of a wrong length, and to bytes that are no key', () => {
    const publicKey = verifyingKeyOf(suite, seed);
    const signature = sign({ ...speech(suite), seed, bytes });
    const check = { ...speech(suite), publicKey, bytes, signature };
    const { publicKeyBytes, signatureBytes } = SIGNATURE_SUITES[suite];
    expect(verify(check)).toBe(true);
    for (const length of [0, 1, publicKeyBytes - 1, publicKeyBytes + 1]) {
      expect(verify({ ...check, publicKey: new Uint8Array(length) })).toBe(false);
      expect(isVerifyingKey(suite, new Uint8Array(length))).toBe(false);
    }
    for (const length of [0, 1, signatureBytes - 1, signatureBytes + 1]) {
      expect(verify({ ...check, signature: new Uint8Array(length) })).toBe(false);
    }
    for (const fill of [0, 2, 0x7f, 0xff]) {
      expect(verify({ ...check, publicKey: new Uint8Array(publicKeyBytes).fill(fill) })).toBe(
        false,
      );
      expect(verify({ ...check, signature: new Uint8Array(signatureBytes).fill(fill) })).toBe(
        false,
      );
    }
  });

  it('takes a seed of 32 bytes and no other', () => {
    for (const length of [0, 31, 33, 64]) {
      const wrong = new Uint8Array(length);
      expect(() => verifyingKeyOf(suite, wrong)).toThrow(InvariantViolation);
      expect(() => sign({ ...speech(suite), seed: wrong, bytes })).toThrow(InvariantViolation);
    }
  });

  it('hands out keys that may be overwritten', () => {
    const publicKey = verifyingKeyOf(suite, seed);
    publicKey.fill(0);
    expect(hex(verifyingKeyOf(suite, seed))).not.toBe(hex(publicKey));
  });

  it('tells keys apart that begin alike', () => {
    const publicKey = verifyingKeyOf(suite, seed);
    const check = { ...speech(suite), bytes, signature: sign({ ...speech(suite), seed, bytes }) };
    const twin = publicKey.map((byte, i) => (i === publicKey.length - 1 ? byte ^ 1 : byte));
    const asked = [publicKey, twin, publicKey, twin];
    expect(asked.map((key) => verify(Object.assign({ publicKey: key }, check)))).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });

  it('repeats itself if it says so', () => {
    const signer = SIGNATURE_SUITES[suite].signer.use();
    const job = { ...speech(suite), seed, bytes };
    const [a, b] = signMany([job, job]);
    expect(hex(a!) === hex(b!)).toBe(signer.deterministic);
  });
});

describe.each(backendsOf('ed25519'))('ed25519 on %s, through the door', (backend) => {
  it('has no key that fits every message', () => {
    choose('ed25519', backend);
    // 0 B - k 0 = 0 for every k: key and commitment are the identity, and S is 0. Not every
    // backend minds, so the rules before the backend must.
    const publicKey = new Uint8Array(32).fill(1, 0, 1);
    const signature = new Uint8Array(64).fill(1, 0, 1);
    expect(verify({ ...speech('ed25519'), publicKey, bytes, signature })).toBe(false);
    expect(isVerifyingKey('ed25519', publicKey)).toBe(false);
  });
});

describe('ml-dsa, portable', () => {
  it('hedges with the entropy that it is given', () => {
    choose('ml-dsa-44', 'portable');
    const publicKey = verifyingKeyOf('ml-dsa-44', seed);
    const job = { ...speech('ml-dsa-44'), seed, bytes };
    const hedges = [undefined, 1, 2].map((fill) => fill && new Uint8Array(32).fill(fill));
    const signatures = hedges.map((hedge) => sign(hedge ? { ...job, hedge } : job));
    expect(new Set(signatures.map(hex)).size).toBe(3);
    for (const signature of signatures) {
      expect(verify({ ...speech('ml-dsa-44'), publicKey, bytes, signature })).toBe(true);
    }
    expect(() => sign({ ...job, hedge: new Uint8Array(16) })).toThrow(InvariantViolation);
  });
});

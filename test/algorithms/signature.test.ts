/**
 * Signatures: the frame byte by byte, what is refused before arithmetic, and the published answers of
 * Ed25519 and ML-DSA, on every backend. RFC 8032 section 7.1; ACVP ML-DSA-keyGen-FIPS204.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backendsOf, choose } from '#algorithms/backend.ts';
import { ED25519 } from '#algorithms/crypto/ed25519.ts';
import { ML_DSA, type MlDsa } from '#algorithms/crypto/ml-dsa.ts';
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
import { EMPTY, hex, text, unhex, utf8 } from '#lib/bytes.ts';
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

/** RFC 8032 section 7.1, TEST 1 to 3. */
const RFC_8032 = [
  {
    seed: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
      '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    seed: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    seed: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
      '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
];

/** ACVP ML-DSA-keyGen-FIPS204, tcId 2, 27 and 52: seed, and SHA-256 of the public key. */
const ACVP: Readonly<Record<MlDsa, readonly [seed: string, digest: string]>> = {
  'ml-dsa-44': [
    '2ebe5a4123398dfbcd5bdf0a42ebdd03112be3bc88a6e9b78d93120ab8d0120e',
    '366cdfa62052438e03a4bb70e8aaa2c31c535584ef83a926b4efa1796605dacb',
  ],
  'ml-dsa-65': [
    '494f29ad1c93abb2b9545bd14cc575a98ecd3062137b439b49eb1a8cc6652fc6',
    '4f2a21f2bee92fc15c91ce7dc7d96f5dac1ee1f0f7eb7325823ea96dd12ecc84',
  ],
  'ml-dsa-87': [
    'e46d458a660285930d9656a88d14e751730cae7a4975b6e4fbe69e80e3f01e7f',
    'f445cbb034fba125d17a8ac1be6ff617ddaca04a3e6b76ccf44e3dbc94cc7946',
  ],
};

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

  it('repeats itself if it says so', () => {
    const signer = SIGNATURE_SUITES[suite].signer.use();
    const job = { ...speech(suite), seed, bytes };
    const [a, b] = signMany([job, job]);
    expect(hex(a!) === hex(b!)).toBe(signer.deterministic);
  });
});

describe.each(backendsOf('ed25519'))('ed25519 on %s', (backend) => {
  beforeEach(() => choose('ed25519', backend));

  it.each(RFC_8032)('makes the signature of RFC 8032 for "$message"', (known) => {
    const signer = ED25519.use();
    const message = unhex(known.message)!;
    const signature = signer.sign(unhex(known.seed)!, message, undefined);
    expect(hex(signer.publicKey(unhex(known.seed)!))).toBe(known.publicKey);
    expect(hex(signature)).toBe(known.signature);
    expect(signer.verify(unhex(known.publicKey)!, message, signature)).toBe(true);
  });
});

describe.each(EACH.filter(([suite]) => suite !== 'ed25519'))('%s on %s', (suite, backend) => {
  it('makes the published key from the published seed', () => {
    choose(suite, backend);
    const [known, digest] = ACVP[suite as MlDsa];
    expect(hex(sha256(ML_DSA[suite as MlDsa].use().publicKey(unhex(known)!)))).toBe(digest);
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

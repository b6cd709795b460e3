/**
 * Key encapsulation: what is refused, and what one backend makes and another opens. Published
 * answers are in test/vectors/.
 */
import { numberToBytesLE } from '@noble/curves/utils.js';
import { afterEach, describe, expect, it } from 'vitest';
import { backendsOf, choose } from '#algorithms/backend.ts';
import {
  decapsulate,
  decapsulateMany,
  encapsulate,
  encapsulateMany,
  isSealingKey,
  KEM_SUITES,
  type KemSuite,
  kemSuiteOf,
  sealingKeyOf,
} from '#algorithms/kem.ts';
import { InvariantViolation } from '#lib/assert.ts';
import { concat, hex } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';

await offerBackends();
afterEach(() => choose('*', 'auto'));

const SUITES = Object.keys(KEM_SUITES) as KemSuite[];
const EACH = SUITES.flatMap((suite) =>
  backendsOf(suite).map((backend) => [suite, backend] as const),
);
const seedOf = (suite: KemSuite) => new Uint8Array(KEM_SUITES[suite].seedBytes).fill(5);
const entropyOf = (suite: KemSuite, fill = 6) =>
  new Uint8Array(KEM_SUITES[suite].entropyBytes).fill(fill);

const withTail = (bytes: Uint8Array, at: number, tail: Uint8Array): Uint8Array =>
  concat(bytes.subarray(0, at), tail);

describe('suites', () => {
  it('are named by ids that are never reused', () => {
    expect(SUITES.map((suite) => KEM_SUITES[suite].id)).toEqual([1, 2, 3]);
    for (const suite of SUITES) expect(kemSuiteOf(KEM_SUITES[suite].id)).toBe(suite);
    expect(kemSuiteOf(0)).toBeUndefined();
    expect(kemSuiteOf(4)).toBeUndefined();
  });
});

describe.each(EACH)('%s on %s', (suite, backend) => {
  it('opens what it makes, in jobs as one by one', () => {
    choose(suite, backend);
    const seed = seedOf(suite);
    const publicKey = sealingKeyOf(suite, seed);
    const { publicKeyBytes, ciphertextBytes } = KEM_SUITES[suite];
    const jobs = [1, 2].map((fill) => ({ suite, publicKey, entropy: entropyOf(suite, fill) }));
    const made = encapsulateMany(jobs).map((one) => one!);
    const found = decapsulateMany(made.map(({ ciphertext }) => ({ suite, seed, ciphertext })));
    expect(found.map((secret) => hex(secret!))).toEqual(made.map(({ secret }) => hex(secret)));
    expect(hex(made[0]!.secret)).not.toBe(hex(made[1]!.secret));
    expect(publicKey).toHaveLength(publicKeyBytes);
    expect(made[0]!.ciphertext).toHaveLength(ciphertextBytes);
    expect(made[0]!.secret).toHaveLength(32);
    // Nothing else lies in the buffer that goes to a worker, or stays behind when the secret is wiped.
    for (const { secret } of made) expect(secret.buffer.byteLength).toBe(32);
    for (const secret of found) expect(secret!.buffer.byteLength).toBe(32);
    publicKey.fill(0);
    expect(hex(sealingKeyOf(suite, seed))).not.toBe(hex(publicKey));
  });

  it('repeats itself if it says so', () => {
    choose(suite, backend);
    const job = { suite, publicKey: sealingKeyOf(suite, seedOf(suite)), entropy: entropyOf(suite) };
    const [a, b] = encapsulateMany([job, job]);
    const alike = hex(a!.ciphertext) === hex(b!.ciphertext);
    expect(alike).toBe(KEM_SUITES[suite].kem.use().deterministic);
  });

  it('refuses keys and texts of wrong lengths, and asserts our own lengths', () => {
    choose(suite, backend);
    const { publicKeyBytes, ciphertextBytes, seedBytes } = KEM_SUITES[suite];
    const [seed, entropy] = [seedOf(suite), entropyOf(suite)];
    for (const length of [0, 1, publicKeyBytes - 1, publicKeyBytes + 1]) {
      const publicKey = new Uint8Array(length);
      expect(isSealingKey(suite, publicKey)).toBe(false);
      expect(encapsulate({ suite, publicKey, entropy })).toBeUndefined();
    }
    for (const length of [0, 1, ciphertextBytes - 1, ciphertextBytes + 1]) {
      expect(decapsulate({ suite, seed, ciphertext: new Uint8Array(length) })).toBeUndefined();
    }
    const publicKey = sealingKeyOf(suite, seed);
    expect(() => encapsulate({ suite, publicKey, entropy: entropy.subarray(1) })).toThrow(
      InvariantViolation,
    );
    expect(() => sealingKeyOf(suite, new Uint8Array(seedBytes + 1))).toThrow(InvariantViolation);
  });

  it('finds one wrong secret, the same on every backend, in a text that was changed', () => {
    const seed = seedOf(suite);
    const { ciphertext, secret } = encapsulate({
      suite,
      publicKey: sealingKeyOf(suite, seed),
      entropy: entropyOf(suite),
    })!;
    const mauled = ciphertext.map((byte, i) => (i === 700 ? byte ^ 4 : byte));
    const found = backendsOf(suite).map((each) => {
      choose(suite, each);
      return hex(decapsulate({ suite, seed, ciphertext: mauled })!);
    });
    choose(suite, backend);
    expect(new Set(found).size).toBe(1);
    expect(found).toContain(hex(decapsulate({ suite, seed, ciphertext: mauled })!));
    expect(found).not.toContain(hex(secret));
  });
});

describe('backends of one suite', () => {
  it.each(SUITES)('%s: one key, and what one makes, every other opens', (suite) => {
    const seed = seedOf(suite);
    const made = backendsOf(suite).map((backend) => {
      choose(suite, backend);
      const publicKey = sealingKeyOf(suite, seed);
      const { deterministic } = KEM_SUITES[suite].kem.use();
      const { ciphertext, secret } = encapsulate({ suite, publicKey, entropy: entropyOf(suite) })!;
      return { publicKey, deterministic, ciphertext, secret };
    });
    expect(new Set(made.map(({ publicKey }) => hex(publicKey))).size).toBe(1);
    const repeated = made.filter(({ deterministic }) => deterministic);
    expect(new Set(repeated.map(({ ciphertext }) => hex(ciphertext))).size).toBe(1);
    for (const backend of backendsOf(suite)) {
      choose(suite, backend);
      for (const { ciphertext, secret } of made) {
        expect(hex(decapsulate({ suite, seed, ciphertext })!)).toBe(hex(secret));
      }
    }
  });
});

describe.each(backendsOf('ml-kem-768'))('ml-kem-768 on %s', (backend) => {
  it('refuses a key with a coefficient past the modulus', () => {
    choose('ml-kem-768', backend);
    const publicKey = sealingKeyOf('ml-kem-768', seedOf('ml-kem-768'));
    for (const [at, low, high] of [
      [0, 0x01, 0xfd], // 3329, first of a pair.
      [1_149, 0xff, 0xff],
      [1_150, 0xf0, 0xff], // The second of a pair, alone.
    ] as const) {
      const bad = publicKey.slice();
      bad[at] = low;
      bad[at + 1] = high;
      const job = { suite: 'ml-kem-768' as const, publicKey: bad, entropy: new Uint8Array(32) };
      expect(isSealingKey('ml-kem-768', bad)).toBe(false);
      expect(encapsulate(job)).toBeUndefined();
      // The backend itself refuses too: two walls.
      expect(KEM_SUITES['ml-kem-768'].kem.use().encapsulate(bad, job.entropy)).toBeUndefined();
    }
    const good = publicKey.slice();
    good[0] = 0x00; // 3328 = 0xd00.
    good[1] = (good[1]! & 0xf0) | 0x0d;
    expect(isSealingKey('ml-kem-768', good)).toBe(true);
  });
});

describe.each(backendsOf('x-wing'))('x-wing on %s', (backend) => {
  const suite = 'x-wing';
  const [keyHalf, textHalf] = [1_184, 1_088];
  /** Second forms of a coordinate, and points of small order: u = 0 and 1 (RFC 7748 section 6.1). */
  const FIELD = 2n ** 255n - 19n;
  const BAD = [FIELD, FIELD + 1n, 2n ** 255n - 1n, 2n ** 255n + 9n, 2n ** 256n - 1n, 0n, 1n];

  it('refuses X25519 halves that no honest party makes, with one verdict', () => {
    choose(suite, backend);
    const [seed, entropy] = [seedOf(suite), entropyOf(suite)];
    const publicKey = sealingKeyOf(suite, seed);
    const { ciphertext } = encapsulate({ suite, publicKey, entropy })!;
    for (const u of BAD) {
      const tail = numberToBytesLE(u, 32);
      const badKey = withTail(publicKey, keyHalf, tail);
      const badText = withTail(ciphertext, textHalf, tail);
      expect(encapsulate({ suite, publicKey: badKey, entropy })).toBeUndefined();
      expect(decapsulate({ suite, seed, ciphertext: badText })).toBeUndefined();
    }
  });
});

/**
 * The cryptography of simulations, cheap and real: one suite, through the same doors as everybody, so
 * that nothing that an honest or a careless node does can tell the two apart.
 */
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { survey } from '#algorithms/backend.ts';
import { ED25519 } from '#algorithms/crypto/ed25519.ts';
import { ML_DSA } from '#algorithms/crypto/ml-dsa.ts';
import { isSealingKey, KEM_SUITES, sealingKeyOf } from '#algorithms/kem.ts';
import { openCapsule, sealCapsule, type Binding } from '#algorithms/seal.ts';
import {
  isVerifyingKey,
  sign,
  SIGNATURE_SUITES,
  verify,
  verifyingKeyOf,
  type SignatureSuite,
} from '#algorithms/signature.ts';
import { outputOf, prove, vrfKeyOf } from '#algorithms/vrf.ts';
import { utf8 } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';
import { cryptoOf, withCrypto, withCheapCrypto, withRealCrypto } from '#simulations/crypto.ts';
import { cases } from '#test/cases.ts';

const network = utf8('test');
const suites = Object.keys(SIGNATURE_SUITES) as SignatureSuite[];
const VRF = 'ecvrf-edwards25519-tai';
const seedOf = (bytes: number) => fc.uint8Array({ minLength: bytes, maxLength: bytes });
const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
  const other = bytes.slice();
  other[(bit >> 3) % other.length]! ^= 1 << (bit & 7);
  return other;
};
const bindingOf = (index: number): Binding => ({
  role: 'holder',
  network,
  transaction: new Uint8Array(32).fill(1),
  pieceRoot: new Uint8Array(32).fill(2),
  recipient: utf8('n1'),
  fingerprint: new Uint8Array(32).fill(3),
  index,
  policyVersion: 1,
});

/** The real primitives take milliseconds, and have suites of their own. */
const RUNS = { cheap: 40, real: 2 } as const;

// What OpenSSL has is offered, so that it would be noticed if it served.
beforeAll(() => offerBackends());

describe.each(['cheap', 'real'] as const)('%s cryptography', (kind) => {
  const holds = <T extends [unknown, ...unknown[]]>(
    property: fc.IPropertyWithHooks<T>,
    runs: number = RUNS[kind],
  ): void => withCrypto(kind, () => fc.assert(property, { numRuns: cases(runs) }));

  it.each(suites)('%s: verifies what was signed, by whom, for what, and nothing else', (suite) => {
    holds(
      fc.property(seedOf(32), seedOf(32), fc.uint8Array(), fc.nat(), (seed, other, bytes, bit) => {
        fc.pre(seed.some((byte, i) => byte !== other[i]));
        const speech = { suite, purpose: 'ack', network } as const;
        const publicKey = verifyingKeyOf(suite, seed);
        const signature = sign({ ...speech, seed, bytes });
        expect(isVerifyingKey(suite, publicKey)).toBe(true);
        expect(signature).toHaveLength(SIGNATURE_SUITES[suite].signatureBytes);
        expect(sign({ ...speech, seed, bytes })).toEqual(signature);
        const said = { ...speech, publicKey, bytes, signature };
        expect(verify(said)).toBe(true);
        for (const changed of [
          { signature: flipped(signature, bit) },
          { bytes: flipped(Uint8Array.of(...bytes, 0), bit) },
          { publicKey: verifyingKeyOf(suite, other) },
          { publicKey: flipped(publicKey, bit) },
          { purpose: 'tx' },
          { network: utf8('other') },
        ] as const)
          expect([changed, verify({ ...said, ...changed })]).toEqual([changed, false]);
      }),
    );
  });

  it('opens a capsule with its own seed and binding, and in no other way', () => {
    const suite = 'ml-kem-768';
    const { seedBytes, publicKeyBytes } = KEM_SUITES[suite];
    holds(
      fc.property(
        seedOf(seedBytes),
        seedOf(seedBytes),
        seedOf(32),
        fc.uint8Array({ minLength: 1, maxLength: 100 }),
        fc.nat(),
        (seed, other, entropy, text, bit) => {
          fc.pre(seed.some((byte, i) => byte !== other[i]));
          const publicKey = sealingKeyOf(suite, seed);
          expect(publicKey).toHaveLength(publicKeyBytes);
          expect(isSealingKey(suite, publicKey)).toBe(true);
          const job = { suite, publicKey, binding: bindingOf(3), entropy, text } as const;
          const capsule = sealCapsule(job)!;
          expect(sealCapsule(job)).toEqual(capsule);
          const open = (given: { seed?: Uint8Array; capsule?: Uint8Array; index?: number }) =>
            openCapsule({
              suite,
              seed: given.seed ?? seed,
              binding: bindingOf(given.index ?? 3),
              capsule: given.capsule ?? capsule,
            });
          expect(open({})).toEqual({ ok: true, value: text });
          expect(open({ seed: other }).ok).toBe(false);
          expect(open({ index: 4 }).ok).toBe(false);
          expect(open({ capsule: flipped(capsule, bit) }).ok).toBe(false);
        },
      ),
    );
  });

  it('proves one output for a key and an input', () => {
    holds(
      fc.property(seedOf(32), fc.uint8Array(), fc.nat(), (seed, input, bit) => {
        const publicKey = vrfKeyOf(seed);
        expect(publicKey.length).toBe(32);
        const proof = prove({ suite: VRF, seed, input });
        const check = { suite: VRF, publicKey, input, proof } as const;
        const output = outputOf(check);
        expect([proof.length, output?.length]).toEqual([80, 64]);
        expect(prove({ suite: VRF, seed, input })).toEqual(proof);
        expect(outputOf({ ...check, proof: flipped(proof, bit) })).toBeUndefined();
        expect(outputOf({ ...check, input: Uint8Array.of(...input, 1) })).toBeUndefined();
        const next = { ...check, input: Uint8Array.of(...input, 1) };
        const nextProof = prove({ suite: VRF, seed, input: next.input });
        expect(outputOf({ ...next, proof: nextProof })).not.toEqual(output);
      }),
    );
  });
});

describe('the cryptography of a seed', () => {
  it('is real for about one in a hundred, and always the same', () => {
    const seeds = Array.from({ length: 10_000 }, (_, seed) => seed);
    const real = seeds.filter((seed) => cryptoOf(seed) === 'real');
    expect(real.length).toBeGreaterThan(60);
    expect(real.length).toBeLessThan(150);
    expect(seeds.filter((seed) => cryptoOf(seed) === 'real')).toEqual(real);
  });

  it('ends with its run, whatever becomes of it, and is no choice of anybody', () => {
    const before = [survey(), ED25519.use(), ML_DSA['ml-dsa-65'].use()];
    const broken = (): void => {
      expect(ED25519.use()).not.toBe(before[1]);
      expect(survey()).toEqual(before[0]);
      withRealCrypto(() => expect(ML_DSA['ml-dsa-65'].use().deterministic).toBe(true));
      throw new Error('the run broke');
    };
    expect(() => withCheapCrypto(broken)).toThrow('the run broke');
    expect([survey(), ED25519.use(), ML_DSA['ml-dsa-65'].use()]).toEqual(before);
    expect(ED25519.use()).toBe(before[1]);
    expect(ML_DSA['ml-dsa-65'].use()).toBe(before[2]);
  });
});

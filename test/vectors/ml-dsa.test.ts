/**
 * ML-DSA-44, -65 and -87: NIST ACVP for FIPS 204. Keys and verdicts on every backend; signatures, which ACVP
 * makes from expanded keys and our backends only from seeds, by the library under the portable
 * backend, and then verified on every backend. Cases of the internal interface (external mu) are not ours.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { ml_dsa44, ml_dsa65, ml_dsa87 } from '@noble/post-quantum/ml-dsa.js';
import { afterEach, describe, expect, it } from 'vitest';
import { backendsOf, choose } from '#algorithms/backend.ts';
import { ML_DSA, type MlDsa } from '#algorithms/crypto/ml-dsa.ts';
import { hex } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';
import { bytesOf, published, tell } from '#test/vectors/published.ts';

await offerBackends();
afterEach(() => choose('*', 'auto'));

interface Group<Case> {
  readonly parameterSet: string;
  readonly signatureInterface?: string;
  readonly preHash?: string;
  readonly tests: readonly Case[];
}
interface Key {
  readonly seed: string;
  readonly pk: string;
}
interface Made {
  readonly message: string;
  readonly context: string;
  readonly sk: string;
  readonly rnd?: string;
  readonly signature: string;
}
interface Judged {
  readonly pk: string;
  readonly message: string;
  readonly context: string;
  readonly signature: string;
  readonly testPassed: boolean;
}

const LIBRARY = { 'ml-dsa-44': ml_dsa44, 'ml-dsa-65': ml_dsa65, 'ml-dsa-87': ml_dsa87 };

/** ACVP ML-DSA-keyGen-FIPS204, tcId 2, 27 and 52: seed, and SHA-256 of the public key. */
const TYPED: Readonly<Record<MlDsa, readonly [seed: string, digest: string]>> = {
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

const casesOf = <Case>(name: string, suite: MlDsa): readonly Case[] =>
  published(name, ({ groups }: { groups: Group<Case>[] }) =>
    groups
      .filter((group) => group.parameterSet.toLowerCase() === suite)
      .filter((group) => (group.signatureInterface ?? 'external') === 'external')
      .filter((group) => (group.preHash ?? 'pure') === 'pure')
      .flatMap((group) => group.tests),
  );

describe.each(Object.keys(ML_DSA) as MlDsa[])('%s', (suite) => {
  const keys = casesOf<Key>('acvp_mldsa_keygen.json', suite);
  const made = casesOf<Made>('acvp_mldsa_siggen.json', suite);
  const judged = casesOf<Judged>('acvp_mldsa_sigver.json', suite);
  const backends = backendsOf(suite);
  tell(`${suite} on ${backends.join()}`, {
    'typed in': 1,
    'of ACVP keyGen': keys.length,
    'of sigGen': made.length,
    'of sigVer': judged.length,
  });

  it.each(backends)('makes the published keys, on %s', (backend) => {
    choose(suite, backend);
    const keyOf = (seed: string) => ML_DSA[suite].use().publicKey(bytesOf(seed));
    const [seed, digest] = TYPED[suite];
    expect(hex(sha256(keyOf(seed)))).toBe(digest);
    for (const { seed, pk } of keys) expect(hex(keyOf(seed))).toBe(pk);
  });

  it('makes the published signatures, deterministic and hedged', () => {
    for (const { sk, message, context, rnd, signature } of made) {
      const signed = LIBRARY[suite].sign(bytesOf(message), bytesOf(sk), {
        context: bytesOf(context),
        extraEntropy: rnd === undefined ? false : bytesOf(rnd),
      });
      expect(hex(signed)).toBe(signature);
    }
  });

  it.each(backends)('gives the published verdicts, on %s', (backend) => {
    choose(suite, backend);
    const signer = ML_DSA[suite].use();
    for (const { pk, message, context, signature, testPassed } of judged) {
      const [key, text, bytes] = [bytesOf(pk), bytesOf(message), bytesOf(signature)];
      expect(signer.verify(key, text, bytes, bytesOf(context))).toBe(testPassed);
    }
    for (const { sk, message, context, signature } of made) {
      const key = LIBRARY[suite].getPublicKey(bytesOf(sk));
      const [text, bytes] = [bytesOf(message), bytesOf(signature)];
      expect(signer.verify(key, text, bytes, bytesOf(context))).toBe(true);
    }
  });
});

/**
 * ML-KEM-768: NIST ACVP for FIPS 203. Keys, key checks, and texts (where a backend takes entropy) through
 * our backends; decapsulation, which ACVP does with expanded keys and our backends only from seeds, by
 * the libraries under them. The other parameter sets, and checks of expanded keys, are not ours.
 */
import { createPrivateKey, decapsulate as decapsulateNatively } from 'node:crypto';
import { sha256 } from '@noble/hashes/sha2.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import sodium from 'libsodium-wrappers-sumo';
import { afterEach, describe, expect, it } from 'vitest';
import { backendsOf, choose } from '#algorithms/backend.ts';
import { ML_KEM_768 } from '#algorithms/crypto/ml-kem.ts';
import { isSealingKey } from '#algorithms/kem.ts';
import { concat, hex } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';
import { bytesOf, published, tell } from '#test/vectors/published.ts';

await offerBackends();
afterEach(() => choose('*', 'auto'));

interface Group<Case> {
  readonly parameterSet: string;
  readonly function?: string;
  readonly tests: readonly Case[];
}

/** ACVP ML-KEM-keyGen-FIPS203 tcId 27: d | z, and SHA-256 of the public and the secret key. */
const TYPED = {
  seed:
    '3e5848db624613f7ac144457cc1375f006fa8cb953e767dc9e7428d00f5dad8b' +
    '012dd6c2f0918b9eb6182474eb86d848f65974759d59ce151a396deee4ca10d1',
  publicDigest: '26eb7b8190b6038f6acca606bf563fd15425f3659b5170f10cd4cfadfcad084d',
  secretDigest: '87908625991831229045ef4931ddc20c007993d02ce5abe643fc101bfa702c88',
};

const casesOf = <Case>(name: string, what?: string): readonly Case[] =>
  published(name, ({ groups }: { groups: Group<Case>[] }) =>
    groups
      .filter((group) => group.parameterSet === 'ML-KEM-768' && group.function === what)
      .flatMap((group) => group.tests),
  );
const ENCAP_DECAP = 'acvp_mlkem_encapdecap.json';
const keys = casesOf<{ d: string; z: string; ek: string; dk: string }>('acvp_mlkem_keygen.json');
const texts = casesOf<{ ek: string; m: string; c: string; k: string }>(
  ENCAP_DECAP,
  'encapsulation',
);
const opened = casesOf<{ dk: string; c: string; k: string }>(ENCAP_DECAP, 'decapsulation');
const checked = casesOf<{ ek: string; testPassed: boolean }>(ENCAP_DECAP, 'encapsulationKeyCheck');
const backends = backendsOf('ml-kem-768');
tell(`ml-kem-768 on ${backends.join()}`, {
  'typed in': 1,
  'of ACVP keyGen': keys.length,
  'of encapsulation': texts.length,
  'of decapsulation': opened.length,
  'of key checks': checked.length,
});

const keyOf = (seed: string): Uint8Array => ML_KEM_768.use().publicKey(bytesOf(seed));

/** DER around an expanded key: RFC 9935, section 6, expandedKey. */
const EXPANDED = bytesOf('30820978020100300b06096086480165030404020482096404820960');

describe.each(backends)('ml-kem-768 on %s', (backend) => {
  it('makes the published keys', () => {
    choose('ml-kem-768', backend);
    expect(hex(sha256(keyOf(TYPED.seed)))).toBe(TYPED.publicDigest);
    for (const { d, z, ek } of keys) expect(hex(keyOf(d + z))).toBe(ek);
  });

  it('makes the published texts where it is given the entropy, and secrets that open', () => {
    choose('ml-kem-768', backend);
    const kem = ML_KEM_768.use();
    for (const { ek, m, c, k } of texts) {
      const { ciphertext, secret } = kem.encapsulate(bytesOf(ek), bytesOf(m))!;
      expect(secret).toHaveLength(32);
      if (kem.deterministic) expect([hex(ciphertext), hex(secret)]).toEqual([c, k]);
    }
  });

  it('judges keys as published', () => {
    choose('ml-kem-768', backend);
    for (const { ek, testPassed } of checked) {
      expect(isSealingKey('ml-kem-768', bytesOf(ek))).toBe(testPassed);
      const made = ML_KEM_768.use().encapsulate(bytesOf(ek), new Uint8Array(32));
      expect(made !== undefined).toBe(testPassed);
    }
  });
});

describe('the libraries under ml-kem-768', () => {
  it('expand a seed to the published secret key', () => {
    expect(hex(sha256(ml_kem768.keygen(bytesOf(TYPED.seed)).secretKey))).toBe(TYPED.secretDigest);
    for (const { d, z, dk } of keys) {
      const seed = bytesOf(d + z);
      expect(hex(ml_kem768.keygen(seed).secretKey)).toBe(dk);
      expect(hex(sodium.crypto_kem_mlkem768_seed_keypair(seed).privateKey)).toBe(dk);
    }
  });

  it('find the published secrets, also in texts that were changed', () => {
    for (const { dk, c, k } of opened) {
      const [key, text] = [bytesOf(dk), bytesOf(c)];
      const der = Buffer.from(concat(EXPANDED, key));
      const native = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
      expect(hex(ml_kem768.decapsulate(text, key))).toBe(k);
      expect(hex(sodium.crypto_kem_mlkem768_dec(text, key))).toBe(k);
      expect(hex(decapsulateNatively(native, text))).toBe(k);
    }
  });
});

/** Ed25519: RFC 8032 section 7.1, on every backend. */
import { afterEach, describe, expect, it } from 'vitest';
import { backendsOf, choose } from '#algorithms/backend.ts';
import { ED25519, isStrictSignature } from '#algorithms/crypto/ed25519.ts';
import { hex } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';
import { bytesOf, published, tell } from '#test/vectors/published.ts';

await offerBackends();
afterEach(() => choose('*', 'auto'));

interface Case {
  readonly secretKey: string;
  readonly publicKey: string;
  readonly message: string;
  readonly signature: string;
}

/** RFC 8032 section 7.1, TEST 1 to 3. */
const TYPED: readonly Case[] = [
  {
    secretKey: '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    message: '',
    signature:
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
      '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  },
  {
    secretKey: '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    publicKey: '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    message: '72',
    signature:
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  },
  {
    secretKey: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    publicKey: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    message: 'af82',
    signature:
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac' +
      '18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  },
];
const filed = published('rfc8032_ed25519.json', (file: { vectors: Case[] }) => file.vectors);
const backends = backendsOf('ed25519');
tell(`ed25519 on ${backends.join()}`, { 'typed in': TYPED.length, 'of RFC 8032': filed.length });

describe.each(backends)('ed25519 on %s', (backend) => {
  it('makes and takes every published signature', () => {
    choose('ed25519', backend);
    const signer = ED25519.use();
    for (const known of [...TYPED, ...filed]) {
      const [seed, message] = [bytesOf(known.secretKey), bytesOf(known.message)];
      const [publicKey, signature] = [bytesOf(known.publicKey), bytesOf(known.signature)];
      expect(hex(signer.publicKey(seed))).toBe(known.publicKey);
      expect(hex(signer.sign(seed, message, undefined))).toBe(known.signature);
      expect(isStrictSignature(publicKey, signature)).toBe(true);
      expect(signer.verify(publicKey, message, signature)).toBe(true);
    }
  });
});

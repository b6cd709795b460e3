/** X-Wing: draft-connolly-cfrg-xwing-kem, appendix C, on every backend. */
import { sha256 } from '@noble/hashes/sha2.js';
import { afterEach, describe, expect, it } from 'vitest';
import { backendsOf, choose } from '#algorithms/backend.ts';
import { decapsulate, encapsulate, sealingKeyOf } from '#algorithms/kem.ts';
import { hex } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';
import { bytesOf, published, tell } from '#test/vectors/published.ts';

await offerBackends();
afterEach(() => choose('*', 'auto'));

interface Case {
  readonly seed: string;
  readonly randomness: string;
  readonly pk: string;
  readonly ct: string;
  readonly ss: string;
}

/** Appendix C, the third: SHA-256 of the key and of the text. */
const TYPED = {
  seed: '02'.repeat(32),
  randomness: '66'.repeat(64),
  keyDigest: '01eba7f63ebe3bde984385c499280859aac9a8c403804fe47ebbf31982d74353',
  textDigest: 'f848429823954ce959cce81de71f65f6a55335b9792d528ba852611b41e0b7da',
  ss: '87292f18b2e7af74bb8839ddee15e832d2f4bfac14dc84f824906d951436aafa',
};
const filed = published('xwing_mlkem768_x25519.json', (file: { vectors: Case[] }) => file.vectors);
const backends = backendsOf('x-wing');
tell(`x-wing on ${backends.join()}`, { 'typed in': 1, 'of the draft': filed.length });

const suite = 'x-wing';
function run(seedText: string, randomness: string) {
  const [seed, entropy] = [bytesOf(seedText), bytesOf(randomness)];
  const publicKey = sealingKeyOf(suite, seed);
  const { ciphertext, secret } = encapsulate({ suite, publicKey, entropy })!;
  const found = decapsulate({ suite, seed, ciphertext })!;
  return { publicKey, ciphertext, secrets: [hex(secret), hex(found)] };
}

describe.each(backends)('x-wing on %s', (backend) => {
  it('makes the published keys, texts and secrets', () => {
    choose(suite, backend);
    const typed = run(TYPED.seed, TYPED.randomness);
    expect(hex(sha256(typed.publicKey))).toBe(TYPED.keyDigest);
    expect(hex(sha256(typed.ciphertext))).toBe(TYPED.textDigest);
    expect(typed.secrets).toEqual([TYPED.ss, TYPED.ss]);
    for (const { seed, randomness, pk, ct, ss } of filed) {
      const made = run(seed, randomness);
      expect([hex(made.publicKey), hex(made.ciphertext)]).toEqual([pk, ct]);
      expect(made.secrets).toEqual([ss, ss]);
    }
  });
});

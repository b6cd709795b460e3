/**
 * Sealing: canonical bytes, what each kind of misuse is answered with, and that every backend opens
 * what every other sealed. That any change at all is refused, is a property.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { afterEach, describe, expect, it } from 'vitest';
import { backendsOf, choose } from '#algorithms/backend.ts';
import { AUTHENTICATED, KEY_BYTES, NONCE_BYTES } from '#algorithms/crypto/authenticated.ts';
import { KEM_SUITES, type KemSuite, sealingKeyOf } from '#algorithms/kem.ts';
import {
  type Binding,
  bindingBytes,
  BODY_OVERHEAD,
  capsuleOverhead,
  openBody,
  openCapsule,
  openCapsules,
  sealBody,
  sealCapsule,
  sealCapsules,
} from '#algorithms/seal.ts';
import { InvariantViolation } from '#lib/assert.ts';
import { concat, EMPTY, hex, utf8 } from '#lib/bytes.ts';
import { fail, ok } from '#lib/result.ts';
import { offerBackends } from '#runtime/backends.ts';

await offerBackends();
afterEach(() => choose('*', 'auto'));

const filled = (length: number, fill: number) => new Uint8Array(length).fill(fill);
const BINDING: Binding = {
  role: 'holder',
  network: utf8('net'),
  transaction: filled(32, 0x11),
  pieceRoot: filled(32, 0x22),
  recipient: utf8('n7'),
  fingerprint: filled(32, 0x33),
  index: 41,
  policyVersion: 258,
};
const TEXT = utf8('a piece');
const SUITES = Object.keys(KEM_SUITES) as KemSuite[];
const seedOf = (suite: KemSuite) => filled(KEM_SUITES[suite].seedBytes, 1);
const sealed = (suite: KemSuite, text = TEXT) =>
  sealCapsule({
    suite,
    publicKey: sealingKeyOf(suite, seedOf(suite)),
    binding: BINDING,
    entropy: filled(KEM_SUITES[suite].entropyBytes, 2),
    text,
  })!;
const opened = (suite: KemSuite, capsule: Uint8Array) =>
  openCapsule({ suite, seed: seedOf(suite), binding: BINDING, capsule });

describe('the binding of a capsule', () => {
  it('is these bytes, for ever', () => {
    const expected = concat(
      utf8('city-chain/capsule\0\u0001\u0002\u0002\u0003net'),
      filled(32, 0x11),
      filled(32, 0x22),
      utf8('\u0002n7'),
      filled(32, 0x33),
      Uint8Array.of(0, 0, 0, 41, 0, 0, 1, 2),
    );
    expect(hex(bindingBytes('x-wing', BINDING))).toBe(hex(expected));
  });

  it('has parts of the lengths they say', () => {
    for (const wrong of [
      { network: EMPTY },
      { recipient: filled(256, 1) },
      { transaction: filled(31, 1) },
      { pieceRoot: filled(33, 1) },
      { fingerprint: EMPTY },
      { index: -1 },
      { index: 1.5 },
      { policyVersion: 2 ** 32 },
    ]) {
      expect(() => bindingBytes('x-wing', { ...BINDING, ...wrong })).toThrow(InvariantViolation);
    }
  });
});

describe.each(SUITES)('capsules, %s', (suite) => {
  it('open to what was sealed, and are longer by what they say', () => {
    for (const text of [EMPTY, TEXT, filled(1_700, 9)]) {
      const capsule = sealed(suite, text);
      expect(capsule).toHaveLength(text.length + capsuleOverhead(suite));
      expect(opened(suite, capsule)).toEqual(ok(text));
    }
  });

  it('are sealed on one backend and opened on any other', () => {
    for (const sealing of backendsOf(suite)) {
      for (const cipher of backendsOf('aes-256-gcm')) {
        choose(suite, sealing);
        choose('aes-256-gcm', cipher);
        const capsule = sealed(suite);
        for (const opening of backendsOf(suite)) {
          for (const decipher of backendsOf('aes-256-gcm')) {
            choose(suite, opening);
            choose('aes-256-gcm', decipher);
            expect(opened(suite, capsule)).toEqual(ok(TEXT));
          }
        }
      }
    }
  });

  it('are refused for their form before their key', () => {
    const capsule = sealed(suite);
    const withByte = (at: number, value: number) =>
      capsule.map((byte, i) => (i === at ? value : byte));
    expect(opened(suite, EMPTY)).toEqual(fail('malformed'));
    expect(opened(suite, capsule.subarray(0, 1))).toEqual(fail('malformed'));
    expect(opened(suite, capsule.subarray(0, capsuleOverhead(suite) - 1))).toEqual(
      fail('malformed'),
    );
    expect(opened(suite, withByte(0, 2))).toEqual(fail('unknown-version'));
    expect(opened(suite, withByte(1, 99))).toEqual(fail('other-suite'));
    expect(opened(suite, capsule.subarray(0, -1))).toEqual(fail('unauthentic'));
    expect(opened(suite, concat(capsule, Uint8Array.of(0)))).toEqual(fail('unauthentic'));
  });

  it('do not open for another key', () => {
    const job = { suite, seed: filled(KEM_SUITES[suite].seedBytes, 7), binding: BINDING };
    expect(openCapsule({ ...job, capsule: sealed(suite) })).toEqual(fail('unauthentic'));
  });

  it('are not sealed for what is no key', () => {
    const job = { suite, binding: BINDING, entropy: filled(KEM_SUITES[suite].entropyBytes, 2) };
    expect(sealCapsule({ ...job, publicKey: EMPTY, text: TEXT })).toBeUndefined();
  });

  it('come in jobs, one answer each', () => {
    const good = sealed(suite);
    const job = { suite, seed: seedOf(suite), binding: BINDING };
    const answers = openCapsules([
      { ...job, capsule: good },
      { ...job, capsule: EMPTY },
    ]);
    expect(answers).toEqual([ok(TEXT), fail('malformed')]);
    expect(sealCapsules([])).toEqual([]);
  });
});

describe('capsules that repeat themselves', () => {
  it('are these bytes on every backend: a golden vector', () => {
    const digests = backendsOf('x-wing').flatMap((kem) =>
      backendsOf('aes-256-gcm').map((cipher) => {
        choose('x-wing', kem);
        choose('aes-256-gcm', cipher);
        return hex(sha256(sealed('x-wing')));
      }),
    );
    expect(new Set(digests)).toEqual(
      new Set(['4773f02d0e9e1fad4a64fdc7e81e911a6a9151df2ce92254953d68a83affd4fc']),
    );
  });
});

describe.each(backendsOf('aes-256-gcm'))('bodies, on %s', (backend) => {
  const key = filled(KEY_BYTES, 4);
  const nonce = filled(NONCE_BYTES, 5);
  const associated = utf8('header');

  it('open to what was sealed, and to nothing else', () => {
    choose('aes-256-gcm', backend);
    for (const text of [EMPTY, TEXT, filled(16_384, 6)]) {
      const body = sealBody({ key, nonce, associated, text });
      expect(body).toHaveLength(text.length + BODY_OVERHEAD);
      expect(openBody({ key, associated, body })).toEqual(ok(text));
      expect(openBody({ key, associated: utf8('other'), body })).toEqual(fail('unauthentic'));
      expect(openBody({ key: filled(KEY_BYTES, 9), associated, body })).toEqual(
        fail('unauthentic'),
      );
      expect(openBody({ key, associated, body: body.subarray(0, -1) }).ok).toBe(false);
      expect(openBody({ key, associated, body: body.map((b, i) => (i === 0 ? 2 : b)) })).toEqual(
        fail('unknown-version'),
      );
    }
    expect(openBody({ key, associated, body: filled(BODY_OVERHEAD - 1, 1) })).toEqual(
      fail('malformed'),
    );
  });

  it('leave what they are given as it was', () => {
    choose('aes-256-gcm', backend);
    const [k, n, text] = [key.slice(), nonce.slice(), TEXT.slice()];
    const body = sealBody({ key: k, nonce: n, associated, text });
    openBody({ key: k, associated, body });
    expect([k, n, text]).toEqual([key, nonce, TEXT]);
    expect(openBody({ key, associated, body })).toEqual(ok(TEXT));
  });

  it('are not sealed with keys and nonces of other lengths', () => {
    choose('aes-256-gcm', backend);
    const job = { key, nonce, associated, text: TEXT };
    expect(() => sealBody({ ...job, key: filled(16, 1) })).toThrow(InvariantViolation);
    expect(() => sealBody({ ...job, nonce: filled(16, 1) })).toThrow(InvariantViolation);
    expect(() => openBody({ key: EMPTY, associated, body: EMPTY })).toThrow(InvariantViolation);
  });

  it('are the bytes of the primitive: no backend gives text before its tag', () => {
    choose('aes-256-gcm', backend);
    const cipher = AUTHENTICATED.use();
    const made = cipher.seal(key, nonce, associated, TEXT);
    expect(cipher.open(key, nonce, associated, made.subarray(0, 15))).toBeUndefined();
    expect(
      cipher.open(
        key,
        nonce,
        associated,
        made.map((byte, i) => (i === 0 ? byte ^ 1 : byte)),
      ),
    ).toBeUndefined();
  });
});

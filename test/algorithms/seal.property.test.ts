/**
 * Sealing, for any change: a capsule that was swapped, replayed under another binding, or mauled anywhere, is
 * refused with a word and without text.
 */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { backendsOf, choose } from '#algorithms/backend.ts';
import { sealingKeyOf } from '#algorithms/kem.ts';
import {
  type Binding,
  bindingBytes,
  openBody,
  openCapsule,
  sealBody,
  sealCapsule,
} from '#algorithms/seal.ts';
import { hex, same } from '#lib/bytes.ts';
import { ok } from '#lib/result.ts';
import { offerBackends } from '#runtime/backends.ts';
import { cases } from '#test/cases.ts';

await offerBackends();
afterEach(() => choose('*', 'auto'));

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const digest = bytes(32);
const name = fc.uint8Array({ minLength: 1, maxLength: 9 });
const binding: fc.Arbitrary<Binding> = fc.record({
  role: fc.constantFrom('reader' as const, 'holder' as const, 'escrow' as const),
  network: name,
  transaction: digest,
  pieceRoot: digest,
  recipient: name,
  fingerprint: digest,
  index: fc.nat(2 ** 31 - 1),
  policyVersion: fc.nat(2 ** 31 - 1),
});
const flat = (one: Binding): string =>
  JSON.stringify(one, (_, value) => (value instanceof Uint8Array ? hex(value) : value));
const text = fc.uint8Array({ maxLength: 60 });
const suite = 'ml-kem-768';
const seed = new Uint8Array(64).fill(3);
const publicKey = sealingKeyOf(suite, seed);
const seal = (binding: Binding, entropy: Uint8Array, text: Uint8Array) =>
  sealCapsule({ suite, publicKey, binding, entropy, text })!;
const open = (binding: Binding, capsule: Uint8Array) =>
  openCapsule({ suite, seed, binding, capsule });

describe('capsules, for any change', () => {
  it('open under the binding they were sealed under, and under no other, part by part', () =>
    fc.assert(
      fc.property(binding, binding, bytes(32), text, (ours, theirs, entropy, text) => {
        const capsule = seal(ours, entropy, text);
        expect(open(ours, capsule)).toEqual(ok(text));
        for (const part of Object.keys(theirs) as (keyof Binding)[]) {
          const changed = { ...ours, [part]: theirs[part] };
          const untouched = same(bindingBytes(suite, changed), bindingBytes(suite, ours));
          expect(open(changed, capsule).ok).toBe(untouched);
        }
      }),
      { numRuns: cases(60) },
    ));

  it('have bindings that no two of which are written alike', () =>
    fc.assert(
      fc.property(binding, binding, (a, b) => {
        expect(hex(bindingBytes(suite, a)) === hex(bindingBytes(suite, b))).toBe(
          flat(a) === flat(b),
        );
      }),
    ));

  it('do not open once a bit is changed, on any backend', () =>
    fc.assert(
      fc.property(binding, bytes(32), text, fc.nat(), (binding, entropy, text, anywhere) => {
        const capsule = seal(binding, entropy, text);
        const bit = anywhere % (8 * capsule.length);
        const mauled = capsule.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
        for (const backend of backendsOf('aes-256-gcm')) {
          choose('aes-256-gcm', backend);
          expect(open(binding, mauled).ok).toBe(false);
        }
      }),
      { numRuns: cases(100) },
    ));

  it('do not exchange their parts', () =>
    fc.assert(
      fc.property(binding, bytes(32), bytes(32), text, text, (binding, e1, e2, t1, t2) => {
        const [a, b] = [seal(binding, e1, t1), seal(binding, e2, t2)];
        const cut = 2 + 1_088;
        const crossed = new Uint8Array([...a.subarray(0, cut), ...b.subarray(cut)]);
        expect(open(binding, crossed).ok).toBe(same(crossed, a) || same(crossed, b));
      }),
      { numRuns: cases(60) },
    ));

  it('are answered whatever the bytes are', () =>
    fc.assert(
      fc.property(binding, fc.uint8Array({ maxLength: 1_300 }), (binding, noise) => {
        expect(open(binding, noise).ok).toBe(false);
      }),
    ));
});

describe('bodies, for any change', () => {
  it('open to what was sealed, on every backend, and not once a bit is changed', () =>
    fc.assert(
      fc.property(
        digest,
        bytes(12),
        text,
        text,
        fc.nat(),
        (key, nonce, associated, text, anywhere) => {
          const bodies = backendsOf('aes-256-gcm').map((backend) => {
            choose('aes-256-gcm', backend);
            return sealBody({ key, nonce, associated, text });
          });
          expect(new Set(bodies.map(hex)).size).toBe(1);
          const body = bodies[0]!;
          const bit = anywhere % (8 * body.length);
          const mauled = body.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
          for (const backend of backendsOf('aes-256-gcm')) {
            choose('aes-256-gcm', backend);
            expect(openBody({ key, associated, body })).toEqual(ok(text));
            expect(openBody({ key, associated, body: mauled }).ok).toBe(false);
          }
        },
      ),
      { numRuns: cases(60) },
    ));
});

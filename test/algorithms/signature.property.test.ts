/**
 * Signatures, for any speech: what is signed for one purpose, network, suite or key verifies for
 * no other; and what one backend signs, all verify.
 */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { backendsOf, choose } from '#algorithms/backend.ts';
import {
  frame,
  type Purpose,
  sign,
  SIGNATURE_SUITES,
  type SignatureSuite,
  type Speech,
  verify,
  verifyingKeyOf,
} from '#algorithms/signature.ts';
import { hex, same } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';
import { cases } from '#test/cases.ts';

await offerBackends();
afterEach(() => choose('*', 'auto'));

const SUITES = Object.keys(SIGNATURE_SUITES) as SignatureSuite[];
const PURPOSES: Purpose[] = [
  'login',
  'tx',
  'ack',
  'repair',
  'vote',
  'vertex',
  'audit',
  'leaving',
  'release',
];

const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
const bytes = fc.uint8Array({ maxLength: 40 });
const speechOf = (suite: fc.Arbitrary<SignatureSuite>): fc.Arbitrary<Speech> =>
  fc.record({
    suite,
    purpose: fc.constantFrom(...PURPOSES),
    network: fc.uint8Array({ minLength: 1, maxLength: 6 }),
  });
const said = fc.record({ speech: speechOf(fc.constantFrom(...SUITES)), bytes });

describe('signatures, for any speech', () => {
  it('frames two different things differently', () =>
    fc.assert(
      fc.property(said, said, (a, b) => {
        const alike =
          a.speech.suite === b.speech.suite &&
          a.speech.purpose === b.speech.purpose &&
          same(a.speech.network, b.speech.network) &&
          same(a.bytes, b.bytes);
        expect(hex(frame(a.speech, a.bytes)) === hex(frame(b.speech, b.bytes))).toBe(alike);
      }),
      { numRuns: cases(2_000) },
    ));

  it('verifies for the purpose, network, key and bytes it was made for, and for no other', () =>
    fc.assert(
      fc.property(
        seed,
        seed,
        said.map(({ speech, bytes }) => ({
          speech: { ...speech, suite: 'ed25519' as const },
          bytes,
        })),
        said.map(({ speech, bytes }) => ({
          speech: { ...speech, suite: 'ed25519' as const },
          bytes,
        })),
        (ours, theirs, { speech, bytes }, other) => {
          const signature = sign({ ...speech, seed: ours, bytes });
          const check = { ...speech, publicKey: verifyingKeyOf('ed25519', ours), bytes, signature };
          expect(verify(check)).toBe(true);
          const changes = [
            { purpose: other.speech.purpose },
            { network: other.speech.network },
            { bytes: other.bytes },
            { publicKey: verifyingKeyOf('ed25519', theirs) },
          ];
          for (const change of changes) {
            const changed = { ...check, ...change };
            const untouched =
              same(frame(changed, changed.bytes), frame(check, bytes)) &&
              same(changed.publicKey, check.publicKey);
            expect(verify(changed)).toBe(untouched);
          }
        },
      ),
      { numRuns: cases(60) },
    ));

  it('says one purpose for every pair of purposes, with ML-DSA too', () => {
    const network = Uint8Array.of(1);
    const ours = new Uint8Array(32).fill(9);
    const publicKey = verifyingKeyOf('ml-dsa-44', ours);
    const empty = new Uint8Array(0);
    for (const purpose of PURPOSES) {
      const signature = sign({ suite: 'ml-dsa-44', purpose, network, seed: ours, bytes: empty });
      for (const asked of PURPOSES) {
        const check = { suite: 'ml-dsa-44' as const, purpose: asked, network, publicKey };
        expect(verify({ ...check, bytes: empty, signature })).toBe(asked === purpose);
      }
    }
  });

  it.each(SUITES)('%s: what one backend signs, every backend verifies', (suite) =>
    fc.assert(
      fc.property(
        seed,
        speechOf(fc.constant(suite)),
        bytes,
        fc.nat(31),
        (seed, speech, bytes, at) => {
          const backends = backendsOf(suite);
          const keys = backends.map((backend) => {
            choose(suite, backend);
            return verifyingKeyOf(suite, seed);
          });
          expect(new Set(keys.map(hex)).size).toBe(1);
          for (const signing of backends) {
            choose(suite, signing);
            const signature = sign({ ...speech, seed, bytes });
            const mauled = signature.map((byte, i) => (i === at ? byte ^ 1 : byte));
            for (const verifying of backends) {
              choose(suite, verifying);
              const check = { ...speech, publicKey: keys[0]!, bytes };
              expect(verify({ ...check, signature })).toBe(true);
              expect(verify({ ...check, signature: mauled })).toBe(false);
            }
          }
        },
      ),
      { numRuns: cases(suite === 'ed25519' ? 20 : 3) },
    ),
  );

  it.each(SUITES)('%s: backends that repeat themselves make the same bytes', (suite) => {
    const made = backendsOf(suite).flatMap((backend) => {
      choose(suite, backend);
      if (!SIGNATURE_SUITES[suite].signer.use().deterministic) return [];
      const ours = new Uint8Array(32).fill(3);
      const signature = sign({
        suite,
        purpose: 'vote',
        network: Uint8Array.of(1),
        seed: ours,
        bytes: new Uint8Array(100),
      });
      return [hex(signature)];
    });
    expect(made.length).toBeGreaterThan(0);
    expect(new Set(made).size).toBe(1);
  });
});

/** The verifiable random function, for any key and input: backends agree, and nothing else verifies. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { backendsOf, choose } from '#algorithms/backend.ts';
import { outputOf, prove, vrfKeyOf } from '#algorithms/vrf.ts';
import { hex, same } from '#lib/bytes.ts';
import { offerBackends } from '#runtime/backends.ts';
import { cases } from '#test/cases.ts';

await offerBackends();
afterEach(() => choose('*', 'auto'));

const BACKENDS = backendsOf('ecvrf');
const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });
const input = fc.uint8Array({ maxLength: 40 });
const suite = fc.constantFrom(
  'ecvrf-edwards25519-tai' as const,
  'ecvrf-edwards25519-ell2' as const,
);

function onEach<T>(work: () => T): T[] {
  return BACKENDS.map((backend) => {
    choose('ecvrf', backend);
    return work();
  });
}

describe('the VRF, for any key and input', () => {
  it('has a fast and a portable backend to compare', () =>
    expect(BACKENDS).toEqual(['sodium', 'portable']));

  it('has one key, one proof and one output on every backend', () =>
    fc.assert(
      fc.property(seed, input, suite, (seed, input, suite) => {
        const made = onEach(() => {
          const publicKey = vrfKeyOf(seed);
          const proof = prove({ suite, seed, input });
          return [publicKey, proof, outputOf({ suite, publicKey, input, proof })!].map(hex);
        });
        expect(new Set(made.map((parts) => parts.join())).size).toBe(1);
      }),
      { numRuns: cases(25) },
    ));

  it('proves nothing for another input or key, or once a bit is changed', () =>
    fc.assert(
      fc.property(
        seed,
        input,
        input,
        suite,
        fc.nat(8 * 80 - 1),
        (seed, input, other, suite, bit) => {
          choose('ecvrf', 'sodium');
          const publicKey = vrfKeyOf(seed);
          const proof = prove({ suite, seed, input });
          const changed = proof.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
          const stranger = vrfKeyOf(seed.map((byte) => byte ^ 1));
          const verdicts = onEach(() => [
            outputOf({ suite, publicKey, input, proof }) !== undefined,
            outputOf({ suite, publicKey, input, proof: changed }) !== undefined,
            outputOf({ suite, publicKey: stranger, input, proof }) !== undefined,
            outputOf({ suite, publicKey, input: other, proof }) !== undefined,
          ]);
          const expected = [true, false, false, same(input, other)];
          expect(verdicts).toEqual(BACKENDS.map(() => expected));
        },
      ),
      { numRuns: cases(25) },
    ));
});

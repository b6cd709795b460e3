/** What the properties of the rendezvous family are tried on. */
import fc from 'fast-check';
import { hex } from '#lib/bytes.ts';

/** Distinct ids, mostly short: of several lengths, some beginning others. */
export const ids = (minLength = 1, maxLength = 30): fc.Arbitrary<Uint8Array[]> =>
  fc.uniqueArray(fc.uint8Array({ minLength: 1, maxLength: 10 }), {
    minLength,
    maxLength,
    selector: hex,
  });

export const key = (): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: 40 });

export const weight = (): fc.Arbitrary<number> =>
  fc.oneof(
    fc.integer({ min: 1, max: 10 }),
    fc.integer({ min: 1, max: 65_535 }),
    fc.integer({ min: 2 ** 53 - 3, max: 2 ** 53 - 1 }),
  );

const ALL = Array.from({ length: 30 }, (_, i) => i);

/** Some of thirty nodes, in any order. */
export const ranking = (): fc.Arbitrary<number[]> => fc.shuffledSubarray(ALL, { minLength: 10 });

export const nodes = (): fc.Arbitrary<Set<number>> =>
  fc.subarray(ALL).map((nodes) => new Set(nodes));

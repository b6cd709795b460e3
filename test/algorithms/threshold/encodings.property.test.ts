/** Every backend gives the same verdict on every input, and the same bytes for every point. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Group } from '#algorithms/threshold/group.ts';
import { hex } from '#lib/bytes.ts';
import { cases } from '#test/cases.ts';
import { PAIRINGS, RISTRETTOS } from './each-backend.ts';

const GROUPS: readonly { name: string; forms: readonly Group<object>[]; runs: number }[] = [
  { name: 'ristretto255', forms: RISTRETTOS.map(({ made }) => made as Group<object>), runs: 150 },
  { name: 'G1', forms: PAIRINGS.map(({ made }) => made.g1 as unknown as Group<object>), runs: 60 },
  { name: 'G2', forms: PAIRINGS.map(({ made }) => made.g2 as unknown as Group<object>), runs: 30 },
];

const scalar = (group: Group<object>) => fc.bigInt({ min: 0n, max: group.order - 1n });

function verdictOf(form: Group<object>, bytes: Uint8Array): string {
  const point = form.read(bytes);
  return point === undefined ? 'refused' : hex(form.write(point));
}

function results(form: Group<object>, a: bigint, b: bigint, c: bigint): string {
  const p = form.multiplySecret(form.generator, a);
  const q = form.multiply(form.generator, b);
  const sum = form.combine([p, q, form.generator], [c, a, b]);
  return [p, q, sum, form.add(p, q), form.multiply(q, c), form.multiplySecret(q, c)]
    .map((point) => hex(form.write(point)))
    .join();
}

describe.each(GROUPS)('$name', ({ forms, runs }) => {
  const fast = forms[0]!;
  const anyScalar = scalar(fast);
  const size = fast.pointBytes;
  const pointBytes = anyScalar.map((x) => fast.write(fast.multiply(fast.generator, x)));
  /** Points, points with a bit or two turned, and bytes that only look like a point. */
  const anyBytes = fc.oneof(
    pointBytes,
    fc
      .tuple(pointBytes, fc.array(fc.nat(8 * size - 1), { minLength: 1, maxLength: 2 }))
      .map(([bytes, bits]) => {
        for (const bit of bits) bytes[bit >> 3]! ^= 1 << (bit & 7);
        return bytes;
      }),
    fc.uint8Array({ minLength: size, maxLength: size }),
    fc.uint8Array({ minLength: size, maxLength: size }).map((bytes) => {
      bytes[0] = (bytes[0]! & 0x3f) | 0x80;
      return bytes;
    }),
    fc.uint8Array({ maxLength: size + 2 }),
  );

  it('reads alike on every backend', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const verdicts = forms.map((form) => verdictOf(form, bytes));
        expect(new Set(verdicts).size).toBe(1);
        expect(['refused', hex(bytes)]).toContain(verdicts[0]);
      }),
      { numRuns: cases(runs) },
    );
  });

  it('computes alike on every backend', () => {
    fc.assert(
      fc.property(anyScalar, anyScalar, anyScalar, (a, b, c) => {
        expect(new Set(forms.map((form) => results(form, a, b, c))).size).toBe(1);
      }),
      { numRuns: cases(runs >> 3) },
    );
  });

  it('is a group: multiplication distributes', () => {
    fc.assert(
      fc.property(anyScalar, anyScalar, (a, b) => {
        const { add, multiply, multiplySecret, generator, order, same } = fast;
        const apart = add(multiply(generator, a), multiplySecret(generator, b));
        expect(same(apart, multiply(generator, (a + b) % order))).toBe(true);
      }),
      { numRuns: cases(runs) },
    );
  });

  it('combines many points as one after the other', () => {
    fc.assert(
      fc.property(fc.array(anyScalar, { minLength: 1, maxLength: 9 }), (scalars) => {
        for (const form of forms) {
          const points = scalars.map((x) => form.multiply(form.generator, (x + 1n) % form.order));
          const expected = points.reduce(
            (sum, point, i) => form.add(sum, form.multiply(point, scalars[i]!)),
            form.identity,
          );
          expect(form.same(form.combine(points, scalars), expected)).toBe(true);
        }
      }),
      { numRuns: 4 },
    );
  });
});

describe('the pairing', () => {
  it('is bilinear, alike on every backend', () => {
    const anyScalar = scalar(PAIRINGS[0]!.made.g1 as unknown as Group<object>);
    fc.assert(
      fc.property(anyScalar, anyScalar, fc.boolean(), (a, b, spoilt) => {
        for (const { made } of PAIRINGS) {
          const { g1, g2, matches } = made;
          const product = (a * b + (spoilt ? 1n : 0n)) % g1.order;
          const [p, q] = [g1.multiply(g1.generator, a), g2.multiply(g2.generator, b)];
          expect(matches(p, q, g1.multiply(g1.generator, product))).toBe(!spoilt);
        }
      }),
      { numRuns: cases(10) },
    );
  });
});

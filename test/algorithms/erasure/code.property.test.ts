/** The erasure code on each backend, for any payload, any code and any pieces. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encode as oracle, reconstruct } from 'wasm-reed-solomon-erasure';
import { backendsOf, choose } from '#algorithms/backend.ts';
import { mul } from '#algorithms/gf256.ts';
import {
  decode,
  encode,
  encodingMap,
  pieceBytes,
  piecesOf,
  regenerate,
  shapeOf,
  type Piece,
} from '#algorithms/erasure/code.ts';
import { same } from '#lib/bytes.ts';
import { cases } from '#test/cases.ts';

const code = () =>
  fc
    .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 60 }))
    .map(([k, parity]) => ({ k, n: k + parity }));
const payloads = () => fc.uint8Array({ minLength: 1, maxLength: 3_000 });
/** `count` of n pieces in any order, drawn as a shuffle. */
const chosen = (n: number, count: number) =>
  fc.shuffledSubarray(
    Array.from({ length: n }, (_, i) => i),
    { minLength: count, maxLength: count },
  );

describe.each(backendsOf('erasure'))('on %s, for any payload and code', (backend) => {
  beforeAll(() => choose('erasure', backend));
  afterAll(() => choose('erasure', 'auto'));

  it('any k pieces bring the payload back, and every other piece', () => {
    const drawn = fc
      .record({ code: code(), payload: payloads(), stripe: fc.constantFrom(37, 512, 65_536) })
      .chain((given) => chosen(given.code.n, given.code.k).map((held) => ({ given, held })));
    fc.assert(
      fc.property(
        drawn,
        ({
          given: {
            code: { k, n },
            payload,
            stripe,
          },
          held,
        }) => {
          const shape = shapeOf(k, payload.length, stripe);
          const block = encode(shape, payload, n);
          const pieces = piecesOf(shape, block);
          const some: Piece[] = held.map((index) => ({ index, bytes: pieces[index]! }));
          const back = decode(shape, some);
          expect(back.ok && same(back.value, payload)).toBe(true);
          const all = regenerate(shape, some, [...pieces.keys()]);
          expect(all.ok && same(all.value, block)).toBe(true);
        },
      ),
      { numRuns: cases(60) },
    );
  });

  it('any ten of 42', () => {
    const payload = Uint8Array.from({ length: 1_234 }, (_, i) => i * i);
    const shape = shapeOf(10, payload.length);
    const pieces = piecesOf(shape, encode(shape, payload, 42));
    fc.assert(
      fc.property(chosen(42, 10), (held) => {
        const back = decode(
          shape,
          held.map((index) => ({ index, bytes: pieces[index]! })),
        );
        return back.ok && same(back.value, payload);
      }),
      { numRuns: cases(200) },
    );
  });

  it('the pieces are those of the Rust crate, and so is what it reconstructs', () => {
    const drawn = fc
      .record({ payload: payloads(), code: code() })
      .filter(({ code: { k, n } }) => n > k)
      .chain((given) =>
        chosen(given.code.n, given.code.n - given.code.k).map((lost) => ({ given, lost })),
      );
    fc.assert(
      fc.property(
        drawn,
        ({
          given: {
            payload,
            code: { k, n },
          },
          lost,
        }) => {
          const shape = shapeOf(k, payload.length);
          const pieces = piecesOf(shape, encode(shape, payload, n));
          const theirs = oracle(pieces.slice(0, k), n - k);
          expect(pieces.every((piece, i) => same(piece, theirs[i]!))).toBe(true);
          const holed = pieces.map((piece, i) =>
            lost.includes(i) ? new Uint8Array(piece.length) : piece,
          );
          const again = reconstruct(holed, n - k, Uint32Array.from(lost));
          expect(pieces.slice(0, k).every((piece, i) => same(piece, again[i]!))).toBe(true);
        },
      ),
      { numRuns: cases(40) },
    );
  });

  it('all pieces have the length that the shape says', () => {
    fc.assert(
      fc.property(
        fc.nat(5_000),
        fc.integer({ min: 1, max: 255 }),
        fc.integer({ min: 1, max: 700 }),
        (extra, k, stripe) => {
          const shape = shapeOf(k, 1 + extra, stripe);
          const data = encode(shape, new Uint8Array(1 + extra).fill(7), k);
          expect(data.length).toBe(k * pieceBytes(shape));
          expect(data.filter((byte) => byte === 7).length).toBe(1 + extra);
        },
      ),
    );
  });
});

describe('the shortcut', () => {
  it('computes what the factors say, for every code up to 40 of 60 and some large ones', () => {
    const codes = Array.from({ length: 40 }, (_, i) => i + 1)
      .flatMap((k) => [1, 2, 7, 20].map((parity) => [k, k + parity] as const))
      .concat([
        [10, 42],
        [10, 256],
        [127, 256],
        [128, 256],
        [129, 256],
        [255, 256],
      ]);
    for (const [k, n] of codes) {
      const { factors, shortcut } = encodingMap(k, n);
      // Linear maps that agree on every unit vector are equal.
      for (let unit = 0; unit < k; unit++) {
        const values = new Uint8Array(k + 2 * shortcut!.steps.length);
        values[unit] = 1;
        for (const { factor, a, b, sum, both } of shortcut!.steps) {
          values[sum] = values[a]! ^ mul(factor, values[b]!);
          if (both !== undefined) values[both] = values[sum]! ^ values[b]!;
        }
        const expected = factors.filter((_, i) => i % k === unit);
        expect(
          same(
            Uint8Array.from(shortcut!.outputs, (value) => values[value]!),
            expected,
          ),
        ).toBe(true);
      }
    }
  });

  it('needs 71 multiplications for 10 of 42, where the matrix needs 320', () => {
    const { steps } = encodingMap(10, 42).shortcut!;
    expect(steps.filter((step) => step.factor > 1).length).toBe(71);
  });
});

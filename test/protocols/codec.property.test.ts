/**
 * Codecs, for any description and any bytes: what is written is read back; what is read is written
 * back byte by byte; `check` knows beforehand what will come back; nothing but `Malformed` is thrown;
 * and another MessagePack reads the same values.
 */
import { decode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { same } from '#lib/bytes.ts';
import {
  bytes,
  count,
  flag,
  list,
  Malformed,
  name,
  oneOf,
  optional,
  record,
  text,
  toBytes,
  u64,
  whole,
  Writer,
  type Codec,
} from '#protocols/codec.ts';
import { cases } from '#test/cases.ts';

/** A description, values that fit it, and what another MessagePack makes of such a value. */
interface Subject {
  readonly codec: Codec<unknown>;
  readonly values: fc.Arbitrary<unknown>;
  readonly foreign: (value: unknown) => unknown;
}

const itself = (value: unknown): unknown => value;
const subject = <T>(
  codec: Codec<T>,
  values: fc.Arbitrary<T>,
  foreign: (value: never) => unknown = itself,
): Subject => ({ codec, values, foreign: foreign as Subject['foreign'] });

/** Lengths around those at which a head grows. */
const lengths = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: 40 }) },
  fc.constantFrom(31, 32, 255, 256, 300),
);
const edges = [
  0,
  127,
  128,
  255,
  256,
  65_535,
  65_536,
  2 ** 32 - 1,
  2 ** 32,
  Number.MAX_SAFE_INTEGER,
];
const integers = fc.oneof(fc.constantFrom(...edges), fc.maxSafeNat());
const bigs = fc.oneof(
  fc.constantFrom(...edges.map(BigInt), 2n ** 53n, 2n ** 64n - 1n),
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
);
const TEXT_BYTES = 1_400;
const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 350 }),
  lengths.map((length) => 'x'.repeat(length)),
);
/** @msgpack/msgpack gives a number where a number can hold it, by the width on the wire. */
const asForeignBig = (value: bigint): bigint | number =>
  value < 2n ** 32n ? Number(value) : value;

/** With `useBigInt64`, as the oracle runs, what takes eight bytes is a bigint. */
const big = (value: number): number | bigint => (value < 2 ** 32 ? value : BigInt(value));

const leaves: readonly fc.Arbitrary<Subject>[] = [
  integers.map((max) => subject(count(max), fc.oneof(fc.constant(max), fc.nat({ max })), big)),
  fc.constant(subject(u64, bigs, asForeignBig)),
  fc.constant(subject(flag, fc.boolean())),
  lengths.map((max) => subject(bytes(0, max), fc.uint8Array({ maxLength: max }))),
  lengths.map((length) =>
    subject(bytes(length), fc.uint8Array({ minLength: length, maxLength: length })),
  ),
  fc.constant(subject(text(TEXT_BYTES), texts)),
  fc.constant(
    subject(
      name(TEXT_BYTES, () => true, 8),
      texts,
    ),
  ),
  fc
    .uniqueArray(fc.string({ unit: 'grapheme', maxLength: 5 }), { minLength: 1, maxLength: 5 })
    .map((words) => subject(oneOf(...words), fc.constantFrom(...words))),
];

const FIELDS = ['first', 'second', 'third', 'id', 'constructor', 'toString', 'valueOf'];

const listOf = (of: fc.Arbitrary<Subject>): fc.Arbitrary<Subject> =>
  fc
    .tuple(of, fc.integer({ min: 0, max: 20 }))
    .map(([item, max]) =>
      subject(
        list(item.codec, max),
        fc.array(item.values, { maxLength: max }),
        (values: readonly unknown[]) => values.map(item.foreign),
      ),
    );
const recordOf = (of: fc.Arbitrary<Subject>): fc.Arbitrary<Subject> =>
  fc.dictionary(fc.constantFrom(...FIELDS), of, { maxKeys: 5 }).map((fields) => {
    const names = Object.keys(fields);
    const codecs = Object.fromEntries(names.map((each) => [each, fields[each]!.codec]));
    const values = Object.fromEntries(names.map((each) => [each, fields[each]!.values]));
    return subject(
      record(codecs),
      fc.record(values, { noNullPrototype: true }),
      (value: Record<string, unknown>) => names.map((each) => fields[each]!.foreign(value[each])),
    );
  });
const optionalOf = (of: fc.Arbitrary<Subject>): fc.Arbitrary<Subject> =>
  of.map((item) =>
    subject(optional(item.codec), fc.option(item.values, { nil: undefined }), (value: unknown) =>
      value === undefined ? null : item.foreign(value),
    ),
  );

const { tree: subjects } = fc.letrec<{ tree: Subject }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    ...leaves,
    listOf(tie('tree')),
    recordOf(tie('tree')),
    optionalOf(tie('tree')),
  ),
}));

const fitting = subjects.chain((each) => each.values.map((value) => ({ ...each, value })));

/** Values that may or may not fit anything. */
const anything = fc.oneof(
  fc.anything({ withBigInt: true, withTypedArray: true, withSparseArray: true }),
  fc.constantFrom(
    -1,
    0.5,
    Number.NaN,
    Infinity,
    2 ** 53,
    -1n,
    2n ** 64n,
    '\ud800',
    'x'.repeat(2_000),
  ),
);

type Read = { readonly ok: true; readonly value: unknown } | { readonly ok: false };

function read(codec: Codec<unknown>, from: Uint8Array): Read {
  try {
    return { ok: true, value: whole(codec, from) };
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return { ok: false };
  }
}

/** A few bytes changed, taken out, put in, doubled or cut off. */
const mutations = fc.array(
  fc.record({
    at: fc.nat(),
    how: fc.nat({ max: 4 }),
    to: fc.oneof(
      fc.nat({ max: 255 }),
      fc.constantFrom(0xc1, 0xc7, 0xd4, 0xdf, 0xdd, 0xc6, 0xff, 0xcb),
    ),
  }),
  { minLength: 1, maxLength: 4 },
);
type Mutation = { readonly at: number; readonly how: number; readonly to: number };

function mutated(from: Uint8Array, changes: readonly Mutation[]): Uint8Array {
  const data = [...from];
  for (const { at, how, to } of changes) {
    const i = at % (data.length + 1);
    if (how === 0) data[i] = to;
    else if (how === 1) data.splice(i, 1);
    else if (how === 2) data.splice(i, 0, to);
    else if (how === 3) data.splice(i, 0, ...data.slice(i, i + to));
    else data.length = i;
  }
  return Uint8Array.from(data);
}

const isSound = (codec: Codec<unknown>, from: Uint8Array, mustBeOk = false): void => {
  const back = read(codec, from);
  expect(back.ok || !mustBeOk).toBe(true);
  if (!back.ok) return;
  expect(codec.check(back.value)).toBeUndefined();
  expect(same(toBytes(codec, back.value), from)).toBe(true);
};

describe('codecs, for any description', () => {
  it('read back what they write, which `check` finds right', () => {
    fc.assert(
      fc.property(fitting, ({ codec, value }) => {
        expect(codec.check(value)).toBeUndefined();
        expect(whole(codec, toBytes(codec, value))).toEqual(value);
      }),
      { numRuns: cases(1_000) },
    );
  });

  it('write what another MessagePack reads as the same', () => {
    fc.assert(
      fc.property(fitting, ({ codec, value, foreign }) => {
        expect(decode(toBytes(codec, value), { useBigInt64: true })).toEqual(foreign(value));
      }),
      { numRuns: cases(1_000) },
    );
  });

  it('write back the very bytes that they accept, however these came about', () => {
    fc.assert(
      fc.property(fitting, mutations, ({ codec, value }, changes) =>
        isSound(codec, mutated(toBytes(codec, value), changes)),
      ),
      { numRuns: cases(3_000) },
    );
    fc.assert(
      fc.property(subjects, fc.uint8Array({ maxLength: 40 }), ({ codec }, data) =>
        isSound(codec, data),
      ),
      { numRuns: cases(3_000) },
    );
  });

  it('refuse every beginning of what they accept, and whatever is longer', () => {
    fc.assert(
      fc.property(fitting, fc.nat(), fc.uint8Array({ minLength: 1 }), (each, at, more) => {
        const written = toBytes(each.codec, each.value);
        expect(read(each.codec, written.subarray(0, at % written.length)).ok).toBe(false);
        expect(read(each.codec, Uint8Array.of(...written, ...more)).ok).toBe(false);
      }),
    );
  });

  it('know by `check` what would not come back', () => {
    fc.assert(
      fc.property(subjects, anything, ({ codec }, value) => {
        if (codec.check(value) === undefined) {
          // Not `toEqual`: an actor may send -0, or an object of a class, and it arrives as plain data.
          return isSound(codec, toBytes(codec, value), true);
        }
        let written: Uint8Array;
        try {
          written = toBytes(codec, value);
        } catch {
          return; // Whoever writes what `check` refuses has a bug, and is told so.
        }
        const back = read(codec, written);
        expect(back.ok && Object.is(back.value, value)).toBe(false);
      }),
      { numRuns: cases(2_000) },
    );
  });
});

describe('a writer', () => {
  it('never changes what it gave away', () => {
    fc.assert(
      fc.property(
        fc.array(fitting, { maxLength: 12 }),
        fc.integer({ min: 1, max: 64 }),
        (all, chunk) => {
          const writer = new Writer(chunk);
          const taken = all.map(({ codec, value }) => {
            codec.write(writer, value);
            const { length } = writer;
            const written = writer.take();
            expect(written.length).toBe(length);
            return { written, copy: written.slice(), codec, value };
          });
          for (const { written, copy, codec, value } of taken) {
            expect(same(written, copy)).toBe(true);
            expect(same(written, toBytes(codec, value))).toBe(true);
          }
        },
      ),
    );
  });
});

/** Names read through a table of two places, against the plain codec: the same answers, whatever comes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Malformed, name, Reader, text, Writer, type Codec } from '#protocols/codec.ts';
import { Names, ownerOf } from '#protocols/names.ts';

const accepts = (value: string): boolean => !value.includes('x');

/** What a codec makes of these bytes: a value, or why not. */
function outcome(codec: Codec<string>, bytes: Uint8Array): string {
  try {
    return `value ${codec.read(new Reader(bytes))}`;
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return error.message;
  }
}

describe('names', () => {
  it('are read as the same texts are, whatever was read before', () => {
    const word = fc.oneof(
      fc.constantFrom('', 'a', 'b', 'ab', 'x', 'é', 'long'.repeat(9)),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 30 }), (words) => {
        const [known, plain] = [name(20, accepts, 2), text(20, accepts)];
        for (const each of words) {
          const writer = new Writer();
          writer.str(each.toWellFormed());
          const bytes = writer.take();
          expect(outcome(known, bytes)).toBe(outcome(plain, bytes));
        }
      }),
    );
  });

  it('are read as the same bytes are, well-formed or not', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 30 }), (inputs) => {
        const [known, plain] = [name(5, accepts, 2), text(5, accepts)];
        for (const bytes of inputs) {
          const asText = Uint8Array.of(0xa0 | bytes.length, ...bytes);
          for (const each of [bytes, asText]) {
            expect(outcome(known, each)).toBe(outcome(plain, each));
          }
        }
      }),
    );
  });

  it('are told apart by whose they are', () => {
    const names = new Names(20, accepts, 2);
    const writer = new Writer();
    writer.str('holder');
    const bytes = writer.take();
    const read = (of: string): string => new Reader(bytes).name(names, ownerOf(of));
    expect(['x.n1', 'x.n2', 'x.n1', 'x.n1'].map(read)).toEqual([
      'x.n1.holder',
      'x.n2.holder',
      'x.n1.holder',
      'x.n1.holder',
    ]);
  });

  it('of which as many are in use as have room do not put each other out', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 6 }), fc.string({ maxLength: 6 }), (one, other) => {
        let checked = 0;
        const codec = name(20, () => ++checked > 0, 2);
        for (const each of [one, other, one, other, other, one]) {
          const writer = new Writer();
          writer.str(each.toWellFormed());
          expect(codec.read(new Reader(writer.take()))).toBe(each.toWellFormed());
        }
        expect(checked).toBe(one.toWellFormed() === other.toWellFormed() ? 1 : 2);
      }),
    );
  });

  it('are one string, and do not share the bytes they were read from', () => {
    const codec = name(20, accepts, 2);
    const bytes = Uint8Array.of(0xa3, 0x61, 0x62, 0x63);
    expect(codec.read(new Reader(bytes))).toBe('abc');
    bytes[1] = 0x7a;
    expect(codec.read(new Reader(bytes))).toBe('zbc');
    expect(codec.read(new Reader(Uint8Array.of(0xa3, 0x61, 0x62, 0x63)))).toBe('abc');
  });
});

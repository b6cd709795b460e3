/** Bytes: round trips and order, for any input. */
import fc from 'fast-check';
import { describe, it } from 'vitest';
import { compare, concat, hex, same, text, unhex, utf8 } from '#lib/bytes.ts';

const bytes = () => fc.uint8Array({ maxLength: 64 });

describe('bytes, for any input', () => {
  it('hex and back', () => fc.assert(fc.property(bytes(), (b) => same(unhex(hex(b))!, b))));
  it('text and back', () =>
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (t) => text(utf8(t)) === t)));
  it('joins and cuts', () =>
    fc.assert(fc.property(bytes(), bytes(), (a, b) => same(concat(a, b).subarray(a.length), b))));
  it('orders totally', () =>
    fc.assert(
      fc.property(
        bytes(),
        bytes(),
        (a, b) => Math.sign(compare(a, b)) === -Math.sign(compare(b, a)),
      ),
    ));
});

/** Base32: the RFC's examples, and one text for each value. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base32, unbase32 } from '#lib/base32.ts';
import { same, utf8 } from '#lib/bytes.ts';

describe('base32', () => {
  // RFC 4648, section 10, without padding and in lower case.
  it.each([
    ['', ''],
    ['f', 'my'],
    ['fo', 'mzxq'],
    ['foo', 'mzxw6'],
    ['foob', 'mzxw6yq'],
    ['fooba', 'mzxw6ytb'],
    ['foobar', 'mzxw6ytboi'],
  ])('writes %j as %j', (plain, text) => {
    expect(base32(utf8(plain))).toBe(text);
    expect(unbase32(text)).toEqual(utf8(plain));
  });
  it('comes back, for any bytes', () =>
    fc.assert(fc.property(fc.uint8Array(), (bytes) => same(unbase32(base32(bytes))!, bytes))));
  it('reads only what it would write', () => {
    const texts = fc.oneof(
      fc.string(),
      fc.string({ unit: fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz234567'), maxLength: 20 }),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const bytes = unbase32(text);
        return bytes === undefined || base32(bytes) === text;
      }),
    );
  });
  it('refuses other alphabets, padding, whole unused characters and unused bits', () => {
    for (const bad of ['MY', 'my======', 'm1', 'a', 'mza', 'mz', 'mzxw6yb', ' my']) {
      expect(unbase32(bad)).toBeUndefined();
    }
  });
});

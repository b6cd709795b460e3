/** Bytes: the edges by hand; the round trips are properties in bytes.property.test.ts. */
import { describe, expect, it } from 'vitest';
import { compare, concat, hex, same, sameSecret, text, unhex } from '#lib/bytes.ts';

describe('bytes', () => {
  it('orders by the first difference, then by length', () => {
    expect(compare(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBeLessThan(0);
    expect(compare(Uint8Array.of(1), Uint8Array.of(1, 0))).toBeLessThan(0);
    expect(compare(Uint8Array.of(2), Uint8Array.of(1, 9))).toBeGreaterThan(0);
  });
  it('joins nothing into nothing', () => expect(concat()).toEqual(new Uint8Array(0)));
  it('refuses text that is not hexadecimal', () => {
    for (const bad of ['0', '0g', ' 00', '0x00']) expect(unhex(bad)).toBeUndefined();
    expect(hex(unhex('00FFa0')!)).toBe('00ffa0');
    expect(hex(new Uint8Array(10_001).fill(0xa5))).toBe('a5'.repeat(10_001));
  });
  it('refuses bytes that are not UTF-8', () => {
    expect(() => text(Uint8Array.of(0xc3, 0x28))).toThrow(TypeError);
  });
  it('tells equal from different, whichever comparison is used', () => {
    for (const equal of [same, sameSecret]) {
      expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
      expect(equal(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
      expect(equal(Uint8Array.of(1), Uint8Array.of(1, 0))).toBe(false);
    }
  });
});

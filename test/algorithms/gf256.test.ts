/** GF(2^8) against a reference that is too slow to be wrong: shift and add, one bit at a time. */
import { describe, expect, it } from 'vitest';
import { exp, inv, log, mul } from '#algorithms/gf256.ts';

function mulSlowly(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product <<= 1;
    if (product & 0x100) product ^= 0x11d;
    if (b & (1 << bit)) product ^= a;
  }
  return product;
}

describe('gf256', () => {
  it('multiplies as the reference does, for every pair', () => {
    const wrong = [];
    for (let a = 0; a < 256; a++) {
      for (let b = 0; b < 256; b++) if (mul(a, b) !== mulSlowly(a, b)) wrong.push([a, b]);
    }
    expect(wrong).toEqual([]);
  });
  it('inverts every element but zero', () => {
    for (let a = 1; a < 256; a++) expect(mul(a, inv(a))).toBe(1);
    expect(() => inv(0)).toThrow('zero has no inverse');
  });
  it('turns products into sums of logarithms, up to four', () => {
    for (let a = 1; a < 256; a++) expect(exp(log(a))).toBe(a);
    expect(exp(log(3) + log(5) + log(7) + log(255))).toBe(mul(mul(3, 5), mul(7, 255)));
    expect(() => log(0)).toThrow('no logarithm');
    for (const bad of [-1, 1_020]) expect(() => exp(bad)).toThrow('four logarithms');
  });
});

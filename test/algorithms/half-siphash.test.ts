/** HalfSipHash: the published answers, and that the key matters. */
import { describe, expect, it } from 'vitest';
import { halfSipHash } from '#algorithms/half-siphash.ts';
import { hex } from '#lib/bytes.ts';

const hashed = (key: readonly [number, number], bytes: Uint8Array): string => {
  const out = new Uint32Array(2);
  halfSipHash(key, bytes, bytes.length, out);
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, out[0]!, true);
  view.setUint32(4, out[1]!, true);
  return hex(new Uint8Array(view.buffer));
};

/** From the authors' reference implementation: key 0001..07, input 00, 01, ... of each length. */
const KEY = [0x03020100, 0x07060504] as const;
const PUBLISHED = [
  '218d1f59b9b83cc8',
  'be552412f8387315',
  '064f39ef7c50eb57',
  'ce0f1a45f7060679',
  'd5e78a175be52ea1',
  'cb9d7c3f2f3db580',
  'ce3e91358aa2bc25',
  'ff202728b07bc684',
  'edfee820bce4858c',
  '5b51cccc13888307',
  '95b0469f06a6f2ee',
  'ae26333994ddcd48',
];

describe('HalfSipHash', () => {
  it('gives the published answers', () => {
    const inputs = PUBLISHED.map((_, length) => Uint8Array.from({ length }, (_, i) => i));
    expect(inputs.map((input) => hashed(KEY, input))).toEqual(PUBLISHED);
  });
  it.each([
    [15, '217d0bcb4e81c902'],
    [16, '7336aad25f7bf3b5'],
    [32, '28709d46d811626c'],
    [63, '2ea63c71bf326087'],
  ])('gives the published answer for %d bytes', (length, known) => {
    expect(
      hashed(
        KEY,
        Uint8Array.from({ length }, (_, i) => i),
      ),
    ).toBe(known);
  });
  it('depends on each half of the key', () => {
    const text = Uint8Array.of(1, 2, 3, 4, 5);
    const answers = [hashed([0, 0], text), hashed([1, 0], text), hashed([0, 1], text)];
    expect(new Set(answers).size).toBe(3);
  });
  it('hashes what it is told to, not what lies behind', () => {
    const out = new Uint32Array(2);
    halfSipHash(KEY, Uint8Array.of(0, 1, 2, 99, 98), 3, out);
    const behind = out.join();
    halfSipHash(KEY, Uint8Array.of(0, 1, 2), 3, out);
    expect(out.join()).toBe(behind);
  });
});

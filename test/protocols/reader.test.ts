/** What a reader hands out is the caller's own, whatever it was read from. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytes, Reader, toBytes, Writer } from '#protocols/codec.ts';

describe('a reader', () => {
  it('copies bytes, also out of a socket buffer of Node, whose slices are views', () => {
    for (const length of [1, 64, 65, 256, 1_024, 1_025, 5_000]) {
      const written = toBytes(bytes(0, 10_000), new Uint8Array(length).fill(7));
      const chunk = Buffer.concat([written]);
      const codec = bytes(0, 10_000);
      const [first, second] = [codec.read(new Reader(chunk)), codec.read(new Reader(chunk))];
      chunk.fill(0);
      first.fill(1);
      expect(second).toEqual(new Uint8Array(length).fill(7));
      expect(second.constructor).toBe(Uint8Array);
      expect(second.buffer).not.toBe(chunk.buffer);
    }
  });

  it('gives copies that never overlap', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 60, max: 1_100 }), { maxLength: 60 }), (lengths) => {
        const codec = bytes(0, 2_000);
        const copies = lengths.map((length, i) =>
          codec.read(new Reader(toBytes(codec, new Uint8Array(length).fill(i)))),
        );
        for (const [i, copy] of copies.entries()) {
          expect(copy.every((byte) => byte === i)).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('a writer', () => {
  it('writes the tail of a name as it writes the text', () => {
    for (const name of ['', 'a', 'holder_3', 'x'.repeat(31), 'x'.repeat(32), 'x'.repeat(63)]) {
      const [tail, text] = [new Writer(), new Writer()];
      tail.tail(`node.${name}`, 5);
      text.str(name);
      expect(tail.take()).toEqual(text.take());
    }
  });
});

/** The erasure code on each backend: published answers, refusals, and the other implementation. */
import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { encode as oracle } from 'wasm-reed-solomon-erasure';
import { backendsOf, choose } from '#algorithms/backend.ts';
import {
  decode,
  encode,
  encodingMap,
  isShape,
  pieceBytes,
  piecesOf,
  regenerate,
  shapeOf,
  type Piece,
} from '#algorithms/erasure/code.ts';
import { lagrange } from '#algorithms/erasure/lagrange.ts';
import { hex, same } from '#lib/bytes.ts';

const bytesOf = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (i * 167 + (i >> 8) * 13) & 0xff);
const numbered = (pieces: readonly Uint8Array[]): Piece[] =>
  pieces.map((bytes, index) => ({ index, bytes }));
const made = (payload: Uint8Array, k: number, n: number): Piece[] => {
  const shape = shapeOf(k, payload.length);
  return numbered(piecesOf(shape, encode(shape, payload, n)));
};

describe('the code', () => {
  it('has the matrix of the Rust crate, all 256 rows of it', () => {
    const identity = Uint8Array.from({ length: 100 }, (_, i) => (i % 11 === 0 ? 1 : 0));
    const matrix = createHash('sha256').update(identity).update(encodingMap(10, 256).factors);
    expect(matrix.digest('hex')).toBe(
      'd34d50b30f229de6f42ba53e41e5f951d76397a52f2bc9b4f6dfee34567212bf',
    );
  });
});

describe('lagrange', () => {
  it('gives a known value itself, and the other points their factors', () => {
    expect([...lagrange([3, 7], [7, 3])]).toEqual([0, 1, 1, 0]);
    // A polynomial of degree 0 is the same everywhere.
    expect([...lagrange([5], [200])]).toEqual([1]);
  });
  it('insists on distinct points', () => {
    expect(() => lagrange([1, 2, 1], [9])).toThrow('distinct');
  });
});

describe.each(backendsOf('erasure'))('on %s, the code', (backend) => {
  beforeAll(() => choose('erasure', backend));
  afterAll(() => choose('erasure', 'auto'));

  it('gives the pieces of Backblaze, 5 + 5', () => {
    const payload = Uint8Array.of(0, 1, 4, 5, 2, 3, 6, 7, 8, 9);
    expect(made(payload, 5, 10).map((piece) => hex(piece.bytes))).toEqual([
      '0001',
      '0405',
      '0203',
      '0607',
      '0809',
      '0c0d',
      '0a0b',
      '0e0f',
      '5a5b',
      '5e5f',
    ]);
  });

  it('gives the pieces of the Rust crate, 10 of 44', () => {
    const payload = Uint8Array.from({ length: 10 }, (_, i) => i + 1);
    const pieces = made(payload, 10, 44).map((piece) => hex(piece.bytes));
    expect(pieces.slice(10).join('')).toBe(
      '45f212762af2f4e4b883ecf996a0e954062076a9db974200650ee077d96f791daa57',
    );
  });

  it.each([1, 9, 10, 11, 150, 310, 319, 320, 321, 1_024, 5_119, 5_120, 5_121, 16_384, 65_536])(
    'gives the pieces of the Rust crate for %d bytes',
    (length) => {
      const payload = bytesOf(length);
      const pieces = made(payload, 10, 42).map((piece) => piece.bytes);
      const theirs = oracle(pieces.slice(0, 10), 32);
      expect(pieces.every((piece, i) => same(piece, theirs[i]!))).toBe(true);
    },
  );

  it.each([1, 9, 10, 1_639, 65_536, 65_537, 131_072, 200_001, 1_048_576])(
    'brings %d bytes back from the last ten pieces',
    (length) => {
      const payload = bytesOf(length);
      const pieces = made(payload, 10, 42);
      const back = decode(shapeOf(10, length), pieces.slice(32));
      expect(back.ok && same(back.value, payload)).toBe(true);
    },
  );

  it('misses any one piece, and makes it again', () => {
    const payload = bytesOf(1_000);
    const shape = shapeOf(10, payload.length);
    const pieces = made(payload, 10, 42);
    for (const lost of pieces) {
      const others = pieces.filter((piece) => piece !== lost);
      const back = decode(shape, others);
      expect(back.ok && same(back.value, payload)).toBe(true);
      const again = regenerate(shape, others, [lost.index]);
      expect(again.ok && same(again.value, lost.bytes)).toBe(true);
    }
  });

  it('makes later pieces without touching the first', () => {
    const payload = bytesOf(70_000);
    const shape = shapeOf(10, payload.length);
    const all = piecesOf(shape, encode(shape, payload, 256));
    const few = piecesOf(shape, encode(shape, payload, 42));
    expect(few.every((piece, i) => same(piece, all[i]!))).toBe(true);
    const later = regenerate(shape, numbered(few).slice(30, 40), [42, 255, 42, 31]);
    expect(later.ok && piecesOf(shape, later.value)).toEqual([all[42], all[255], all[42], all[31]]);
  });

  it('works where a code is a copy, or a single parity', () => {
    const payload = bytesOf(100);
    expect(made(payload, 1, 3).every((piece) => same(piece.bytes, payload))).toBe(true);
    const pieces = made(payload, 2, 3);
    const back = decode(shapeOf(2, payload.length), [pieces[2]!, pieces[1]!]);
    expect(back.ok && same(back.value, payload)).toBe(true);
  });

  it.each([65_536, 100])(
    'overwrites a block it is given, padding too, in stripes of %d',
    (stripe) => {
      const payload = bytesOf(1_001);
      const shape = shapeOf(10, payload.length, stripe);
      const block = new Uint8Array(42 * pieceBytes(shape)).fill(0xee);
      expect(encode(shape, payload, 42, block)).toBe(block);
      expect(same(block, encode(shape, payload, 42))).toBe(true);
    },
  );

  it('refuses what cannot be pieces of one payload', () => {
    const shape = shapeOf(10, 1_000);
    const pieces = made(bytesOf(1_000), 10, 42).slice(5, 15);
    const [first, ...rest] = pieces as [Piece, ...Piece[]];
    const why = (given: readonly Piece[]) => {
      const back = decode(shape, given);
      return back.ok ? 'decoded' : back.error;
    };
    expect(why(pieces)).toBe('decoded');
    expect(why(rest)).toBe('too-few');
    expect(why([])).toBe('too-few');
    expect(why([...pieces, first])).toBe('duplicate-index');
    for (const index of [-1, 256, 1.5, Number.NaN]) {
      expect(why([...rest, { ...first, index }])).toBe('index-out-of-range');
    }
    for (const length of [0, 99, 101]) {
      expect(why([...rest, { ...first, bytes: new Uint8Array(length) }])).toBe('wrong-length');
    }
  });

  it('insists on shapes that exist', () => {
    for (const [k, bytes, stripe] of [
      [0, 1, 1],
      [256, 1, 1],
      [10, 0, 1],
      [10, 1.5, 1],
      [10, 1, 0],
    ]) {
      expect(() => shapeOf(k!, bytes!, stripe!)).toThrow('k is 1 to 255');
      expect(isShape({ k: k!, payloadBytes: bytes!, stripeBytes: stripe! })).toBe(false);
    }
    const shape = shapeOf(10, 20);
    expect(() => encode(shape, bytesOf(19), 42)).toThrow('as long as its shape');
    for (const n of [9, 257, 10.5]) expect(() => encode(shape, bytesOf(20), n)).toThrow('n <= 256');
    expect(encode(shape, bytesOf(20), 10)).toEqual(bytesOf(20));
  });

  it('works in a worker', async () => {
    const worker = new Worker(new URL('encode.worker.ts', import.meta.url), {
      workerData: backend,
    });
    const block = await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    const payload = bytesOf(16_384);
    expect(block).toEqual(encode(shapeOf(10, payload.length), payload, 42));
  });
});

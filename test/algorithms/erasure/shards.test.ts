/** Pieces under a head: each is checked alone, and a decoded payload against all of them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { piecesOf, shapeOf, type Piece } from '#algorithms/erasure/code.ts';
import { isPieceAt, isPieceOf, pieceHash, restore, shard } from '#algorithms/erasure/shards.ts';
import { pathOf } from '#algorithms/merkle/tree.ts';
import { concat, hex, same } from '#lib/bytes.ts';

const payload = Uint8Array.from({ length: 16_384 }, (_, i) => (i * 167 + (i >> 8) * 13) & 0xff);
const shape = shapeOf(10, payload.length);
const { block, tree } = shard(shape, payload, 42);
const hashes = tree.levels[0]!;
const pieces: Piece[] = piecesOf(shape, block).map((bytes, index) => ({ index, bytes }));

describe('shards', () => {
  it('hash pieces in their own domain (computed with noble)', () => {
    expect(hex(pieceHash(pieces[0]!.bytes))).toBe(
      'b9749f6e199433f05934f0f31d838cf7cbef3a475e8519aadf1a3261179bac33',
    );
  });
  it('are checked alone', () => {
    for (const piece of pieces) {
      const path = pathOf(tree, piece.index);
      expect(isPieceOf(tree, piece, path)).toBe(true);
      expect(isPieceOf(tree, { ...piece, index: (piece.index + 1) % 42 }, path)).toBe(false);
      const damaged = piece.bytes.map((byte, i) => (i === 1_638 ? byte ^ 1 : byte));
      expect(isPieceOf(tree, { ...piece, bytes: damaged }, path)).toBe(false);
    }
  });
  it('are checked by the hash that stands in their place, and in no other', () => {
    for (const piece of pieces) {
      expect(isPieceAt(hashes, piece)).toBe(true);
      expect(isPieceAt(hashes, { ...piece, index: (piece.index + 1) % 42 })).toBe(false);
      const damaged = piece.bytes.map((byte, i) => (i === 1_638 ? byte ^ 1 : byte));
      expect(isPieceAt(hashes, { ...piece, bytes: damaged })).toBe(false);
    }
    for (const index of [-1, 42, 1.5, Number.NaN])
      expect(isPieceAt(hashes, { index, bytes: pieces[0]!.bytes })).toBe(false);
  });
  it('bring back what the head commits to, from any ten', () =>
    fc.assert(
      fc.property(fc.shuffledSubarray(pieces, { minLength: 10 }), (some) => {
        const back = restore(shape, hashes, some);
        return back.ok && same(back.value, payload);
      }),
      { numRuns: 30 },
    ));
  it('say when there are too few, or a piece is damaged', () => {
    expect(restore(shape, hashes, pieces.slice(0, 9))).toEqual({ ok: false, error: 'too-few' });
    const [first, ...rest] = pieces as [Piece, ...Piece[]];
    const damaged = { ...first, bytes: first.bytes.map((byte) => byte ^ 1) };
    expect(restore(shape, hashes, [damaged, ...rest.slice(0, 9)])).toEqual({
      ok: false,
      error: 'not-coded',
    });
  });
  it('expose a maker whose pieces lie on no polynomial, whichever ten are read', () => {
    const other = piecesOf(shape, shard(shape, payload.toReversed(), 42).block);
    const mixed = pieces.map((piece) => (piece.index < 21 ? piece.bytes : other[piece.index]!));
    const lie = concat(...mixed.map(pieceHash));
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...mixed.keys()], { minLength: 10, maxLength: 10 }),
        (some) => {
          const held = some.map((index) => ({ index, bytes: mixed[index]! }));
          return !restore(shape, lie, held).ok;
        },
      ),
      { numRuns: 30 },
    );
  });
  it('refuse hashes of so many pieces as no code has, and stand', () => {
    for (const length of [0, 9 * 32, 10 * 32 + 1, 257 * 32, 300 * 32])
      expect(restore(shape, new Uint8Array(length), pieces)).toEqual({
        ok: false,
        error: 'not-coded',
      });
  });
  it('refuse zeros at the end that are none', () => {
    // 16 384 bytes in ten rows of 1 639 leave six bytes of padding.
    const long = concat(payload, Uint8Array.of(0, 0, 0, 0, 0, 7));
    const cheating = shard(shapeOf(10, long.length), long, 42);
    const held = piecesOf(shape, cheating.block).map((bytes, index) => ({ index, bytes }));
    expect(restore(shape, cheating.tree.levels[0]!, held)).toEqual({
      ok: false,
      error: 'not-coded',
    });
  });
});

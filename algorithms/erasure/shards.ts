/**
 * Pieces that can be checked: coded, hashed, and under one Merkle head.
 *
 * The erasure code does not notice a damaged piece, and not that a payload was never coded properly:
 * from a set of pieces that lie on no polynomial, different readers decode different payloads. So
 * each piece is checked before it is used, and what was decoded is coded again: only if that gives the same
 * hashes is it *the* payload. A manifest for which it does not is a lie of its maker, and the pieces prove it.
 *
 * Who has the manifest has the hashes of all pieces, and compares; who has only the head of the tree over them (a holder, of
 * its own piece) goes by a path.
 */
import { fail, ok, type Result } from '#lib/result.ts';
import { same } from '#lib/bytes.ts';
import { domain, hash, hashRows } from '../hash/hash.ts';
import {
  isIncluded,
  isIndexIn,
  nodeAt,
  treeOf,
  widthOf,
  type Head,
  type Tree,
} from '../merkle/tree.ts';
import {
  decode,
  encode,
  pieceBytes,
  PIECES_MAX,
  type Piece,
  type PiecesRefused,
  type Shape,
} from './code.ts';

export interface Shards {
  /** All pieces, one after another. */
  readonly block: Uint8Array;
  /** Its leaves are the pieces' hashes, its head is what the manifest commits to. */
  readonly tree: Tree;
}

const PIECE = domain('piece');

/** The payload's first n pieces under their head; in `block` where one is given. */
export function shard(shape: Shape, payload: Uint8Array, n: number, block?: Uint8Array): Shards {
  const coded = encode(shape, payload, n, block);
  return { block: coded, tree: treeOf(hashesOf(shape, coded)) };
}

/** Of all pieces of a block, one after another. */
const hashesOf = (shape: Shape, block: Uint8Array): Uint8Array =>
  hashRows(PIECE, block, pieceBytes(shape));

export const pieceHash = (bytes: Uint8Array): Uint8Array => hash(PIECE, bytes);

/** Is this the piece whose hash stands at its index? */
export const isPieceAt = (hashes: Uint8Array, { index, bytes }: Piece): boolean =>
  isIndexIn(index, widthOf(hashes)) && same(pieceHash(bytes), nodeAt(hashes, index));

/** Is this the piece that the head commits to at its index? */
export const isPieceOf = (head: Head, piece: Piece, path: Uint8Array): boolean =>
  isIncluded(head, piece.index, pieceHash(piece.bytes), path);

/**
 * The payload of whose pieces these are the hashes, and all of its pieces; `shape` is one that exists (`isShape`).
 * `not-coded` when pieces that were all checked are those of no payload, or the hashes are those of no code: their
 * maker lied.
 */
export function restoreAll(
  shape: Shape,
  hashes: Uint8Array,
  pieces: readonly Piece[],
): Result<
  { readonly payload: Uint8Array; readonly block: Uint8Array },
  PiecesRefused | 'not-coded'
> {
  const count = widthOf(hashes);
  if (!Number.isInteger(count) || count < shape.k || count > PIECES_MAX) return fail('not-coded');
  const payload = decode(shape, pieces);
  if (!payload.ok) return payload;
  const block = encode(shape, payload.value, count);
  const isIts = same(hashesOf(shape, block), hashes);
  return isIts ? ok({ payload: payload.value, block }) : fail('not-coded');
}

/** The payload alone. */
export function restore(
  shape: Shape,
  hashes: Uint8Array,
  pieces: readonly Piece[],
): Result<Uint8Array, PiecesRefused | 'not-coded'> {
  const restored = restoreAll(shape, hashes, pieces);
  return restored.ok ? ok(restored.value.payload) : restored;
}

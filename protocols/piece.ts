/**
 * A piece on its way to whoever reads, audits or repairs: with the path that shows it to be one of its manifest.
 *
 *   manifest --> root over the hashes of all rows <--(path)-- piece
 *
 * Whoever has the manifest needs no word of the holder's: a piece fits or it does not. Pieces that all fit and
 * are still those of no payload (algorithms/erasure/shards.ts, `not-coded`) prove that the manifest was a lie.
 */
import { isPieceOf } from '#algorithms/erasure/shards.ts';
import { PIECES_MAX } from '#algorithms/erasure/code.ts';
import { bytes, list, record, type Infer } from './codec.ts';
import { row, rowPath } from './holding.ts';
import { pieceTreeOf, rowsOf, type Manifest } from './manifest.ts';
import { BODY_BYTES_MAX } from './transaction.ts';

export const ShownPiece = record({ row, path: rowPath, piece: bytes(1, BODY_BYTES_MAX) });
export type ShownPiece = Infer<typeof ShownPiece>;

/** Whether this is the piece that the manifest has in its row. Cheap: a few hashes. */
export const isOfManifest = (manifest: Manifest, { row: at, path, piece }: ShownPiece): boolean =>
  at < rowsOf(manifest) && isPieceOf(pieceTreeOf(manifest), { index: at, bytes: piece }, path);

/** Pieces of a manifest that are those of no payload: as many as it takes to restore one. */
export const BadManifest = record({ pieces: list(ShownPiece, PIECES_MAX) });
export type BadManifest = Infer<typeof BadManifest>;

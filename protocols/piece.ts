/**
 * A piece on its way to whoever reads, audits or repairs.
 *
 *   manifest --> the hash of its row == the hash of the piece
 *
 * Whoever has the manifest needs no word of the holder's, and no path: a piece fits or it does not. Pieces that all fit and
 * are still those of no payload (algorithms/erasure/shards.ts, `not-coded`) prove that the manifest was a lie.
 */
import { isPieceAt } from '#algorithms/erasure/shards.ts';
import { PIECES_MAX } from '#algorithms/erasure/code.ts';
import { bytes, list, record, type Infer } from './codec.ts';
import { row } from './holding.ts';
import type { Manifest } from './manifest.ts';
import { BODY_BYTES_MAX } from './transaction.ts';

export const ShownPiece = record({ row, piece: bytes(1, BODY_BYTES_MAX) });
export type ShownPiece = Infer<typeof ShownPiece>;

/** Whether this is the piece that the manifest has in its row. Cheap: one hash. */
export const isOfManifest = (
  { pieceHashes }: Pick<Manifest, 'pieceHashes'>,
  { row: index, piece: bytes }: ShownPiece,
): boolean => isPieceAt(pieceHashes, { index, bytes });

/** Pieces of a manifest that are those of no payload: as many as it takes to restore one. */
export const BadManifest = record({ pieces: list(ShownPiece, PIECES_MAX) });
export type BadManifest = Infer<typeof BadManifest>;

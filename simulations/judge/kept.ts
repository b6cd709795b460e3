/**
 * Whether a transaction is kept: its manifest on one side, the disks of its holders on the other.
 *
 *   rows that are intact   a piece whose bytes have the hash of the manifest, on a node that may hold the row
 *   restored               the body, from the rows that were found, by the code alone; each holder's disk is
 *                          used for what it has, nobody is asked
 *   acks                   whoever signed an ack in the certificate has the piece
 */
import type { Piece } from '#algorithms/erasure/code.ts';
import { pieceHash, restore } from '#algorithms/erasure/shards.ts';
import { HASH_BYTES } from '#algorithms/hash/hash.ts';
import { nameText } from '#algorithms/identity.ts';
import { hex, same } from '#lib/bytes.ts';
import type { HeldPiece } from '#protocols/hold/held-piece.ts';
import { Batch } from '#protocols/holding.ts';
import { acksKey, type Certified } from '#protocols/ledger/records.ts';
import {
  isLightRow,
  mayHold,
  pieceTreeOf,
  shapeOfManifest,
  type Manifest,
} from '#protocols/manifest.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { read, type Rows } from './chain.ts';
import type { NodePieces } from './pieces.ts';

export type Disks = ReadonlyMap<NodeAddress, NodePieces>;

export interface Keeping {
  /** Rows that are intact on some disk. */
  readonly rows: number;
  readonly k: number;
  /** Different nodes that have them. */
  readonly holders: number;
  readonly body: Uint8Array | undefined;
}

export function keepingOf(manifest: Manifest, disks: Disks): Keeping {
  const found = new Map<number, Piece>();
  const holders = new Set<NodeAddress>();
  for (const [node, { held }] of disks) {
    for (const piece of heldBy(manifest, held)) {
      if (!isIntact(manifest, piece) || !mayHold(manifest, piece.row, node)) continue;
      found.set(piece.row, { index: piece.row, bytes: piece.piece });
      holders.add(node);
    }
  }
  const { k } = manifest.terms;
  const body = found.size < k ? undefined : restored(manifest, [...found.values()]);
  return { rows: found.size, k, holders: holders.size, body };
}

/** From the rows that are furthest from the payload itself: those that only the code brings back. */
function restored(manifest: Manifest, pieces: readonly Piece[]): Uint8Array | undefined {
  const { k } = manifest.terms;
  const chosen = pieces.toSorted((a, b) => b.index - a.index).slice(0, k);
  const body = restore(shapeOfManifest(manifest), pieceTreeOf(manifest), chosen);
  return body.ok ? body.value : undefined;
}

/** Acks of a certificate whose signer's disk does not have the piece, as text. */
export function hollowAcks(
  { manifest, cert }: Certified,
  rows: Rows,
  disks: Disks,
): readonly string[] {
  return cert.acks.flatMap(({ row, batch }) => {
    const signer = read(Batch, rows.get(acksKey(hex(batch))))?.head.signer;
    const pieces = signer && disks.get(signer);
    const has = pieces && heldBy(manifest, pieces.held).some((each) => isHeld(manifest, row, each));
    return has === true ? [] : [`row ${row} by ${signer ?? 'nobody known'}`];
  });
}

const isHeld = (manifest: Manifest, row: number, piece: HeldPiece): boolean =>
  piece.row === row && isIntact(manifest, piece);

function isIntact({ pieceHashes }: Manifest, { row, piece }: HeldPiece): boolean {
  const at = row * HASH_BYTES;
  return same(pieceHash(piece), pieceHashes.subarray(at, at + HASH_BYTES));
}

function heldBy(manifest: Manifest, held: NodePieces['held']): HeldPiece[] {
  const name = nameText(manifest.txId);
  const keys = [name];
  for (let row = 0; row < manifest.placement.holders.length; row++)
    if (!isLightRow(manifest, row)) keys.push(`${name}.${row}`);
  return keys.flatMap((key) => held.get(key) ?? []);
}

/**
 * Whether a transaction is kept: its manifest on one side, the disks of its holders on the other.
 *
 *   rows that are intact   a piece whose bytes have the hash of the manifest, on a node that may hold the row: by
 *                          the manifest, or because a repair has placed it there
 *   restored               the body, from the rows that were found, by the code alone; each holder's disk is
 *                          used for what it has, nobody is asked
 *   acks                   whoever signed an ack in the certificate has the piece, unless a repair has relieved it:
 *                          then its successor has it
 */
import type { Piece } from '#algorithms/erasure/code.ts';
import { pieceHash, restore } from '#algorithms/erasure/shards.ts';
import { HASH_BYTES } from '#algorithms/hash/hash.ts';
import { nameText } from '#algorithms/identity.ts';
import { hex, same } from '#lib/bytes.ts';
import { oncePer } from '#lib/once.ts';
import { placesOf, SOUND, type Fate } from '#protocols/fate.ts';
import type { HeldPiece } from '#protocols/hold/held-piece.ts';
import { Batch } from '#protocols/holding.ts';
import { acksKey, type Certified } from '#protocols/ledger/records.ts';
import { mayHold, shapeOfManifest, type Manifest } from '#protocols/manifest.ts';
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

export function keepingOf(manifest: Manifest, disks: Disks, fate: Fate = SOUND): Keeping {
  const found = rowsOn(manifest, disks, fate);
  const holders = new Set([...found.values()].flatMap(({ nodes }) => nodes));
  const { k } = manifest.terms;
  const pieces = Array.from(found, ([index, { bytes }]) => ({ index, bytes }));
  const body = found.size < k ? undefined : restored(manifest, pieces);
  return { rows: found.size, k, holders: holders.size, body };
}

/** A row that is intact, and everybody who has it and may. */
export interface RowFound {
  readonly bytes: Uint8Array;
  readonly nodes: NodeAddress[];
}

export function rowsOn(
  manifest: Manifest,
  disks: Disks,
  fate: Pick<Fate, 'places'> = SOUND,
): Map<number, RowFound> {
  const now = placesOf(manifest, fate);
  const found = new Map<number, RowFound>();
  for (const [node, { held }] of disks) {
    for (const piece of heldBy(manifest, held)) {
      const isIts = mayHold(manifest, piece.row, node) || now[piece.row]?.holder === node;
      if (!isIts || !isIntact(manifest, piece)) continue;
      const row = found.get(piece.row) ?? { bytes: piece.piece, nodes: [] };
      row.nodes.push(node);
      found.set(piece.row, row);
    }
  }
  return found;
}

/** From the rows that are furthest from the payload itself: those that only the code brings back. */
function restored(manifest: Manifest, pieces: readonly Piece[]): Uint8Array | undefined {
  const { k } = manifest.terms;
  const chosen = pieces.toSorted((a, b) => b.index - a.index).slice(0, k);
  const body = restore(shapeOfManifest(manifest), manifest.pieceHashes, chosen);
  return body.ok ? body.value : undefined;
}

/** An ack whose signer's disk does not have the piece. */
export interface Hollow {
  readonly row: number;
  /** Nobody, where the batch of the ack is not there. */
  readonly signer: NodeAddress | undefined;
}

/** Those of a certificate, and of the renewals after it. */
export function hollowAcks(
  { manifest, cert }: Certified,
  rows: Rows,
  disks: Disks,
  { places }: Fate = SOUND,
): readonly Hollow[] {
  const renewed = new Map(places.map(({ row, holder }) => [row, holder]));
  const signed = cert.acks
    .filter(({ row }) => !renewed.has(row))
    .map(
      ({ row, batch }) => [row, read(Batch, rows.get(acksKey(hex(batch))))?.head.signer] as const,
    );
  return [...signed, ...renewed].flatMap(([row, signer]) => {
    const pieces = signer && disks.get(signer);
    const has = pieces && heldBy(manifest, pieces.held).some((each) => isHeld(manifest, row, each));
    return has === true ? [] : [{ row, signer }];
  });
}

const isHeld = (manifest: Manifest, row: number, piece: HeldPiece): boolean =>
  piece.row === row && isIntact(manifest, piece);

function isIntact({ pieceHashes }: Manifest, { row, piece }: HeldPiece): boolean {
  const at = row * HASH_BYTES;
  return same(pieceHash(piece), pieceHashes.subarray(at, at + HASH_BYTES));
}

const heldBy = (manifest: Manifest, held: NodePieces['held']): HeldPiece[] =>
  keysOf(manifest).flatMap((key) => held.get(key) ?? []);

/** Under which anybody may have a piece of it: a light its one, an anchor each of its rows. */
const keysOf = oncePer(({ txId, placement }: Manifest): string[] => {
  const name = nameText(txId);
  return [name, ...placement.holders.map((_, row) => `${name}.${row}`)];
});

/**
 * What a holder has on its disk of one row.
 *
 *   key     a light: the id of the transaction, as text; an anchor: the same, a dot, the row
 *   value   version, row, rows, piece root, path, piece
 *   expiry  of the store: until when it is promised
 *
 * A light holds one row of a transaction, hence its key: a second one has no place to be. The value says
 * nothing that somebody else says better: the manifest has holders and terms, and whoever was told of it
 * has the ack, which a holder signs again at any time from what it holds. So the value of a row is the
 * same whoever orders it and however often, which is what a store wants of a key; and a light's piece of
 * 125 bytes, as a transaction of 1.2 KB gives it, is not kept under a signature of 3.3 KB.
 *
 * Space beside the piece, with 44 rows: key 52 bytes (anchor 55), root and path 34 + 195, numbers and
 * length 7: 288 bytes, and what the store needs for a record.
 */
import { readName, nameText } from '#algorithms/identity.ts';
import { PIECES_MAX } from '#algorithms/erasure/code.ts';
import { bytes, count, lent, Malformed, record, toBytes, type Infer } from '../codec.ts';
import type { HolderRole } from '../eligibility.ts';
import { row, rowPath } from '../holding.ts';
import { digest } from '../terms.ts';
import { BODY_BYTES_MAX } from '../transaction.ts';

const VERSION = 1;

export const HeldPiece = record({
  version: count(VERSION),
  row,
  rows: count(PIECES_MAX),
  /** Of the piece under the root over all rows: anyone can check it. */
  pieceRoot: digest,
  path: rowPath,
  piece: bytes(1, BODY_BYTES_MAX),
});
export type HeldPiece = Infer<typeof HeldPiece>;

const NAME_CHARS = 52;

export function pieceKey(role: HolderRole, txId: Uint8Array, at: number): string {
  return role === 'light' ? nameText(txId) : `${nameText(txId)}.${at}`;
}

/** The transaction of a key; `undefined` for a key that is none of ours. */
export const txIdOfKey = (key: string): Uint8Array | undefined =>
  readName(key.slice(0, NAME_CHARS));

export const heldBytes = (held: Omit<HeldPiece, 'version'>): Uint8Array =>
  toBytes(HeldPiece, { version: VERSION, ...held });

/** A view of what was read for it; `undefined` for what another version wrote. */
export function readHeld(value: Uint8Array): HeldPiece | undefined {
  try {
    const held = lent(HeldPiece, value);
    return held.version === VERSION ? held : undefined;
  } catch (error) {
    if (error instanceof Malformed) return undefined;
    throw error;
  }
}

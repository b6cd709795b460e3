/** Facts: of all that a ledger tells of a transaction, what an audit of its pieces needs. */
import { pieceBytes } from '#algorithms/erasure/code.ts';
import { HASH_BYTES } from '#algorithms/hash/hash.ts';
import { placesOf } from '../fate.ts';
import type { Told } from '../ledger.messages.ts';
import { pieceTreeOf, placedRows, rowsOf, shapeOfManifest } from '../manifest.ts';
import type { ChallengedRow } from '../proof-of-holding.ts';
import type { NodeAddress } from '../subjects.ts';

/** A row, whose it is and until when. */
interface Placed {
  readonly row: number;
  readonly holder: NodeAddress;
  readonly until: number;
  /** Whether the order has its holder's word for it. */
  readonly isOwed: boolean;
}

export interface Facts {
  readonly txId: Uint8Array;
  readonly rows: number;
  readonly pieceRoot: Uint8Array;
  readonly pieceHashes: Uint8Array;
  readonly pieceBytes: number;
  /**
   * Rows that were placed. A certificate has no more acks than it takes: the others came later, or never. So all
   * are asked for, while nobody owes what the order does not say that he acknowledged.
   */
  readonly placed: readonly Placed[];
}

/** Nothing where nobody is to be asked: it is not ordered, is over, or is not to be audited. */
export function factsOf(told: Told): Facts | undefined {
  const { txId, known, state, manifest, cert, fate } = told;
  const isKept = state === 'COMMITTED' || state === 'REPAIR_REQ';
  if (known !== 'ordered' || !isKept || manifest === undefined || cert === undefined)
    return undefined;
  if (fate.isErased || fate.isFalse || !manifest.terms.features.includes('audits_enabled'))
    return undefined;
  const places = placesOf(manifest, fate);
  const acked = new Set([...cert.acks, ...fate.places].map(({ row }) => row));
  const placed = places.flatMap((place, row): Placed[] => {
    const isOwed = acked.has(row);
    return isOwed || row < placedRows(manifest) ? [{ row, isOwed, ...place }] : [];
  });
  const { root: pieceRoot, count: rows } = { ...pieceTreeOf(manifest), count: rowsOf(manifest) };
  const { pieceHashes } = manifest;
  const bytes = pieceBytes(shapeOfManifest(manifest));
  return { txId, rows, pieceRoot, pieceHashes, pieceBytes: bytes, placed };
}

/** What a holder is to have of it, and goes on being asked for a while. */
export const placedOn = ({ placed }: Facts, holder: NodeAddress, fromMs: number): Placed[] =>
  placed.filter((each) => each.holder === holder && each.until > fromMs);

/** A row to ask for, and what all rows of its transaction are. */
export interface Wanted {
  readonly asked: ChallengedRow;
  readonly pieceHashes: Uint8Array;
  /** Else it is no fault to have it not. */
  readonly isOwed: boolean;
}

export const wantedOf = (
  { txId, rows, pieceRoot, pieceHashes }: Facts,
  { row, isOwed }: Pick<Placed, 'row' | 'isOwed'>,
): Wanted => ({ asked: { txId, row, rows, pieceRoot }, pieceHashes, isOwed });

export const hashOfRow = ({ asked: { row }, pieceHashes }: Wanted): Uint8Array =>
  pieceHashes.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES);

/** Facts: of all that a ledger tells of a transaction, what an audit of its pieces needs. */
import { pieceBytes } from '#algorithms/erasure/code.ts';
import { HASH_BYTES } from '#algorithms/hash/hash.ts';
import { placesOf } from '../fate.ts';
import type { Told } from '../ledger.messages.ts';
import { pieceTreeOf, rowsOf, shapeOfManifest } from '../manifest.ts';
import type { ChallengedRow } from '../proof-of-holding.ts';
import type { NodeAddress } from '../subjects.ts';

/** A row, by whom it is owed and until when. */
interface Owed {
  readonly row: number;
  readonly holder: NodeAddress;
  readonly until: number;
}

export interface Facts {
  readonly txId: Uint8Array;
  readonly rows: number;
  readonly pieceRoot: Uint8Array;
  readonly pieceHashes: Uint8Array;
  readonly pieceBytes: number;
  /** Rows that somebody has acknowledged, as the order has it. Nobody owes another one. */
  readonly owed: readonly Owed[];
}

/** Nothing where nobody owes anything: it is not ordered, is over, or is not to be audited. */
export function factsOf(told: Told): Facts | undefined {
  const { txId, known, state, manifest, cert, fate } = told;
  const isKept = state === 'COMMITTED' || state === 'REPAIR_REQ';
  if (known !== 'ordered' || !isKept || manifest === undefined || cert === undefined)
    return undefined;
  if (fate.isErased || fate.isFalse || !manifest.terms.features.includes('audits_enabled'))
    return undefined;
  const places = placesOf(manifest, fate);
  const acked = new Set([...cert.acks, ...fate.places].map(({ row }) => row));
  const owed = [...acked].flatMap((row): Owed[] => {
    const place = places[row];
    return place === undefined ? [] : [{ row, ...place }];
  });
  const { root: pieceRoot, count: rows } = { ...pieceTreeOf(manifest), count: rowsOf(manifest) };
  const { pieceHashes } = manifest;
  const bytes = pieceBytes(shapeOfManifest(manifest));
  return { txId, rows, pieceRoot, pieceHashes, pieceBytes: bytes, owed };
}

/** What a holder owes of it, and goes on owing for a while. */
export const owedBy = ({ owed }: Facts, holder: NodeAddress, fromMs: number): number[] =>
  owed.filter((each) => each.holder === holder && each.until > fromMs).map(({ row }) => row);

/** A row to ask for, and what all rows of its transaction are. */
export interface Wanted {
  readonly asked: ChallengedRow;
  readonly pieceHashes: Uint8Array;
}

export const wantedOf = ({ txId, rows, pieceRoot, pieceHashes }: Facts, row: number): Wanted => ({
  asked: { txId, row, rows, pieceRoot },
  pieceHashes,
});

export const hashOfRow = ({ asked: { row }, pieceHashes }: Wanted): Uint8Array =>
  pieceHashes.subarray(row * HASH_BYTES, (row + 1) * HASH_BYTES);

/**
 * What the formula of keeping leaves out, each by itself.
 *
 *   beside each piece   the store's record head and key, the path to the root, the way to the manifest
 *   capsule             the holder's own KEM capsule, where it is kept beside the piece (it need not be)
 *   segments            two segments of each store stay free for reclaiming
 *   uneven placement    the fullest device drops first; rendezvous spreads like chance does
 *   acks                not on the holders at all: in the ledger, beside the transaction
 *
 * Overheads multiply what is left of the days; the ledger's bytes are stated apart.
 */
import { assert } from '#lib/assert.ts';
import { BINARY, daysKept, type Keeping } from './keeping.ts';

/** Record head (24), key (32 of a transaction, 1 of the index), manifest hash (32), path: 6 hashes of 32. */
export const BESIDE_PIECE_BYTES = 24 + 33 + 32 + 6 * 32;
/** ML-KEM-768 ciphertext (1 088) and the wrapped key (48): 42 of them are the 47.7 KB measured. */
export const CAPSULE_BYTES = 1_136;
/** An ack signed alone, and in batches of 16, 64 and 256: bytes of ledger each, as measured. */
export const ACK_BYTES = [
  { batch: 1, bytes: 3_349 },
  { batch: 16, bytes: 337 },
  { batch: 64, bytes: 244 },
  { batch: 256, bytes: 269 },
] as const;

export interface Overhead {
  readonly name: string;
  /** What is left of the days, 0 to 1. */
  readonly leaves: number;
}

/** Segments are 1/128 of a store, at least 64 KB and at most 16 MB; two are never filled. */
const SEGMENTS_FREE = 2;
const SEGMENT_SHARE = 128;
const SEGMENT_BYTES = { least: 64 * BINARY.kilo, most: 16 * BINARY.kilo ** 2 } as const;

export function segmentsLeave(capBytes: number): number {
  const { least, most } = SEGMENT_BYTES;
  const segment = Math.min(most, Math.max(least, Math.floor(capBytes / SEGMENT_SHARE)));
  return Math.max(0, 1 - (SEGMENTS_FREE * segment) / capBytes);
}

/**
 * Of N devices that hold m pieces on average, placed by lot, the fullest holds about
 * m + sqrt(2 m ln N): the days of the first device to drop, against the mean. `piecesEach` fall
 * together where an anchor takes several of one transaction.
 */
export function unevenLeaves(devices: number, piecesPerDevice: number, piecesEach = 1): number {
  assert(devices >= 1, 'there are devices');
  const draws = piecesPerDevice / piecesEach;
  if (draws <= 0) return 1;
  return draws / (draws + Math.sqrt(2 * draws * Math.log(devices)));
}

export interface Stored {
  /** Pieces of one transaction on one device. */
  readonly piecesEach: number;
  readonly keepsCapsule: boolean;
}

/** Every overhead of the holders, each against the formula. */
export function overheadsOf(keeping: Keeping, stored: Stored): Overhead[] {
  const pieceBytes = keeping.sizeBytes / (keeping.k ?? 10);
  const beside = {
    name: 'beside each piece',
    leaves: pieceBytes / (pieceBytes + BESIDE_PIECE_BYTES),
  };
  const withCapsule = pieceBytes + BESIDE_PIECE_BYTES;
  const pieces = keeping.capBytes / pieceBytes;
  return [
    beside,
    ...(stored.keepsCapsule
      ? [{ name: 'capsule kept', leaves: withCapsule / (withCapsule + CAPSULE_BYTES) }]
      : []),
    { name: 'segments', leaves: segmentsLeave(keeping.capBytes) },
    {
      name: 'uneven placement',
      leaves: isShared(keeping, stored)
        ? unevenLeaves(keeping.devices, pieces, stored.piecesEach)
        : 1,
    },
  ];
}

/** Where every device holds a part of every transaction, none is fuller than another. */
const isShared = ({ devices, pieces }: Keeping, { piecesEach }: Stored): boolean =>
  devices * piecesEach > pieces;

export const leftOf = (overheads: readonly Overhead[]): number =>
  overheads.reduce((left, { leaves }) => left * leaves, 1);

export const daysAfter = (keeping: Keeping, overheads: readonly Overhead[]): number =>
  daysKept(keeping) * leftOf(overheads);

/** Bytes of acks a day in the ledger, each of so many pieces acked once, by size of batch. */
export const ackBytesPerDay = (
  perDay: number,
  acksEach: number,
): { batch: number; bytesPerDay: number }[] =>
  ACK_BYTES.map(({ batch, bytes }) => ({ batch, bytesPerDay: bytes * acksEach * perDay }));

/**
 * How long pieces are kept: storage divided by what arrives in a day.
 *
 *   days of lights  = cap * N / (30 * T * S/k)
 *   days of anchors = cap * N / (P * T * S/k)
 *
 * cap bytes a device, N devices, T transactions a day of S bytes, k pieces suffice, P anchor pieces on
 * a continent (12, or 6 where two continents share them). It says when a full store begins to drop
 * what it took in first, everything spread evenly and nothing stored beside the pieces: an upper
 * bound, from which overheads.ts takes what is known to be lost.
 *
 * Units are binary (1 KB here is 1 024 bytes, 1 TB 2^40), as the owner's figures are, but for one:
 * "500 MB, 16 KB: 0.78 and 1.56 days" is decimal. Nothing else in the formula has a unit of its own.
 */
import { assert } from '#lib/assert.ts';

export interface Units {
  readonly name: 'binary' | 'decimal';
  readonly kilo: number;
}

export const BINARY: Units = { name: 'binary', kilo: 1_024 };
export const DECIMAL: Units = { name: 'decimal', kilo: 1_000 };

export const kilobytes = (count: number, { kilo }: Units = BINARY): number => count * kilo;
export const megabytes = (count: number, { kilo }: Units = BINARY): number => count * kilo ** 2;
export const terabytes = (count: number, { kilo }: Units = BINARY): number => count * kilo ** 4;

/** Pieces of a transaction on lights, and on the anchors of a continent. */
export const LIGHT_PIECES = 30;
export const ANCHOR_PIECES = { alone: 12, split: 6 } as const;
const K = 10;

export interface Keeping {
  /** What a device gives. */
  readonly capBytes: number;
  /** How many keep, online or not: a light that sleeps keeps what it has. */
  readonly devices: number;
  /** Pieces of a transaction that these devices share. */
  readonly pieces: number;
  readonly perDay: number;
  readonly sizeBytes: number;
  readonly k?: number;
}

/** What arrives in a day at all these devices together. */
export function bytesPerDay({
  pieces,
  perDay,
  sizeBytes,
  k = K,
}: Omit<Keeping, 'capBytes' | 'devices'>): number {
  assert(pieces > 0 && perDay > 0 && sizeBytes > 0 && k > 0, 'something arrives');
  return (pieces * perDay * sizeBytes) / k;
}

/** How long they keep. */
export const daysKept = (keeping: Keeping): number =>
  (keeping.capBytes * keeping.devices) / bytesPerDay(keeping);

/** How many devices keep so long: not rounded, people round up. */
export const devicesFor = (days: number, keeping: Omit<Keeping, 'devices'>): number =>
  (days * bytesPerDay(keeping)) / keeping.capBytes;

/** How much each of so many devices must give. */
export const capBytesFor = (days: number, keeping: Omit<Keeping, 'capBytes'>): number =>
  (days * bytesPerDay(keeping)) / keeping.devices;

/** How much may arrive a day. */
export const perDayFor = (days: number, keeping: Omit<Keeping, 'perDay'>): number =>
  (keeping.capBytes * keeping.devices) / (days * bytesPerDay({ ...keeping, perDay: 1 }));

/**
 * Which pieces a simulated disk really has: for the oracle that nobody says to hold what a power cut
 * would take. It reads the platter and nothing of the store's own state, and knows no planted bug.
 */
import { text, unhex } from '#lib/bytes.ts';
import { keyOf, Seal, TOMBSTONE, valueOf } from '#runtime/pieces/record.ts';
import { scan } from '#runtime/pieces/scan.ts';
import type { SimulatedDisk } from './disk.ts';

const SEGMENT = /^(\d{10})-([0-9a-f]{16})\.v1\.seg$/;

/** Keys and values, as a store would find them after a power cut that spares nothing unsynced. */
export function durablePieces(disk: SimulatedDisk): Map<string, Uint8Array> {
  const pieces = new Map<string, Uint8Array>();
  // In the order of their numbers, so that the last record of a key is the one that counts.
  for (const name of disk.durableNames()) {
    const [, id, salt] = SEGMENT.exec(name) ?? [];
    const bytes = disk.durable(name);
    if (id === undefined || salt === undefined || bytes === undefined) continue;
    const seal = new Seal(unhex(salt)!);
    for (const { at, head } of scan(bytes, seal, Number(id)).whole) {
      const key = text(keyOf(bytes, at, head));
      if ((head.flags & TOMBSTONE) !== 0) pieces.delete(key);
      else pieces.set(key, valueOf(bytes, at, head, seal.seed(Number(id)))!);
    }
  }
  return pieces;
}

/** Fills the disk of a light: so many pieces of 1.7 KB, under keys as its holder gives them. */
import { nameText } from '#algorithms/identity.ts';
import { millis } from '#protocols/ids.ts';
import { openDisk } from '#runtime/disk.ts';
import { openPieces } from '#runtime/pieces/open.ts';
import type { Pieces } from '#runtime/pieces/pieces.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { eventLoop, wallClock } from '#runtime/wall-clock.ts';

const PIECE_BYTES = 1_700;
const WRITERS = 256;
const DAYS_180_MS = 180 * 86_400_000;

export async function fill(folder: string, bytesMax: number, count: number): Promise<void> {
  const disk = openDisk(folder);
  const ports = { disk, clock: wallClock, scheduler: eventLoop, entropy: systemEntropy() };
  const pieces = await new Promise<Pieces>((resolve, reject) => {
    openPieces(ports, { bytesMax }, (opened) =>
      opened.ok ? resolve(opened.value) : reject(new Error(opened.error)),
    );
  });
  const expiresAt = millis(wallClock.wall() + DAYS_180_MS);
  let next = 0;
  const writer = async (): Promise<void> => {
    while (next < count) {
      const key = keyOf(next++);
      const value = new Uint8Array(PIECE_BYTES).fill(next);
      await new Promise<void>((stored) => pieces.put({ key, value, expiresAt }, () => stored()));
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  await new Promise<void>((closed) => pieces.close(() => disk.close(closed)));
}

function keyOf(at: number): string {
  const id = new Uint8Array(32);
  const words = new DataView(id.buffer);
  words.setUint32(0, Math.imul(at + 1, 0x9e37_79b1) >>> 0);
  words.setUint32(4, at);
  return nameText(id);
}

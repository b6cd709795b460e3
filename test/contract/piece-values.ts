/** Pieces to try stores with. */
import type { PieceOptions } from '#runtime/pieces/open.ts';

/** Large enough for eight segments of the least size. */
export const SMALL: PieceOptions = { bytesMax: 512 * 1024 };
/** The time of day at which tests begin. */
export const NOW = 1_700_000_000_000;
export const DAY = 86_400_000;

/** The bytes of a piece follow from its key and its length. */
export const valueOf = (key: string, length = 1_700): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => key.charCodeAt(i % key.length) * 31 + i);

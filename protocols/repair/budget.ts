/**
 * What repair may move: so many bytes a second, saved up for an hour at most.
 *
 * A repair is begun while anything is left, whatever it costs, and what it takes too much is paid back
 * before the next: one transaction is never too large to be repaired, and over any time no more is moved
 * than that time's allowance, an hour's, and one repair.
 */
const SAVED_S = 3_600;
const SECOND_MS = 1_000;

export interface Budget {
  /** Less than nothing while the last repair is paid back. */
  readonly bytes: number;
  readonly at: number;
}

export const budgetAt = (at: number): Budget => ({ bytes: 0, at });

export function refilled({ bytes, at }: Budget, bytesPerSecond: number, now: number): Budget {
  const passed = Math.max(0, now - at);
  const earned = bytes + (bytesPerSecond * passed) / SECOND_MS;
  return { bytes: Math.min(earned, bytesPerSecond * SAVED_S), at: at + passed };
}

export const mayBegin = ({ bytes }: Budget): boolean => bytes > 0;

export const spent = ({ bytes, at }: Budget, cost: number): Budget => ({ bytes: bytes - cost, at });

/** What a repair moves: k pieces are read, whatever is made of them, and what is missing is sent. */
export const costOf = (k: number, pieceBytes: number, missing: number): number =>
  (k + missing) * pieceBytes;

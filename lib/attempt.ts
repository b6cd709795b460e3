/**
 * The border to libraries that throw at what a peer sent: a point that is not on the curve, a key
 * of the wrong length. On our side that is an answer, not an error.
 */
import { InvariantViolation } from './assert.ts';

/** What `work` returns; `undefined` when a library threw. Our own broken invariants pass through. */
export function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof InvariantViolation) throw error;
    return undefined;
  }
}

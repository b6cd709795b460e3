/** Which life of a process its links belong to. */
import type { Entropy } from '#protocols/effect.ts';
import type { Millis } from '#protocols/ids.ts';

/** More than a process makes links in a second; and enough that two starts in one hardly ever meet. */
const LIVES_A_SECOND = 2 ** 20;

/**
 * The number of a life that begins now: greater than those before it, by the wall clock; drawn within
 * the second. A clock that stands still, as one does whose machine was suspended, or that was set back,
 * must not give the number of a former life again: peers would take the new one's first envelopes for
 * repetitions of the old one's. A lesser number is mended by the links, an equal one cannot be.
 */
export const lifeFrom = (wall: Millis, entropy: Entropy): number =>
  Math.floor(wall / 1_000) * LIVES_A_SECOND + entropy.below(LIVES_A_SECOND);

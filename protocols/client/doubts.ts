/**
 * Doubts. A delegate says that what it was brought is of another time: over, not yet, stale. Perhaps its own clock is wrong,
 * so the others are asked as well, one after another; it is believed when those who have said so have more than a third of
 * the stake, since one of those is honest, and has a clock that is right.
 */
import { hasHonest, stakeOf, type Delegate } from '../genesis.ts';

export interface Doubts {
  /** Who is asked next, in the order in which they are asked. */
  turn: number;
  readonly by: Set<number>;
}

/** `by`: who said so first, where that is known. */
export const doubts = (by: number | undefined): Doubts => ({ turn: by ?? -1, by: new Set() });

/** Somebody said so, or nothing that helps: the next is asked. True as long as that decides nothing. */
export function remains(of: Doubts, ranked: readonly Delegate[], hasSaid: boolean): boolean {
  if (hasSaid && of.turn >= 0) of.by.add(of.turn % ranked.length);
  of.turn++;
  return !isBelieved(
    ranked,
    ranked.filter((_, i) => of.by.has(i)),
  );
}

/** Whether one of those who say so has a clock that is right. */
export const isBelieved = (all: readonly Delegate[], by: readonly Delegate[]): boolean =>
  hasHonest(stakeOf({ delegates: by }), stakeOf({ delegates: all }));

/**
 * Doubts. A delegate says that what it was brought is of another time: over, not yet, stale. Perhaps its own clock is wrong,
 * so the others are asked as well, one after another; it is believed when more than a third of them have said so,
 * since one of those is honest, and has a clock that is right.
 */
export interface Doubts {
  /** Who is asked next, in the order in which they are asked. */
  turn: number;
  readonly by: Set<number>;
}

/** `by`: who said so first, where that is known. */
export const doubts = (by: number | undefined): Doubts => ({ turn: by ?? -1, by: new Set() });

/** Somebody said so, or nothing: the next is asked. True as long as that decides nothing. */
export function remains(of: Doubts, delegates: number, hasSaid: boolean): boolean {
  if (hasSaid && of.turn >= 0) of.by.add(of.turn % delegates);
  of.turn++;
  return 3 * of.by.size <= delegates;
}

/**
 * Choosing around the dead: the first `count` of a ranking that are not known to be dead, and the
 * next `faults` behind them, named beforehand as their replacements.
 *
 * Whoever is chosen and lives stays chosen, whatever happens to the others; and when up to `faults`
 * of the chosen die, the living and the first spares are exactly what a new choice would find.
 */
export interface FaultSet {
  /** `count` of the living, best first; fewer where the ranking ended. */
  readonly chosen: readonly number[];
  /** The next in rank: who takes the place of the first, second, ... of the chosen to fail. */
  readonly spares: readonly number[];
  /** The dead that would have been chosen or spare. */
  readonly passedOver: readonly number[];
}

export function faultSet(
  ranking: Iterable<number>,
  dead: ReadonlySet<number>,
  count: number,
  faults: number,
): FaultSet {
  const living: number[] = [];
  const passedOver: number[] = [];
  if (count + faults > 0) {
    for (const node of ranking) {
      if (dead.has(node)) passedOver.push(node);
      else if (living.push(node) === count + faults) break;
    }
  }
  return { chosen: living.slice(0, count), spares: living.slice(count), passedOver };
}

/** What is left of a choice when more have died, topped up from its spares. */
export function toppedUp({ chosen, spares }: FaultSet, dead: ReadonlySet<number>): number[] {
  return [...chosen, ...spares].filter((node) => !dead.has(node)).slice(0, chosen.length);
}

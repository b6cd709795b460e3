/**
 * Failures that are not independent: a continent that goes dark, an operator who goes.
 *
 * Each cause strikes with its own chance, and all that it hits is dark at once; whatever no cause hits
 * fails by itself as before. Exact: every combination of causes is one case, weighed by its chance,
 *
 *   P(fails) = sum over sets S of causes of P(exactly S) * P(fails | all that S hits is dark)
 *
 * so 2^causes layouts are computed, and 12 causes are the most.
 */
import { assert } from '#lib/assert.ts';
import { isChance } from '#algorithms/distribution.ts';
import { readFails } from './availability.ts';
import { continentsOf, without, type Group, type Layout } from './layout.ts';

export interface Cause {
  readonly name: string;
  readonly chance: number;
  readonly hits: (group: Group) => boolean;
}

export const CAUSES_MAX = 12;

/** Each continent of a layout dark with chance `chance`, lights and anchors. */
export const continentCauses = (layout: Layout, chance: number): Cause[] =>
  continentsOf(layout).map((continent) => ({
    name: `continent ${continent}`,
    chance,
    hits: (group) => group.continent === continent,
  }));

/** Each operator of a layout dark with chance `chance`; groups without one are nobody's. */
export function operatorCauses(layout: Layout, chance: number): Cause[] {
  const operators = [...layout.lights, ...layout.anchors].map(({ operator }) => operator);
  return [...new Set(operators)]
    .filter((operator) => operator !== undefined)
    .map((operator) => ({
      name: `operator ${operator}`,
      chance,
      hits: (group) => group.operator === operator,
    }));
}

/** The chance that a read fails while any of `causes` may strike. */
export function readFailsUnder(layout: Layout, causes: readonly Cause[]): number {
  assert(causes.length <= CAUSES_MAX, 'at most 12 causes');
  assert(
    causes.every(({ chance }) => isChance(chance)),
    'a chance is 0 to 1',
  );
  const fails = (next: number, left: Layout): number => {
    const cause = causes[next];
    if (cause === undefined) return readFails(left);
    const spared = fails(next + 1, left);
    if (cause.chance === 0) return spared;
    return (1 - cause.chance) * spared + cause.chance * fails(next + 1, without(left, cause.hits));
  };
  return fails(0, layout);
}

/** What each continent's going dark does to reads: its lights and anchors gone, all else as before. */
export const withContinentGone = (layout: Layout): { continent: string; fails: number }[] =>
  continentsOf(layout).map((continent) => ({
    continent,
    fails: readFails(without(layout, (group) => group.continent === continent)),
  }));

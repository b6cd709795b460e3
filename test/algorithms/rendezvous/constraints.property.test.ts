/** Constraints: kept by every choice, which is the walk's and moves little. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  atMost,
  chooseWithin,
  quotas,
  type Constraint,
} from '#algorithms/rendezvous/constraints.ts';
import { ranking } from './arbitraries.ts';

interface Limits {
  readonly most: number;
  readonly asia: number;
  readonly europe: number;
}
const limits = (): fc.Arbitrary<Limits> =>
  fc.record({ most: fc.integer({ min: 1, max: 4 }), asia: fc.nat(6), europe: fc.nat(6) });
const operatorOf = (node: number): string => `op${node % 7}`;
const continentOf = (node: number): string => ['asia', 'europe', 'nowhere'][node % 3]!;
const constraintsOf = ({ most, asia, europe }: Limits): Constraint[] => [
  atMost(most, operatorOf),
  quotas(
    new Map([
      ['asia', asia],
      ['europe', europe],
    ]),
    continentOf,
  ),
];
/** The constraints that `node` would break beside these. */
const broken = (constraints: readonly Constraint[], beside: readonly number[], node: number) =>
  constraints.filter(({ labelOf, mostOf }) => {
    const label = labelOf(node);
    return beside.filter((other) => labelOf(other) === label).length >= mostOf(label);
  });

describe('quotas', () => {
  it('forbid what they do not name', () => {
    const named = quotas(new Map([['even', 1]]), (node) => (node % 2 === 0 ? 'even' : 'odd'));
    expect(chooseWithin([1, 2, 3, 4], 2, [named])).toEqual({
      kind: 'short',
      chosen: [2],
      missing: 1,
    });
  });
});

describe('constraints, for any ranking', () => {
  it('pass over exactly those who would break one', () =>
    fc.assert(
      fc.property(ranking(), limits(), fc.nat(12), (ranking, limits, count) => {
        const constraints = constraintsOf(limits);
        const { chosen } = chooseWithin(ranking, count, constraints);
        const expected: number[] = [];
        for (const node of ranking) {
          const fits = broken(constraints, expected, node).length === 0;
          if (fits && expected.length < count) expected.push(node);
        }
        expect(chosen).toEqual(expected);
      }),
    ));
  it('are kept by the whole choice, which says how many are missing', () =>
    fc.assert(
      fc.property(ranking(), limits(), fc.nat(12), (ranking, limits, count) => {
        const choice = chooseWithin(ranking, count, constraintsOf(limits));
        for (const { labelOf, mostOf } of constraintsOf(limits)) {
          for (const [label, nodes] of Map.groupBy(choice.chosen, labelOf)) {
            expect(nodes.length).toBeLessThanOrEqual(mostOf(label));
          }
        }
        expect(choice.chosen.length + (choice.kind === 'full' ? 0 : choice.missing)).toBe(count);
      }),
    ));
  it('do not care when somebody goes who was passed over', () =>
    fc.assert(
      fc.property(ranking(), limits(), fc.nat(12), (ranking, limits, count) => {
        const before = chooseWithin(ranking, count, constraintsOf(limits)).chosen;
        for (const gone of ranking.filter((node) => !before.includes(node))) {
          const rest = ranking.filter((node) => node !== gone);
          expect(chooseWithin(rest, count, constraintsOf(limits)).chosen).toEqual(before);
        }
      }),
    ));
  it('replace one by one where there is one constraint', () =>
    fc.assert(
      fc.property(ranking(), fc.integer({ min: 1, max: 4 }), fc.nat(12), (ranking, most, count) => {
        const within = (ranking: readonly number[]) =>
          chooseWithin(ranking, count, [atMost(most, operatorOf)]).chosen;
        const before = within(ranking);
        for (const gone of before) {
          const after = within(ranking.filter((node) => node !== gone));
          expect(after.filter((node) => !before.includes(node)).length).toBeLessThanOrEqual(1);
          expect(before.filter((node) => node !== gone && !after.includes(node))).toEqual([]);
        }
      }),
    ));
});

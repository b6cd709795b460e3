/** Chance from a seed: the same everywhere, fair, and in forks that do not disturb each other. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '#simulations/random.ts';

const draws = (random: Random, count = 8): number[] =>
  Array.from({ length: count }, () => random.next());

describe('random', () => {
  // Pinned: a change of the generator makes every kept seed mean something else.
  it('draws the same from a seed, on every machine and for ever', () => {
    expect(draws(Random.of(1), 3)).toEqual([237_428_469, 2_129_859_574, 3_330_943_485]);
    expect(draws(Random.of(1).fork('network'), 2)).toEqual([1_366_952_044, 2_041_167_177]);
  });

  it('forks by label, whatever was drawn before', () => {
    const root = Random.of(7);
    const before = draws(root.fork('disk'));
    draws(root, 100);
    expect(draws(root.fork('disk'))).toEqual(before);
    expect(draws(root.fork('net'))).not.toEqual(before);
    expect(draws(root.fork('a').fork('b'))).not.toEqual(draws(root.fork('b').fork('a')));
  });

  it('is fair: each of a few numbers comes about as often as the others', () => {
    const random = Random.of(3);
    const counts = [0, 0, 0, 0, 0, 0, 0];
    for (let i = 0; i < 70_000; i++) counts[random.below(7)]!++;
    // Five standard deviations of a binomial with n = 70 000, p = 1/7.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(5 * 93);
  });

  it('shuffles without loss', () => {
    fc.assert(
      fc.property(fc.nat(), fc.array(fc.nat()), (seed, items) => {
        const shuffled = Random.of(seed).shuffled(items);
        expect(shuffled.toSorted()).toEqual(items.toSorted());
      }),
    );
  });
});

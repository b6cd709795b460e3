/** The cache of rankings: the answers are the rankings, and it forgets as a least-recent list does. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankCache } from '#algorithms/rendezvous/cache.ts';

const ranked = (key: Uint8Array, count: number): Uint32Array =>
  Uint32Array.from({ length: Math.min(count, 10) }, (_, i) => key[0]! * 100 + i);

describe('the cache, for any questions', () => {
  it('answers as the ranking does, and ranks only what it has forgotten', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 4 }),
        fc.array(fc.tuple(fc.nat(5), fc.constantFrom(1, 3, 12)), { maxLength: 60, size: 'max' }),
        (entriesMax, questions) => {
          let ranks = 0;
          const cache = rankCache({
            entriesMax,
            rank: (key, count) => (ranks++, ranked(key, count)),
          });
          let recent: { name: number; count: number }[] = []; // The model: most recent last.
          let expectedRanks = 0;
          for (const [name, count] of questions) {
            const key = Uint8Array.of(name, 255, 0);
            expect(cache.rank(key, count)).toEqual(ranked(key, count));
            const known = recent.find((entry) => entry.name === name);
            const answered = known !== undefined && known.count >= count;
            if (!answered) expectedRanks++;
            recent = recent.filter((entry) => entry.name !== name);
            recent.push(answered ? known : { name, count });
            recent = recent.slice(-entriesMax);
            expect(ranks).toBe(expectedRanks);
            expect(cache.counts().entries).toBe(recent.length);
          }
          const { found, missed } = cache.counts();
          expect(found + missed).toBe(questions.length);
        },
      ),
    ));
});

/**
 * Who is passed over. Method: heads drawn by hand and by chance; claims on the schedule that follows from them.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bitsOf } from '#protocols/city-batch.ts';
import { genesisCommittee, leaderBeside, leaderOf } from '#protocols/committee.ts';
import type { Stakes } from '#protocols/stake/stakes.ts';
import { led, passedOver } from '#protocols/stake/turns.ts';
import { begun, cityOf, RULES } from './city.ts';

interface Said {
  readonly by: number;
  readonly missed?: readonly number[];
  readonly seen?: readonly number[];
}

const genesis = cityOf(1n, 1n, 1n, 1n, 1n, 1n, 1n);
const ALL = genesis.delegates.map((_, i) => i);

function after(heads: readonly Said[], of = genesis): Stakes {
  return heads.reduce((stakes, { by, missed = [], seen = ALL }, i) => {
    const bits = { seen: bitsOf(seen), missed: bitsOf(missed) };
    return led(of, RULES, stakes, { height: i + 1, proposer: of.delegates[by]!.node, ...bits });
  }, begun(of));
}

const times = (count: number, said: Said): Said[] => Array.from({ length: count }, () => said);
const DEAD: Said = { by: 0, missed: [3], seen: [0, 1, 2, 4, 5, 6] };
const { missedTurns, passedBatches } = RULES;
const PASSED = times(missedTurns, DEAD);

describe('a leader whose turns come to nothing', () => {
  it('is passed over after so many of them, not before', () => {
    expect(passedOver(after(PASSED.slice(1)))).toEqual([]);
    expect(passedOver(after(PASSED))).toEqual([3]);
  });

  it('is not, if it was ordered in between', () => {
    const between = { by: 3 };
    expect(passedOver(after([...PASSED.slice(1), between, ...PASSED.slice(1)]))).toEqual([]);
  });

  it('has its turns again when its time is over and it was seen; dead, it is not tried', () => {
    const gone = [...PASSED, ...times(10 * passedBatches, DEAD)];
    expect(passedOver(after(gone))).toEqual([3]);
    expect(passedOver(after([...gone, { by: 0 }]))).toEqual([]);
    expect(passedOver(after([...PASSED, { by: 0 }]))).toEqual([3]);
  });

  it('waits twice as long each time, until it was ordered', () => {
    const back = times(passedBatches, { by: 0 });
    const twice = [...PASSED, ...back, ...PASSED];
    expect(passedOver(after([...twice, ...back]))).toEqual([3]);
    expect(passedOver(after([...twice, ...back, ...back]))).toEqual([]);
    const ordered = [...PASSED, ...back, { by: 3 }, ...PASSED];
    expect(passedOver(after([...ordered, ...back]))).toEqual([]);
  });
});

const someSaid = fc.record({
  by: fc.nat(4),
  missed: fc.uniqueArray(fc.nat(4)),
  seen: fc.uniqueArray(fc.nat(4)),
});
const drawn = fc.record({
  stakes: fc.array(fc.bigInt({ min: 1n, max: 9n }), { minLength: 5, maxLength: 5 }),
  heads: fc.array(someSaid, { maxLength: 60 }),
});

describe('whatever batches say', () => {
  it('those who are passed over have less than a third of the stake, and no turn', () => {
    fc.assert(
      fc.property(drawn, ({ stakes, heads }) => {
        const city = cityOf(...stakes);
        const passed = new Set(passedOver(after(heads, city)));
        const part = [...passed].reduce((sum, seat) => sum + stakes[seat]!, 0n);
        expect(part * 3n < stakes.reduce((sum, stake) => sum + stake, 0n)).toBe(true);
        const committee = genesisCommittee(city);
        for (let round = 1; round < 40; round++) {
          const leader = leaderBeside(committee, round, passed);
          expect(passed.has(leader)).toBe(false);
          const own = leaderOf(committee, round);
          if (!passed.has(own)) expect(leader).toBe(own);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('turns of those who are passed over', () => {
  it('go to the others by their stake', () => {
    const committee = genesisCommittee(cityOf(1n, 2n, 1n, 2n, 1n));
    const had = [0, 0, 0, 0, 0];
    const rounds = 3_500;
    for (let round = 1; round <= rounds; round++)
      had[leaderBeside(committee, round, new Set([1]))]!++;
    expect(had[1]).toBe(0);
    for (const [i, share] of [1, 0, 1, 2, 1].entries())
      expect(Math.abs(had[i]! - rounds * (share / 7 + (2 / 7) * (share / 5)))).toBeLessThan(12);
  });
});

/** Whose turn it is: shares, and waiting times. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { genesisCommittee, leaderOf } from '#protocols/committee.ts';
import type { Delegate } from '#protocols/genesis.ts';
import { nodeAddress } from '#protocols/subjects.ts';
import { KOMATSU } from './world.ts';

const delegatesOf = (...stakes: readonly bigint[]): Delegate[] =>
  stakes.map((stake, i) => {
    const key = new Uint8Array(32).fill(i + 1);
    return {
      node: nodeAddress(KOMATSU, `d${i}`),
      stake,
      signing: { suite: 'ed25519', key },
      vrf: key,
    };
  });
describe('turns', () => {
  it('go to each by its stake, within one turn of its share of any stretch', () => {
    const stakes = fc.array(fc.bigInt({ min: 1n, max: 1_000n }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(stakes, fc.nat(1_000_000), (drawn, first) => {
        const committee = genesisCommittee({ delegates: delegatesOf(...drawn) });
        const whole = Number(drawn.reduce((sum, stake) => sum + stake, 0n));
        const turns = drawn.map(() => 0);
        const length = 200;
        for (let i = 0; i < length; i++) turns[leaderOf(committee, first + i)]!++;
        for (const [i, stake] of drawn.entries()) {
          const share = (length * Number(stake)) / whole;
          expect(Math.abs(turns[i]! - share)).toBeLessThan(4);
        }
      }),
    );
  });

  it('pass to somebody else with each round, and to everybody soon', () => {
    const committee = genesisCommittee({ delegates: delegatesOf(1n, 1n, 1n, 1n) });
    for (let round = 1; round < 100; round++) {
      expect(leaderOf(committee, round + 1)).not.toBe(leaderOf(committee, round));
      const turns = Array.from({ length: 8 }, (_, i) => leaderOf(committee, round + i));
      expect(new Set(turns).size).toBe(4);
    }
  });
});

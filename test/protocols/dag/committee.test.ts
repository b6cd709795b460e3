/** Whose turn it is, and who votes: shares, waiting times, and the epochs that have no election. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stakeSnapshot } from '#algorithms/election/snapshot.ts';
import { committeeIn, genesisCommittee, leaderOf } from '#protocols/committee.ts';
import type { Delegate, Genesis } from '#protocols/genesis.ts';
import { nodeAddress } from '#protocols/subjects.ts';
import { fingerprintOf } from '#protocols/transaction.ts';
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
const genesisOf = (delegates: readonly Delegate[]): Genesis => ({
  version: 1,
  network: new Uint8Array(1),
  place: KOMATSU,
  delegates,
  grantor: delegates[0]!.signing,
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

describe('a committee', () => {
  const delegates = delegatesOf(5n, 7n, 3n);
  const genesis = genesisOf(delegates);

  it('is that of genesis in the first two epochs', () => {
    for (const epoch of [0, 1]) {
      expect(committeeIn(epoch, genesis, undefined)).toEqual({ epoch, members: delegates });
    }
  });

  it('is elected from the third on, in the order of names, with the stakes of the snapshot', () => {
    const candidates = delegates.map(({ signing }, i) => ({
      id: fingerprintOf(signing),
      stake: BigInt(10 + i),
    }));
    const ballots = candidates.map(({ id }, i) => ({
      id: new Uint8Array(32).fill(i),
      stake: 1n,
      approves: [id],
    }));
    const snapshot = stakeSnapshot(0n, candidates, ballots);
    const election = { epoch: 2n, beacon: new Uint8Array(32), pool: 3, seats: 3 };
    const { members } = committeeIn(2, genesis, {
      snapshot,
      election,
      standing: delegates.toReversed(),
    });
    expect(members.map(({ node }) => node)).toEqual(delegates.map(({ node }) => node));
    expect(members.map(({ stake }) => stake)).toEqual([10n, 11n, 12n]);
  });
});

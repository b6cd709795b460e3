/** The rule of locks, by itself: what whoever is locked says to a proposal. */
import { describe, expect, it } from 'vitest';
import { cityBatch, headDigest, NONE, type CityBatch, type Quorum } from '#protocols/city-batch.ts';
import {
  awaken,
  beginHeight,
  hearProposal,
  invariants,
  progress,
  timeOut,
  type Act,
  type Standing,
} from '#protocols/city/agree.ts';
import { genesisCommittee, proposerOf } from '#protocols/city/committee.ts';
import { World } from './world.ts';

const { genesis } = new World({ seed: 1, stakes: [1n, 1n, 1n, 1n] });
const committee = genesisCommittee(genesis);
const batchOf = (stamp: number): CityBatch => {
  const { place, delegates } = genesis;
  const roots = { stateRoot: NONE, prev: NONE };
  const at = new Uint8Array(8).fill(stamp);
  const chosen = { place, epoch: 0, height: 1, proposer: delegates[0]!.node, at, ...roots };
  return cityBatch(chosen, [], undefined);
};
const [locked, other] = [batchOf(1), batchOf(2)];
const quorumIn = (round: number): Quorum => ({ round, votes: [] });

/** What somebody who is locked since round 3 prevotes in round 5. */
function prevoted(batch: CityBatch, proof: Quorum | undefined): Act | undefined {
  const standing: Standing = {
    height: 1,
    round: 5,
    proposed: undefined,
    prevote: undefined,
    precommit: undefined,
    lock: { round: 3, batch: headDigest(locked.head) },
    valid: { batch: locked, quorum: quorumIn(3) },
  };
  const on = beginHeight(committee, 0, 1, standing);
  const member = proposerOf(committee, 1, 5);
  const signature = new Uint8Array(64);
  hearProposal(on, 5, { batch, digest: headDigest(batch.head), proof, signature, member });
  const acts = progress(on, () => 'fit');
  invariants(on);
  return acts.find(({ act }) => act === 'cast');
}

const vote = (batch: CityBatch | undefined) => ({
  act: 'cast',
  step: 'prevote',
  round: 5,
  choice: { batch: batch && headDigest(batch.head) },
});

describe('whoever is locked', () => {
  it('prevotes what it is locked on', () => {
    expect(prevoted(locked, undefined)).toEqual(vote(locked));
  });
  it('prevotes nothing else without a proof, or with one that is older than its lock', () => {
    expect(prevoted(other, undefined)).toEqual(vote(undefined));
    expect(prevoted(other, quorumIn(2))).toEqual(vote(undefined));
  });
  it("prevotes another batch with a proof of its lock's round or a later one", () => {
    expect(prevoted(other, quorumIn(3))).toEqual(vote(other));
    expect(prevoted(other, quorumIn(4))).toEqual(vote(other));
  });
});

describe('a round', () => {
  it('without a proposal is given up in time: nothing is prevoted, once', () => {
    const on = beginHeight(committee, 0, 1, undefined);
    expect(awaken(on)).toEqual([{ act: 'time', step: 'propose', round: 0 }]);
    expect(awaken(on)).toEqual([]);
    expect(timeOut(on, 'propose', 0)).toMatchObject([
      { act: 'cast', choice: { batch: undefined } },
    ]);
    expect(timeOut(on, 'propose', 0)).toEqual([]);
    expect(timeOut(on, 'precommit', 1)).toEqual([]);
    expect(timeOut(on, 'precommit', 0)).toEqual([{ act: 'time', step: 'propose', round: 1 }]);
  });
  it('casts nothing for one that only watches', () => {
    const on = beginHeight(committee, undefined, 1, undefined);
    awaken(on);
    expect(timeOut(on, 'propose', 0)).toEqual([]);
    expect(on.prevote).toBeUndefined();
  });
});

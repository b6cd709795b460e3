/** Certificates: what is believed of those that others bring. */
import { describe, expect, it } from 'vitest';
import { sign, verifyingKeyOf, verifyMany, type VerifyJob } from '#algorithms/signature.ts';
import { utf8 } from '#lib/bytes.ts';
import type { Delegate } from '#protocols/genesis.ts';
import {
  blockId,
  EMPTY_PAYLOAD,
  genesisQc,
  saidSignJob,
  type Block,
  type Qc,
  type Said,
  type Tc,
} from '#protocols/jolteon/block.ts';
import { isWhole, qcJobs, tcJobs } from '#protocols/jolteon/certify.ts';
import { nodeAddress, place } from '#protocols/subjects.ts';

const NETWORK = utf8('test');
const HERE = place('asia.ishikawa.komatsu');
const seeds = [0, 1, 2, 3].map((i) => new Uint8Array(32).fill(i + 1));
const members = seeds.map((seed, i): Delegate => {
  const key = verifyingKeyOf('ed25519', seed);
  const node = nodeAddress(HERE, `c${i}`);
  return { node, stake: 1n, signing: { suite: 'ed25519', key }, vrf: key };
});
const chain = { network: NETWORK, name: 'asia', epoch: 0, members };
const signed = (i: number, said: Said): Uint8Array =>
  sign(saidSignJob(NETWORK, said, { suite: 'ed25519', seed: seeds[i]! }));

const genesis = genesisQc('asia', 0);
const head = {
  chain: 'asia',
  epoch: 0,
  height: 0,
  round: 1,
  author: 1,
  parent: genesis.block,
  parentRound: 0,
  payload: EMPTY_PAYLOAD,
};
const block: Block = { head, parent: genesis };

function qc(by: readonly number[], epoch = 0): Qc {
  const said = { is: 'vote', chain: 'asia', epoch, round: 1, block: blockId(head) } as const;
  const votes = by.map((member) => ({ member, signature: signed(member, said) }));
  return { block: blockId(head), round: 1, votes };
}

function tc(shown: readonly Qc[], high: Qc): Tc {
  const votes = shown.map(({ round: highRound }, member) => {
    const said = { is: 'timeout', chain: 'asia', epoch: 0, round: 3, highRound } as const;
    return { member, highRound, signature: signed(member, said) };
  });
  return { round: 3, high, votes };
}

const areGood = (jobs: readonly VerifyJob[] | undefined): boolean =>
  jobs !== undefined && verifyMany(jobs).every((good) => good);

describe('a QC', () => {
  it('is of more than two thirds, of this chain and epoch, each member once', () => {
    expect(areGood(qcJobs(chain, qc([0, 1, 3])))).toBe(true);
    expect(qcJobs(chain, qc([0, 1]))).toBeUndefined();
    expect(qcJobs(chain, qc([0, 1, 1]))).toBeUndefined();
    expect(areGood(qcJobs(chain, qc([0, 1, 3], 1)))).toBe(false);
    expect(areGood(qcJobs(chain, { ...qc([0, 1, 3]), round: 2 }))).toBe(false);
  });

  it('of nobody is of the beginning alone', () => {
    expect(qcJobs(chain, genesis)).toEqual([]);
    expect(qcJobs(chain, { ...genesis, block: blockId(head) })).toBeUndefined();
    expect(qcJobs(chain, genesisQc('europe', 0))).toBeUndefined();
  });
});

describe('a TC', () => {
  it('shows the highest QC of those that were shown, and is signed for what each has shown', () => {
    const [low, high] = [genesis, qc([0, 1, 3])];
    expect(areGood(tcJobs(chain, tc([low, low, high], high)))).toBe(true);
    expect(tcJobs(chain, tc([low, low, high], low))).toBeUndefined();
    expect(tcJobs(chain, tc([low, high], high))).toBeUndefined();
    const lowered = tc([low, low, high], high).votes.map(({ member, signature }) => ({
      member,
      highRound: 0,
      signature,
    }));
    expect(areGood(tcJobs(chain, { round: 3, high: low, votes: lowered }))).toBe(false);
  });
});

describe('a block', () => {
  it('says of its parent what the certificate says', () => {
    expect(isWhole(chain, block)).toBe(true);
    expect(isWhole(chain, { ...block, parent: qc([0, 1, 3]) })).toBe(false);
    expect(isWhole(chain, { head: { ...head, epoch: 1 }, parent: genesis })).toBe(false);
    expect(isWhole(chain, { head: { ...head, author: 4 }, parent: genesis })).toBe(false);
    expect(isWhole(chain, { head: { ...head, round: 0 }, parent: genesis })).toBe(false);
  });
});

/** What makes certificates believed: enough members, each once, and these signatures. */
import type { VerifyJob } from '#algorithms/signature.ts';
import { same } from '#lib/bytes.ts';
import { weightsOf } from '../abba/tally.ts';
import type { Delegate } from '../genesis.ts';
import { genesisQc, saidVerifyJob, type Block, type Qc, type Tc } from './block.ts';
import { isQuorumOf } from './tally.ts';

export interface Chain {
  readonly network: Uint8Array;
  readonly name: string;
  readonly epoch: number;
  /** In the order of their names. */
  readonly members: readonly Delegate[];
}

const isOfMost = ({ members }: Chain, by: readonly number[]): boolean =>
  isQuorumOf(weightsOf(members.map(({ stake }) => stake)), by);

/** Nothing when it cannot be one, whatever the signatures are. */
export function qcJobs(chain: Chain, { block, round, votes }: Qc): VerifyJob[] | undefined {
  const { network, name, epoch, members } = chain;
  if (round === 0) {
    const isGenesis = votes.length === 0 && same(block, genesisQc(name, epoch).block);
    return isGenesis ? [] : undefined;
  }
  if (
    !isOfMost(
      chain,
      votes.map(({ member }) => member),
    )
  )
    return undefined;
  return votes.map(({ member, signature }) =>
    saidVerifyJob(
      network,
      { is: 'vote', chain: name, epoch, round, block },
      signature,
      members[member]!.signing,
    ),
  );
}

export function tcJobs(chain: Chain, { round, high, votes }: Tc): VerifyJob[] | undefined {
  const { network, name, epoch, members } = chain;
  const highest = Math.max(...votes.map(({ highRound }) => highRound));
  if (
    !isOfMost(
      chain,
      votes.map(({ member }) => member),
    ) ||
    highest !== high.round
  )
    return undefined;
  const proof = high.round < round ? qcJobs(chain, high) : undefined;
  if (proof === undefined) return undefined;
  const own = votes.map(({ member, highRound, signature }) =>
    saidVerifyJob(
      network,
      { is: 'timeout', chain: name, epoch, round, highRound },
      signature,
      members[member]!.signing,
    ),
  );
  return [...proof, ...own];
}

/** Whether a block of this chain says of its parent what the certificate says; signatures apart. */
export const isWhole = ({ name, epoch, members }: Chain, { head, parent }: Block): boolean =>
  head.chain === name &&
  head.epoch === epoch &&
  head.author < members.length &&
  head.round > parent.round &&
  head.parentRound === parent.round &&
  same(head.parent, parent.block);

/**
 * Evidence against a member of a chain: what it has signed, and never would have if it were honest. Whoever knows the
 * members needs nothing else, and no witness.
 *
 *   two-votes        votes of one round for two blocks
 *   two-proposals    proposals of one round for two blocks
 *   hidden-qc        a vote for a block, which shows that its member has seen the QC of its parent; and a timeout of this
 *                    round or a later one that shows a lower one
 *
 * Nobody honest ever signs these, over all its lives (safety.ts): one vote a round, and none in a round that was given
 * up; the round of a proposal is kept before it leaves; what is shown in a timeout is the highest that is known.
 */
import type { VerifyJob } from '#algorithms/signature.ts';
import { same } from '#lib/bytes.ts';
import { count, either, record, type Infer } from '../codec.ts';
import type { Delegate } from '../genesis.ts';
import { digest, signature } from '../terms.ts';
import { member } from '../vertex-head.ts';
import {
  blockId,
  chainName,
  Head,
  isEmpty,
  round,
  saidIn,
  saidVerifyJob,
  type Bare,
} from './block.ts';
import type { Chain } from './certify.ts';
import { Final, finalJobs } from './final.ts';
import type { Accusation } from './jolteon.ts';

const epoch = count(Number.MAX_SAFE_INTEGER);
const who = { chain: chainName, epoch, member };
const Twice = record({
  ...who,
  round,
  block: digest,
  signature,
  other: digest,
  otherSignature: signature,
});

export const OF_CHAIN = {
  'two-votes': Twice,
  'two-proposals': Twice,
  'hidden-qc': record({
    ...who,
    /** What was voted for. */
    head: Head,
    signature,
    round,
    highRound: round,
    timeoutSignature: signature,
  }),
};
export const JolteonEvidence = either('is', OF_CHAIN);
export type JolteonEvidence = Infer<typeof JolteonEvidence>;

/** What is to be verified of it; nothing where it convicts no member, whatever the signatures are. */
export function evidenceJobs(chain: Chain, evidence: JolteonEvidence): VerifyJob[] | undefined {
  const { name, epoch: now, members, network } = chain;
  const by = members[evidence.member];
  if (by === undefined || evidence.chain !== name || evidence.epoch !== now) return undefined;
  return saidJobs(network, by, evidence);
}

/** The same for whoever knows the key of the accused and nothing of its chain: what is signed says which it is. */
export function saidJobs(
  network: Uint8Array,
  by: Pick<Delegate, 'signing'>,
  evidence: JolteonEvidence,
): VerifyJob[] | undefined {
  const { chain: name, epoch: now } = evidence;
  const job = (said: Bare, made: Uint8Array): VerifyJob =>
    saidVerifyJob(network, saidIn({ name, epoch: now }, said), made, by.signing);
  if (evidence.is === 'hidden-qc') {
    const { head, signature: made, round: of, highRound, timeoutSignature } = evidence;
    const isOfChain = head.chain === name && head.epoch === now;
    if (!isOfChain || of < head.round || highRound >= head.parentRound) return undefined;
    return [
      job({ is: 'vote', round: head.round, block: blockId(head) }, made),
      job({ is: 'timeout', round: of, highRound }, timeoutSignature),
    ];
  }
  const { round: of, block, other, signature: made, otherSignature } = evidence;
  if (same(block, other)) return undefined;
  const is = evidence.is === 'two-votes' ? 'vote' : 'proposal';
  return [
    job({ is, round: of, block }, made),
    job({ is, round: of, block: other }, otherSignature),
  ];
}

/** What an accusation rests on; nothing where a proposal's signature is not here. */
export function evidenceOf(
  { name: chain, epoch: of }: Pick<Chain, 'name' | 'epoch'>,
  accused: number,
  what: Accusation,
  proposedBy: (block: Uint8Array) => Uint8Array | undefined,
): JolteonEvidence | undefined {
  const whose = { chain, epoch: of, member: accused };
  switch (what.is) {
    case 'two-votes': {
      const { vote, other } = what;
      return {
        is: 'two-votes',
        ...whose,
        round: vote.round,
        block: vote.block,
        signature: vote.signature,
        other: other.block,
        otherSignature: other.signature,
      };
    }
    case 'two-proposals': {
      const { block, other } = what;
      const id = blockId(block.head);
      const [made, otherMade] = [proposedBy(id), proposedBy(other)];
      if (made === undefined || otherMade === undefined) return undefined;
      const proposals = { block: id, signature: made, other, otherSignature: otherMade };
      return { is: 'two-proposals', ...whose, round: block.head.round, ...proposals };
    }
    case 'hidden-qc': {
      const { timeout, vote, block } = what;
      return {
        is: 'hidden-qc',
        ...whose,
        head: block.head,
        signature: vote.signature,
        round: timeout.round,
        highRound: timeout.high.round,
        timeoutSignature: timeout.signature,
      };
    }
  }
}

/**
 * Two branches: different blocks of one height, both proved to be committed. It names nobody, and says that a third of
 * the weight or more is faulty: nothing of this chain may be believed any more.
 */
export const Fork = record({ one: Final, other: Final });
export type Fork = Infer<typeof Fork>;

export function forkJobs(chain: Chain, { one, other }: Fork): VerifyJob[] | undefined {
  const [a, b] = [one.heads[0], other.heads[0]];
  if (a === undefined || b === undefined || isEmpty(a) || isEmpty(b)) return undefined;
  if (a.height !== b.height || same(blockId(a), blockId(b))) return undefined;
  const [jobs, others] = [finalJobs(chain, one), finalJobs(chain, other)];
  return jobs === undefined || others === undefined ? undefined : [...jobs, ...others];
}

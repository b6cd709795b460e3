/**
 * That blocks are committed, for anybody who knows the members of their chain and nothing else.
 *
 *   b <-- ... <-- c <-- d <-- QC of d       d is of the very next round after c: all but d are committed
 *
 * The heads say the rest. Of those who voted for d more than a third of the weight is honest: each has seen the QC of c
 * before it voted, since d says that there is one. So c has a certified child of the next round, which is what commits
 * it and its ancestors (tree.ts); the QC of c is not needed once more. What a block carries is proved below its head.
 *
 * Size: the votes of one quorum, and two heads at least.
 */
import type { VerifyJob } from '#algorithms/signature.ts';
import { same } from '#lib/bytes.ts';
import { list, record, type Infer } from '../codec.ts';
import { blockId, Head, heightOn, Qc } from './block.ts';
import { qcJobs, type Chain } from './certify.ts';

/** Of blocks that wait for a commit; two certified ones of rounds in a row end the waiting. */
export const HEADS_MAX = 1_025;

export const Final = record({ heads: list(Head, HEADS_MAX), qc: Qc });
export type Final = Infer<typeof Final>;

/** What it proves, in order. */
export const committedBy = ({ heads }: Final): readonly Head[] => heads.slice(0, -1);

/** What is to be verified of it; nothing when it cannot prove anything, whatever the signatures are. */
export function finalJobs(chain: Chain, { heads, qc }: Final): VerifyJob[] | undefined {
  const [last, before] = [heads.at(-1), heads.at(-2)];
  if (last === undefined || before === undefined || last.round !== before.round + 1)
    return undefined;
  if (!heads.every((head, i) => isOf(chain, head) && (i === 0 || follows(head, heads[i - 1]!))))
    return undefined;
  if (qc.round !== last.round || !same(qc.block, blockId(last))) return undefined;
  return qcJobs(chain, qc);
}

const isOf = ({ name, epoch, members }: Chain, head: Head): boolean =>
  head.chain === name && head.epoch === epoch && head.author < members.length;

const follows = (head: Head, before: Head): boolean =>
  head.parentRound === before.round &&
  head.round > before.round &&
  head.height === heightOn(before.height, head) &&
  same(head.parent, blockId(before));

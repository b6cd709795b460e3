/** From a false answer to the evidence that convicts: once for each holder. */
import { pathOf, treeOf } from '#algorithms/merkle/tree.ts';
import type { Moment } from '../effect.ts';
import type { Proved } from '../holder.messages.ts';
import { listedKey } from '../listed-key.ts';
import { answerTree } from '../proof-of-holding.ts';
import type { NodeAddress } from '../subjects.ts';
import { say } from './acts.ts';
import { hashOfRow, type Wanted } from './facts.ts';
import type { Finding } from './jobs.ts';
import type { Auditing } from './state.ts';
import type { Effects } from './waits.ts';

/** Whom it has accused of late. */
const ACCUSED_MAX = 4_096;

export function accuse(
  state: Auditing,
  holder: NodeAddress,
  { answers, statement, signature }: Proved,
  findings: readonly Finding[],
  wanted: readonly Wanted[],
  at: Moment,
): Effects {
  const index = findings.indexOf('false');
  const roll = state.copy.rolls[0];
  const answer = answers[index];
  const isKnown = state.accused.has(holder) || state.accused.size >= ACCUSED_MAX;
  // A statement without a hash is no evidence of another one.
  if (answer?.pieceHash === undefined || roll === undefined || isKnown) return [];
  const key = listedKey(roll, holder);
  if (key === undefined) return [];
  const row = wanted[index]!;
  state.accused.add(holder);
  const evidence = {
    fault: 'false-holding',
    answer,
    index,
    path: pathOf(answerTree(answers), index),
    statement,
    signature,
    pieceHash: hashOfRow(row),
    piecePath: pathOf(treeOf(row.pieceHashes), answer.asked.row),
    key,
  } as const;
  return say(state, { says: 'accuse', fault: evidence }, at);
}

/**
 * What a delegate may sign (Jolteon, FC 2022, figure 3; the last rule is of Aptos' safety rules for two chains).
 *
 *   vote for b     b.round > lastVoted, and b extends either the QC of the round before it, or, after a TC of the round
 *                  before it, a QC at least as high as any that those who timed out knew
 *   time out r     r >= lastVoted (a vote of this round may stand beside it), and the QC that is shown is not below
 *                  any QC that this delegate has voted on top of (`oneChain`)
 *
 * All of it is on the disk before anything leaves. So `lastVoted` only grows, over all lives, and there is one vote of
 * an honest delegate a round; a round that it has given up gets none after that.
 */
import { assert } from '#lib/assert.ts';
import { genesisQc, type Block, type Qc, type Tc } from './block.ts';
import type { JolteonPlant } from './plants.ts';

export interface Safety {
  readonly lastVoted: number;
  /** The highest QC on top of which we have voted. */
  readonly oneChain: number;
  readonly highQc: Qc;
  readonly lastTc?: Tc | undefined;
  /** What we voted for in `lastVoted`, unless we only gave that round up: said again after a restart. */
  readonly vote?: { readonly round: number; readonly block: Uint8Array } | undefined;
  /** The last round in which we proposed: of a round we propose one block. */
  readonly proposed: number;
}

export const noSafety = (chain: string, epoch: number): Safety => ({
  lastVoted: 0,
  oneChain: 0,
  highQc: genesisQc(chain, epoch),
  lastTc: undefined,
  vote: undefined,
  proposed: 0,
});

/** Whether a vote for this block can never contradict what anybody honest has committed. */
export function mayVote(
  { lastVoted }: Safety,
  { head, parent }: Block,
  tc: Tc | undefined,
  plant?: JolteonPlant,
): boolean {
  if (head.round <= lastVoted) return false;
  if (parent.round + 1 === head.round) return true;
  if (tc === undefined || tc.round + 1 !== head.round) return false;
  return parent.round >= tc.high.round || plant === 'jolteon-without-tc-check';
}

export const afterVote = (safety: Safety, { head, parent }: Block, block: Uint8Array): Safety => ({
  ...safety,
  lastVoted: Math.max(safety.lastVoted, head.round),
  oneChain: Math.max(safety.oneChain, parent.round),
  vote: { round: head.round, block },
});

export function afterTimeout(safety: Safety, round: number, plant?: JolteonPlant): Safety {
  assert(safety.highQc.round >= safety.oneChain, 'nobody hides a QC that he has voted on');
  if (plant === 'jolteon-votes-after-timeout') return safety;
  return { ...safety, lastVoted: Math.max(safety.lastVoted, round) };
}

export const afterQc = (safety: Safety, qc: Qc): Safety =>
  qc.round > safety.highQc.round ? { ...safety, highQc: qc } : safety;

export const afterTc = (safety: Safety, tc: Tc): Safety =>
  tc.round > (safety.lastTc?.round ?? -1) ? { ...safety, lastTc: tc } : safety;

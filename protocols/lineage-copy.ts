/**
 * A copy of a city's lineage (lineage.ts), as an actor has it that verifies quorums: hand-overs that it lacks are asked of
 * a ledger, and verified by a job, all of one answer at once.
 *
 *   quorum of an epoch that is not known --> ledger.handovers --> job --> known, whatever was said again is judged then
 *
 * One question at a time. What is asked of the own node is believed: its ledger has verified it.
 */
import type { VerifyJob } from '#algorithms/signature.ts';
import { ask, compute, type Effect, type Plain } from './effect.ts';
import type { Genesis } from './genesis.ts';
import { AskHandovers, type HandedOver } from './ledger.messages.ts';
import {
  handedOver,
  handoverJobs,
  lineageOf,
  newestIn,
  type Handover,
  type Lineage,
} from './lineage.ts';
import type { Address } from './subjects.ts';

const WITHIN_MS = 2_000;
/** Of its question, and of its job; whoever has copies of several cities gives each another one. */
export const LINEAGE = 'lineage';

export interface LineageCopy {
  readonly id: string;
  lineage: Lineage;
  /** Asked for, or being verified. */
  isBusy: boolean;
  /** What its job is about. */
  claimed: Lineage | undefined;
}

export const copyOf = (genesis: Genesis, id = LINEAGE): LineageCopy => ({
  id,
  lineage: lineageOf(genesis),
  isBusy: false,
  claimed: undefined,
});

/** Asks a ledger for what comes after the newest epoch that is known. */
export function askOn(copy: LineageCopy, ledger: Address): readonly Effect<AskHandovers>[] {
  if (copy.isBusy) return [];
  copy.isBusy = true;
  const question = AskHandovers.of({ epoch: newestIn(copy.lineage) + 1 });
  return [ask(copy.id, ledger, question, WITHIN_MS)];
}

/** The answer, or none; `job` verifies many signatures, unless the own ledger has said it. */
export function told(
  copy: LineageCopy,
  answer: HandedOver | undefined,
  job: string | undefined,
): readonly Effect<never>[] {
  copy.isBusy = false;
  const claimed = claimedBy(copy.lineage, answer?.handovers ?? []);
  if (claimed === undefined) return [];
  if (job === undefined) {
    copy.lineage = claimed.lineage;
    return [];
  }
  copy.isBusy = true;
  copy.claimed = claimed.lineage;
  return [compute(copy.id, job, claimed.jobs as unknown as Plain)];
}

/** What its job found; nothing where the pool failed. */
export function verified(copy: LineageCopy, verdicts: readonly boolean[] | undefined): void {
  const { claimed } = copy;
  copy.isBusy = false;
  copy.claimed = undefined;
  if (claimed !== undefined && verdicts?.every(Boolean) === true) copy.lineage = claimed;
}

/** As far as one follows from the other, and what must verify for that. */
function claimedBy(
  known: Lineage,
  handovers: readonly Handover[],
): { readonly lineage: Lineage; readonly jobs: readonly VerifyJob[] } | undefined {
  let lineage = known;
  const jobs: VerifyJob[] = [];
  for (const each of handovers) {
    const wanted = handoverJobs(lineage, each);
    if (wanted === undefined) break;
    jobs.push(...wanted);
    lineage = handedOver(lineage, each.head);
  }
  return lineage === known ? undefined : { lineage, jobs };
}

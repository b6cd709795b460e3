/**
 * A copy of a city's lineage (lineage.ts), as an actor has it that verifies quorums: hand-overs that it lacks are asked of
 * a ledger, and verified by a job, all of one answer at once. Each is judged by itself: those before the first that does
 * not stand are known from then on, whoever sent them.
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
  claimed: readonly Claimed[];
}

/** A hand-over that follows from the one before it, if all these signatures are good. */
interface Claimed {
  readonly handover: Handover;
  readonly jobs: readonly VerifyJob[];
  readonly lineage: Lineage;
}

export const copyOf = (genesis: Genesis, id = LINEAGE): LineageCopy => ({
  id,
  lineage: lineageOf(genesis),
  isBusy: false,
  claimed: [],
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
  if (claimed.length === 0) return [];
  if (job === undefined) {
    copy.lineage = claimed.at(-1)!.lineage;
    return [];
  }
  copy.isBusy = true;
  copy.claimed = claimed;
  return [compute(copy.id, job, claimed.flatMap(({ jobs }) => jobs) as unknown as Plain)];
}

/** What its job found: those hand-overs that stand, each after the one before; none where the pool failed. */
export function verified(
  copy: LineageCopy,
  verdicts: readonly boolean[] | undefined,
): readonly Handover[] {
  const { claimed } = copy;
  copy.isBusy = false;
  copy.claimed = [];
  const stand: Handover[] = [];
  let at = 0;
  for (const { handover, jobs, lineage } of claimed) {
    const own = verdicts?.slice(at, (at += jobs.length)) ?? [];
    if (own.length < jobs.length || !own.every(Boolean)) break;
    copy.lineage = lineage;
    stand.push(handover);
  }
  return stand;
}

/** As far as one follows from the other, and what must verify for that. */
function claimedBy(known: Lineage, handovers: readonly Handover[]): Claimed[] {
  const claimed: Claimed[] = [];
  let lineage = known;
  for (const handover of handovers) {
    const jobs = handoverJobs(lineage, handover);
    if (jobs === undefined) break;
    lineage = handedOver(lineage, handover.head);
    claimed.push({ handover, jobs, lineage });
  }
  return claimed;
}

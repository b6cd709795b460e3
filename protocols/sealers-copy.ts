/**
 * A copy of what is known of who seals (sealers.ts), as an actor has it that verifies sealed batches: hand-overs that it lacks
 * are asked of a delegate of the municipality's cities, and verified by a job, all of one answer at once.
 *
 *   batch of an epoch that is not known --> municipality.handovers --> job --> known, whatever was said again is judged then
 *
 * One question at a time. What is asked of the own node is believed: it has verified it.
 */
import type { VerifyJob } from '#algorithms/signature.ts';
import { ask, compute, type Effect, type Plain } from './effect.ts';
import { AskSealers, type SealersTold } from './municipality.messages.ts';
import type { Municipality, Sealed } from './municipality-batch.ts';
import { handedOver, handoverJobs, newestSealers, sealersOf, type Sealers } from './sealers.ts';
import type { Address } from './subjects.ts';

const WITHIN_MS = 2_000;
/** Of its question, and of its job; whoever has copies of several municipalities gives each another one. */
export const SEALERS = 'sealers';

export interface SealersCopy {
  readonly id: string;
  sealers: Sealers;
  /** Asked for, or being verified. */
  isBusy: boolean;
  /** What its job is about. */
  claimed: Sealers | undefined;
}

export const sealersCopy = (municipality: Municipality, id = SEALERS): SealersCopy => ({
  id,
  sealers: sealersOf(municipality),
  isBusy: false,
  claimed: undefined,
});

/** A verified batch: maybe the next hand-over. */
export function learn(copy: SealersCopy, { batch }: Sealed): boolean {
  const before = copy.sealers;
  copy.sealers = handedOver(before, batch);
  return copy.sealers !== before;
}

/** Asks for what comes after the newest epoch that is known. */
export function askOn(copy: SealersCopy, whom: Address): readonly Effect<AskSealers>[] {
  if (copy.isBusy) return [];
  copy.isBusy = true;
  const question = AskSealers.of({ epoch: newestSealers(copy.sealers).epoch + 1 });
  return [ask(copy.id, whom, question, WITHIN_MS)];
}

/** The answer, or none; `job` verifies many signatures, unless the own node has said it. */
export function told(
  copy: SealersCopy,
  answer: SealersTold | undefined,
  job: string | undefined,
): readonly Effect<never>[] {
  copy.isBusy = false;
  const claimed = claimedBy(copy.sealers, answer?.handovers ?? []);
  if (claimed === undefined) return [];
  if (job === undefined) {
    copy.sealers = claimed.sealers;
    return [];
  }
  copy.isBusy = true;
  copy.claimed = claimed.sealers;
  return [compute(copy.id, job, claimed.jobs as unknown as Plain)];
}

/** What its job found; nothing where the pool failed. Whether more is known now. */
export function verified(copy: SealersCopy, verdicts: readonly boolean[] | undefined): boolean {
  const { claimed } = copy;
  copy.isBusy = false;
  copy.claimed = undefined;
  // A batch that came in meanwhile may have brought it further.
  const isNews = claimed !== undefined && claimed.eras.length > copy.sealers.eras.length;
  if (!isNews || verdicts?.every(Boolean) !== true) return false;
  copy.sealers = claimed;
  return true;
}

/** As far as one follows from the other, and what must verify for that. */
export function claimedBy(
  known: Sealers,
  handovers: readonly Sealed[],
): { readonly sealers: Sealers; readonly jobs: readonly VerifyJob[] } | undefined {
  let sealers = known;
  const jobs: VerifyJob[] = [];
  for (const each of handovers) {
    const wanted = handoverJobs(sealers, each);
    if (wanted === undefined) break;
    jobs.push(...wanted);
    sealers = handedOver(sealers, each.batch);
  }
  return sealers === known ? undefined : { sealers, jobs };
}

/** A repair under way, as each part of it sees it: run.ts has the picture. */
import type { EligibleList } from '../eligibility.ts';
import type { Moment } from '../effect.ts';
import type { Manifest } from '../manifest.ts';
import { LeaveReading } from '../receiving.messages.ts';
import { address, type Place } from '../subjects.ts';
import { later } from './cases.ts';
import type { Delivery } from './delivery.ts';
import type { Known } from './known.ts';
import type { Candidates, Renewing } from './placing.ts';
import type { Case, Effects, Repairing } from './state.ts';

export interface Run {
  readonly manifest: Manifest;
  /** What the next round is drawn from: the list is that of when the lease was ours. */
  readonly renewing: Omit<Renewing, 'output' | 'manifest' | 'list'>;
  /** Rows to be made anew, and rows that stay where they are for longer. */
  readonly anew: readonly number[];
  readonly longer: readonly number[];
  readonly days: number;
  /** Nothing is lost: holders wish it, and that can wait. */
  readonly isWished: boolean;
  readonly isUrgent: boolean;
  /** It was begun before: some may have rows that no order speaks of. */
  readonly isAgain: boolean;
  phase: 'queued' | 'proving' | 'leasing' | 'gathering' | 'surveying' | 'delivering' | 'saying';
  /** By the monotonic clock. */
  deadline: number;
  /** By the city's. */
  leasedUntil: number;
  /** What we said and wait to see ordered. */
  said: string | undefined;
  errand: number | undefined;
  output: Uint8Array | undefined;
  list: EligibleList | undefined;
  candidates: Candidates | undefined;
  delivery: Delivery | undefined;
}

export type Leased = Run & {
  readonly output: Uint8Array;
  readonly list: EligibleList;
  readonly candidates: Candidates;
};

export const runOf = (
  { manifest, cover, places, fate, expiresAt }: Known,
  wanted: Pick<Run, 'anew' | 'longer' | 'days' | 'isWished' | 'isUrgent' | 'isAgain'>,
): Run => {
  const from: Place = cover.header.core.from;
  return {
    manifest,
    renewing: { from, round: fate.round + 1, places, expiresAt },
    ...wanted,
    phase: 'queued',
    deadline: Infinity,
    leasedUntil: 0,
    said: undefined,
    errand: undefined,
    output: undefined,
    list: undefined,
    candidates: undefined,
    delivery: undefined,
  };
};

export const renewingOf = ({ manifest, renewing, output, list }: Run): Renewing => ({
  ...renewing,
  manifest,
  list: list!,
  output: output!,
});

/** Whether a run is still this one, and still there. */
export const isAt = (its: Case, run: Run, phase: Run['phase']): boolean =>
  its.run === run && run.phase === phase;

/** Whatever there is of it now is looked at again later. */
export function giveUp(state: Repairing, its: Case, run: Run, at: Moment): Effects {
  if (its.run !== run) return [];
  state.self.probe.sometimes(`repair: given up while ${run.phase}`);
  return [...left(state, run), ...later(its, at)];
}

/** R3 need not go on. */
export function left({ self }: Repairing, { errand, phase }: Run): Effects {
  if (errand === undefined || phase !== 'gathering') return [];
  const gather = address(self.node, 'gather');
  return [{ do: 'send', to: gather, message: LeaveReading.of({ number: errand }) }];
}

/** What a ledger leaves to the pool: all signatures and draws of an offer, in one job; and what evidence is to be coded. */
import { verifyMany, type VerifyJob } from '#algorithms/signature.ts';
import { outputOf, type CheckJob } from '#algorithms/vrf.ts';
import { isCodedLie, type Coding } from '../accusation.ts';
import type { Plain } from '../effect.ts';
import { MAP_JOBS } from './map-parts.ts';

export interface CheckInput {
  readonly signatures: readonly VerifyJob[];
  readonly draws: readonly CheckJob[];
  /** Of a manifest that is accused. */
  readonly coding?: Coding | undefined;
}

export interface CheckOutput {
  readonly good: readonly boolean[];
  /** What a draw gives; null for a proof that is none. */
  readonly drawn: readonly (Uint8Array | null)[];
  /** False where what was accused is no lie. */
  readonly isLie: boolean;
}

function check({ signatures, draws, coding }: CheckInput): CheckOutput {
  return {
    good: verifyMany(signatures),
    drawn: draws.map((draw) => outputOf(draw) ?? null),
    isLie: coding === undefined || isCodedLie(coding),
  };
}

export const LEDGER_JOBS = {
  'ledger.check': (input: Plain): Plain =>
    check(input as unknown as CheckInput) as unknown as Plain,
  ...MAP_JOBS,
} as const;

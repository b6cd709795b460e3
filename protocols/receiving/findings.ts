/**
 * Findings: what a gathering has found out about holders, for whoever is to know.
 *
 *   audit     rows that somebody is to have and did not show, once for each reason
 *   locate    who gave, lacked, lied or was silent, and how long it took
 *   survey    each row, and whether it was shown
 */
import { send, type Effect } from '../effect.ts';
import { placedRows } from '../manifest.ts';
import { Doubt, Learned, type GatherSays, type SurveyedRow } from '../receiving.messages.ts';
import type { Self } from '../self.ts';
import { address } from '../subjects.ts';
import type { Did, Gathering, Target } from './gathering.ts';

type Effects = readonly Effect<GatherSays>[];

const WHY: Readonly<Partial<Record<Did, Doubt['why']>>> = {
  lacked: 'missing',
  damaged: 'damaged',
  wrong: 'wrong',
  silent: 'silent',
};

/** What an audit is to look at: rows that somebody is to have, and did not show. */
export function doubtsOf(self: Self, { manifest }: Gathering, target: Target): Effects {
  const why = WHY[target.did];
  if (why === undefined || target.doubted === target.did) return [];
  target.doubted = target.did;
  self.probe.sometimes(`gather: a holder was ${why}`);
  const audit = address(self.node, 'audit');
  const { holder, rows, shown } = target;
  const { txId } = manifest;
  return rows
    .filter((row) => !shown.has(row))
    .map((row) => send(audit, Doubt.of({ holder, txId, row, why })));
}

const HOW = {
  gave: 'gave',
  lacked: 'lacked',
  damaged: 'lacked',
  wrong: 'wrong',
  silent: 'silent',
  late: 'silent',
} as const;

/** How they did, for whoever is to be asked first the next time. */
export function learned(self: Self, { targets }: Gathering, mostMs: number): Effect<GatherSays> {
  const of = targets.flatMap(({ holder, did, tookMs }) => {
    const how = did in HOW ? HOW[did as keyof typeof HOW] : undefined;
    return how === undefined ? [] : [{ holder, did: how, tookMs: Math.min(mostMs, tookMs) }];
  });
  return send(address(self.node, 'locate'), Learned.of({ of }));
}

const ROWS_MAX = 255;
const IS: Readonly<Partial<Record<Did, SurveyedRow['is']>>> = {
  lacked: 'missing',
  damaged: 'damaged',
  wrong: 'wrong',
};

/** Who holds what. Rows for escalation are placed with nobody, unless acks were short. */
export const rowsFound = ({ manifest, targets }: Gathering): SurveyedRow[] =>
  targets
    .flatMap(rowsShown)
    .filter(({ row, is }) => row < placedRows(manifest) || is === 'held')
    .toSorted((a, b) => a.row - b.row)
    .slice(0, ROWS_MAX);

function rowsShown({ holder, rows, isOnline, did, shown }: Target): SurveyedRow[] {
  const all = new Set([...rows, ...shown]);
  return Array.from(all, (row) => ({
    row,
    holder,
    isOnline,
    is: shown.has(row) ? 'held' : (IS[did] ?? 'silent'),
  }));
}

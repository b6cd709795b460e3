/**
 * Cases: transactions that somebody has a reason to look at, kept until they have been.
 *
 *   reason --> case --(durable)--> whoever handed it on need not care any more
 *
 * For each transaction the delegates stand in an order (rendezvous). The first looks at once; what all of
 * them hear of (acts) those behind look at later, and find nothing left to do, unless the ones before are
 * gone. What one alone knows it hands to the first that answers.
 */
import { nameText } from '#algorithms/identity.ts';
import type { SignedAct } from '../act.ts';
import { toBytes, whole } from '../codec.ts';
import { forget, keep, NOTHING, put, type Moment, type Write } from '../effect.ts';
import { rankedDelegates } from '../provers.ts';
import { KeptCase, Look, type Looking } from '../repair.messages.ts';
import { address } from '../subjects.ts';
import { count, mayBring, type Bringer } from './crowd.ts';
import {
  askFor,
  CASES_MAX,
  type Case,
  type Effects,
  type Repairing,
  type Wished,
} from './state.ts';

export const CASE = 'case/';
/** Each waits so long for the one before it. */
export const TURN_MS = 15_000;
const HANDED_MS = 2_000;
/** After a look that led to nothing. */
const AGAIN_MS = 5_000;
const AGAIN_MS_MAX = 600_000;

/** Why a transaction is to be looked at. */
export interface Reason {
  readonly rows?: readonly number[];
  readonly leaving?: readonly (Wished & { readonly row: number })[];
  readonly isWhole?: boolean;
  readonly isLonger?: boolean;
  readonly isWatched?: boolean;
  readonly erase?: SignedAct;
  readonly rank?: number;
  readonly inMs?: number;
  /** Whose word it is, where it is no more than that. */
  readonly by?: Bringer;
}

/** Our place among those who are to repair it. */
export const rankFor = ({ self }: Repairing, txId: Uint8Array): number =>
  rankedDelegates(self.genesis, txId).findIndex(({ node }) => node === self.node);

/** It is to be looked at. The write that keeps it; nothing where there is no room. */
export function admit(
  state: Repairing,
  txId: Uint8Array,
  reason: Reason,
  { now }: Pick<Moment, 'now'>,
): Write | undefined {
  const name = nameText(txId);
  const known = state.cases.get(name);
  if (known === undefined && !hasRoom(state, reason)) {
    state.self.probe.sometimes('repair: too many transactions to look at');
    return undefined;
  }
  const its = known ?? opened(state, name, txId, reason);
  const isWatched = reason.isWatched ?? false;
  its.isWatched = isWatched && (known === undefined || known.isWatched);
  const isNews = (reason.rows ?? []).some((row) => !its.doubted.has(row));
  for (const row of reason.rows ?? []) its.doubted.add(row);
  for (const { row, by, at } of reason.leaving ?? []) its.leaving.set(row, { by, at });
  its.isWhole ||= reason.isWhole ?? false;
  its.isLonger ||= reason.isLonger ?? false;
  its.erase ??= reason.erase;
  its.rank = Math.min(its.rank, reason.rank ?? 0);
  const dueAt = now + (reason.inMs ?? its.rank * TURN_MS);
  // Who has looked in vain a short while ago waits for its next look; less long where there is something new.
  if (its.fruitless === 0) its.dueAt = Math.min(its.dueAt, dueAt);
  else if (isNews) its.dueAt = Math.min(its.dueAt, now + AGAIN_MS);
  state.cases.set(name, its);
  return put(CASE + name, bytesOf(its));
}

const hasRoom = ({ cases, crowd }: Repairing, { by }: Reason): boolean =>
  cases.size < CASES_MAX && (by === undefined || mayBring(crowd, by));

function opened(state: Repairing, name: string, txId: Uint8Array, { by, rank }: Reason): Case {
  if (by !== undefined) count(state.crowd, by, 1);
  return emptyCase(name, txId, by, rank ?? 0);
}

const emptyCase = (
  name: string,
  txId: Uint8Array,
  by: Bringer | undefined,
  rank: number,
): Case => ({
  name,
  txId,
  by,
  doubted: new Set(),
  leaving: new Map(),
  isWhole: false,
  isLonger: false,
  isWatched: false,
  erase: undefined,
  erasedBy: new Set(),
  rank,
  dueAt: Infinity,
  fruitless: 0,
  stage: 'waiting',
  isUnderway: false,
  run: undefined,
});

const bytesOf = ({ txId, doubted, isWhole, isLonger, rank, erase }: Case): Uint8Array =>
  toBytes(KeptCase, { txId, doubted: [...doubted], isWhole, isLonger, rank, erase });

/** What was kept of it in another life. */
export function restore(state: Repairing, value: Uint8Array, at: Moment): void {
  const { txId, doubted, isWhole, isLonger, rank, erase } = whole(KeptCase, value);
  const more = erase === undefined ? {} : { erase };
  admit(state, txId, { rows: doubted, isWhole, isLonger, rank, ...more }, at);
}

/** There is nothing left to do. */
export function close(state: Repairing, its: Case): Effects {
  if (state.cases.get(its.name) !== its) return NOTHING;
  its.run = undefined;
  its.stage = 'waiting';
  state.cases.delete(its.name);
  if (its.by !== undefined) count(state.crowd, its.by, -1);
  return [keep('closed', forget(CASE + its.name))];
}

/** Not now: once more after a while, longer each time that it led to nothing. */
export function later(its: Case, { now }: Pick<Moment, 'now'>, inMs?: number): Effects {
  const pause = Math.min(AGAIN_MS_MAX, AGAIN_MS * 2 ** Math.min(its.fruitless, 16));
  its.stage = 'waiting';
  its.run = undefined;
  its.dueAt = now + (inMs ?? pause);
  if (inMs === undefined) its.fruitless++;
  return NOTHING;
}

/** To the first in rank that answers; it may be ourselves. */
export function handOn(
  state: Repairing,
  txId: Uint8Array,
  rows: readonly number[],
  at: Moment,
  rank = 0,
): Effects {
  const all = rankedDelegates(state.self.genesis, txId);
  const next = all[rank];
  if (next === undefined) return NOTHING;
  if (next.node === state.self.node) {
    const kept = admit(state, txId, { rows, inMs: 0 }, at);
    return kept === undefined ? NOTHING : [keep('case', kept)];
  }
  return [
    askFor<Looking>(
      state,
      address(next.node, 'repair'),
      Look.of({ txId, rows }),
      HANDED_MS,
      (said, then) => (said?.is === 'yes' ? NOTHING : handOn(state, txId, rows, then, rank + 1)),
    ),
  ];
}

/**
 * Absent nodes: since when they are not on the list, and whose pieces are to be looked for.
 *
 *   listed --> not on the next list --> absent since --(its class's window is over, or it was said so)--> sweep
 *                 back --> forgotten, and whoever waited for it looks again
 *
 *   sweep: ledger.held-by, page after page --> a case for each transaction of which ours is the turn
 *
 * A node is away by the city's time: that of the lists, which more than two thirds of the delegates sign. So
 * a clock that jumps makes nobody absent. Kept are who is away and who was listed: else whoever goes while this
 * delegate is down would never be missed.
 *
 * Cost: of a list of n nodes, n comparisons each ten seconds. A sweep waits while many cases are open.
 */
import { same } from '#lib/bytes.ts';
import { flag, record, toBytes, whole } from '../codec.ts';
import { forget, keep, NOTHING, put, reply, send, type Moment, type Write } from '../effect.ts';
import { HolderRole, type EligibleList } from '../eligibility.ts';
import { AskHeldBy, type Listed } from '../ledger.messages.ts';
import { Parted } from '../presence.messages.ts';
import { Noted, type Gone } from '../repair.messages.ts';
import { address, type NodeAddress } from '../subjects.ts';
import { unixMs } from '../terms.ts';
import { admit, rankFor } from './cases.ts';
import { placeIn } from './placing.ts';
import {
  ABSENT_MAX,
  askFor,
  CASES_MAX,
  cityTime,
  keepFor,
  newestList,
  type Effects,
  type Repairing,
  type Sweep,
} from './state.ts';

export const AWAY = 'away/';
export const HERE = 'here/';
const LEDGER_MS = 5_000;
/** Those behind us in rank sweep after so long. */
const RANK_MS = 300_000;
const AGAIN_MS = 1_000;

const KeptAbsent = record({ role: HolderRole, since: unixMs, isSaid: flag });
const KeptHere = record({ role: HolderRole });

export function restoreAbsent(state: Repairing, node: NodeAddress, value: Uint8Array): void {
  state.absent.set(node, whole(KeptAbsent, value));
}

export function restoreHere({ here }: Repairing, node: NodeAddress, value: Uint8Array): void {
  here.set(node, whole(KeptHere, value).role);
}

const keepAbsent = (state: Repairing, node: NodeAddress): Write =>
  put(AWAY + node, toBytes(KeptAbsent, state.absent.get(node)!));

/** Another list: who has left, who has come back. */
export function followList(state: Repairing, at: Moment): Effects {
  const list = newestList(state);
  if (list === undefined || (state.list !== undefined && same(state.list.digest, list.digest)))
    return NOTHING;
  state.list = { digest: list.digest, at: list.head.at, heardAt: at.now };
  const writes: Write[] = [];
  for (const [node, { isSaid }] of state.absent) {
    if (isSaid || placeIn(list, node) === undefined) continue;
    state.absent.delete(node);
    state.sweeps.delete(node);
    writes.push(forget(AWAY + node));
  }
  // What could not be done for want of holders may be done now.
  if (writes.length > 0) wakeAll(state, at);
  writes.push(...leave(state, list), ...arrive(state, list));
  return writes.length === 0 ? NOTHING : [keep('away', ...writes)];
}

/** Whoever was listed, in this life or an earlier one, and is not any more. */
function leave(state: Repairing, list: EligibleList): Write[] {
  const { here, absent } = state;
  const writes: Write[] = [];
  for (const [node, role] of here) {
    if (placeIn(list, node) !== undefined) continue;
    const isKnown = absent.has(node);
    if (!isKnown && absent.size >= ABSENT_MAX) break;
    here.delete(node);
    writes.push(forget(HERE + node));
    if (isKnown) continue;
    absent.set(node, { role, since: list.head.at, isSaid: false });
    writes.push(keepAbsent(state, node));
  }
  return writes;
}

function arrive({ here }: Repairing, { nodes }: EligibleList): Write[] {
  return nodes.flatMap(({ node, role }): Write[] => {
    if (here.get(node) === role) return [];
    here.set(node, role);
    return [put(HERE + node, toBytes(KeptHere, { role }))];
  });
}

/** Holders of whom nobody knows since when they are away: since now, at the latest. */
export function noticeAbsent(
  state: Repairing,
  list: EligibleList,
  holders: Iterable<readonly [NodeAddress, HolderRole]>,
  since: number,
): Effects {
  const { absent } = state;
  const writes = [...holders].flatMap(([node, role]): Write[] => {
    const isKnown = absent.has(node) || placeIn(list, node) !== undefined;
    if (isKnown || absent.size >= ABSENT_MAX) return [];
    state.self.probe.sometimes('repair: a holder was away before anybody noticed');
    absent.set(node, { role, since, isSaid: false });
    return [keepAbsent(state, node)];
  });
  return writes.length === 0 ? NOTHING : [keep('away', ...writes)];
}

function wakeAll({ cases }: Repairing, { now }: Moment): void {
  for (const its of cases.values()) {
    if (its.stage === 'waiting' && its.fruitless > 0) its.dueAt = Math.min(its.dueAt, now);
  }
}

/** Its operator says that it does not come back; or that it does. It is noted when that is on the disk. */
export function gone(state: Repairing, { node, isBack }: Gone, at: Moment): Effects {
  const asked = { from: at.from, ticket: at.ticket };
  const noted = (write: Write): Effects[number] =>
    keepFor(state, [write], () => reply(asked, Noted.of({})));
  const presence = address(state.self.node, 'presence');
  const parted = send(presence, Parted.of({ node, isBack }));
  if (isBack) {
    state.absent.delete(node);
    state.sweeps.delete(node);
    return [noted(forget(AWAY + node)), parted];
  }
  if (!state.absent.has(node) && state.absent.size >= ABSENT_MAX) return NOTHING;
  const role = state.absent.get(node)?.role ?? 'light';
  state.absent.set(node, { role, since: 0, isSaid: true });
  return [noted(keepAbsent(state, node)), parted];
}

/** Those that were said not to come back: a list may have them for a while. */
export const saidGone = ({ absent }: Pick<Repairing, 'absent'>): readonly NodeAddress[] =>
  [...absent].flatMap(([node, { isSaid }]) => (isSaid ? [node] : []));

/** Sweeps of whoever is missed by now, and their next pages. */
export function sweep(state: Repairing, at: Moment): Effects {
  const now = cityTime(state, at);
  if (now === undefined) return NOTHING;
  for (const [node, { role, since }] of state.absent) {
    if (now - since > state.rules.missedMs[role] && !state.sweeps.has(node)) {
      state.self.probe.sometimes('repair: a node is missed');
      state.sweeps.set(node, { node, rank: 0, page: undefined, dueAt: at.now, isAsked: false });
    }
  }
  const hasRoom = state.cases.size < CASES_MAX / 2;
  if (!hasRoom) return NOTHING;
  return [...state.sweeps.values()]
    .filter(({ isAsked, dueAt }) => !isAsked && dueAt <= at.now)
    .map((its) => nextPage(state, its));
}

function nextPage(state: Repairing, its: Sweep): Effects[number] {
  its.isAsked = true;
  const question = AskHeldBy.of({
    holder: its.node,
    pages: its.page === undefined ? [] : [its.page],
  });
  const ledger = address(state.self.node, 'ledger');
  return askFor<Listed>(state, ledger, question, LEDGER_MS, (listed, at) => {
    its.isAsked = false;
    its.dueAt = at.now + AGAIN_MS;
    if (listed === undefined || state.sweeps.get(its.node) !== its) return NOTHING;
    const writes = listed.txs.flatMap((txId) => {
      if (rankFor(state, txId) !== its.rank) return [];
      return admit(state, txId, { inMs: 0 }, at) ?? [];
    });
    turnPage(state, its, listed.next, at);
    return writes.length === 0 ? NOTHING : [keep('case', ...writes)];
  });
}

/** Behind the last page: those of which the ones before us should have taken care. */
function turnPage(
  { self }: Repairing,
  its: Sweep,
  next: number | undefined,
  { now }: Moment,
): void {
  its.page = next;
  its.dueAt = now;
  if (next !== undefined) return;
  its.rank++;
  its.dueAt = its.rank < self.genesis.delegates.length ? now + RANK_MS : Infinity;
}

/**
 * A run: one repair of one transaction, from its lease to the word that it is done.
 *
 *   queued --(budget, fewest days first)--> repair-lease --(ordered: ours)--> rows --> deliver --> repair-ack
 *     ^                                          |                             |          |            |
 *     |                                          '- another's, first: later    |          |            |
 *     '----------------- later: whatever did not come in time <----------------'----------'            |
 *                                                  fewer than k pieces: lost           done <----------'
 *
 * Safety: rows are rebuilt and ordered only under a lease that the city has ordered, and until its time by the
 * city's clock: whoever takes over does so later. What was delivered without its word being ordered is
 * nobody's row, and is delivered again.
 * Liveness: each part has a deadline, and a run that ends without success begins again with a look.
 */
import { pieceBytes } from '#algorithms/erasure/code.ts';
import { hex } from '#lib/bytes.ts';
import { actId, type SignedAct } from '../act.ts';
import type { Moment } from '../effect.ts';
import { figure } from '../figures.ts';
import { shapeOfManifest } from '../manifest.ts';
import { AskPieces, type GavePieces } from '../holder.messages.ts';
import type { Ordered } from '../ledger.messages.ts';
import { isOfManifest } from '../piece.ts';
import { checkJobOf, sparesOf } from '../placement.ts';
import { TakeLocate } from '../receiving.messages.ts';
import { address, type NodeAddress } from '../subjects.ts';
import { costOf, mayBegin, refilled, spent } from './budget.ts';
import { close, later } from './cases.ts';
import { acknowledged, deliver } from './deliver.ts';
import { candidatesOf } from './placing.ts';
import { giveUp, isAt, left, renewingOf, type Leased, type Run } from './running.ts';
import { say } from './say.ts';
import {
  askFor,
  cityTime,
  computeFor,
  newestList,
  RUNNING_MAX,
  type Case,
  type Effects,
  type Repairing,
} from './state.ts';

/** Until the city has ordered what we said. */
const ORDER_MS = 15_000;
/** A lease ends by the time of batches, of which we hear a little late. */
const EARLY_MS = 5_000;
const GATHER_MS = 12_000;
const SURVEY_MS = 1_500;

/** Begins what is queued, what would be lost first before the others, while there is budget. */
export function beginQueued(state: Repairing, at: Moment): Effects {
  const all = [...state.cases.values()];
  const room = RUNNING_MAX - all.filter(({ stage }) => stage === 'running').length;
  const queued = all.filter(({ stage }) => stage === 'queued').toSorted(byNeed);
  state.budget = refilled(state.budget, state.rules.bytesPerSecond, at.now);
  return queued.slice(0, room).flatMap((its) => {
    if (!mayBegin(state.budget)) return [];
    return begin(state, its, its.run!, at);
  });
}

const byNeed = ({ run: a }: Case, { run: b }: Case): number =>
  Number(a!.isWished) - Number(b!.isWished) || a!.days - b!.days;

/** The proof of the first placement gives the seed of all later ones. */
function begin(state: Repairing, its: Case, run: Run, at: Moment): Effects {
  const { manifest, anew } = run;
  const size = pieceBytes(shapeOfManifest(manifest));
  state.budget = spent(state.budget, costOf(manifest.terms.k, size, anew.length));
  its.stage = 'running';
  its.isUnderway = true;
  run.phase = 'proving';
  run.deadline = at.now + state.rules.turns.leaseMs;
  const { genesis } = state.self;
  const { prover } = manifest.placement;
  const delegate = genesis.delegates.find(({ node }) => node === prover)!;
  const check = checkJobOf(genesis.network, manifest.txId, manifest.placement, delegate);
  return [
    computeFor<readonly (Uint8Array | undefined)[]>(
      state,
      'select.check',
      [check],
      (drawn, then) => {
        const output = drawn?.[0];
        if (!isAt(its, run, 'proving') || output === undefined)
          return giveUp(state, its, run, then);
        run.output = output;
        return lease(state, its, run, then);
      },
    ),
  ];
}

function lease(state: Repairing, its: Case, run: Run, at: Moment): Effects {
  const rows = [...run.anew, ...run.longer].toSorted((a, b) => a - b);
  const { leaseMs } = state.rules.turns;
  const untilMs = Math.floor(cityTime(state, at)! + leaseMs);
  const { round } = run.renewing;
  run.phase = 'leasing';
  run.leasedUntil = untilMs;
  if (state.self.plant === 'repair-without-lease')
    return leased(state, its, run, untilMs - leaseMs, at);
  return sayIn(state, its, run, { says: 'repair-lease', round, rows, untilMs }, at);
}

/** Says something of this run, and waits until it is ordered. */
export function sayIn(
  state: Repairing,
  its: Case,
  run: Run,
  what: SignedAct['act']['what'],
  at: Moment,
): Effects {
  const { phase } = run;
  run.deadline = Math.min(run.deadline, at.now + ORDER_MS);
  const { id, effects } = say(state, what, its.txId, at, (isHeld, then) =>
    isHeld || !isAt(its, run, phase) ? [] : giveUp(state, its, run, then),
  );
  run.said = hex(id);
  return effects;
}

/** Something about this transaction was ordered: ours, or another's. */
export function ordered(
  state: Repairing,
  its: Case,
  { signed, at: orderedAt }: Ordered,
  by: NodeAddress | undefined,
  at: Moment,
): Effects {
  const { run } = its;
  const { what } = signed.act;
  if (run === undefined || its.stage !== 'running') return [];
  const isOurs = by === state.self.node && run.said === hex(actId(signed));
  if (what.says === 'repair-lease') {
    if (isOurs && run.phase === 'leasing') return leased(state, its, run, orderedAt, at);
    if (by === state.self.node) return [];
    state.self.probe.sometimes('repair: another one has the lease');
    const wait = what.untilMs - (cityTime(state, at) ?? what.untilMs);
    return [...left(state, run), ...later(its, at, Math.max(0, wait))];
  }
  const isOver = what.says === 'repair-ack' || what.says === 'lost';
  // What we had given up was ordered after all: this round is over.
  if (isOver && !isOurs) return [...left(state, run), ...later(its, at, 0)];
  if (!isOver || run.phase !== 'saying') return [];
  state.self.probe.sometimes('repair: a transaction was repaired');
  return what.says === 'repair-ack' ? finished(state, its, run, what, at) : later(its, at);
}

/** Which rows are as they were to be: what is left is the next round's. */
function finished(
  state: Repairing,
  its: Case,
  { anew, longer }: Run,
  { renewal }: Extract<SignedAct['act']['what'], { says: 'repair-ack' }>,
  at: Moment,
): Effects {
  for (const row of renewal.rows) its.leaving.delete(row);
  const isWhole = [...anew, ...longer].every((row) => renewal.rows.includes(row));
  its.fruitless = renewal.rows.length > 0 ? 0 : its.fruitless;
  // Rows of whoever was silent belong to it: they may turn out to be gone as well.
  its.isUnderway = !isWhole || its.doubted.size > 0;
  const isMore = !isWhole || its.doubted.size > 0 || its.leaving.size > 0 || its.isLonger;
  const next = isMore ? later(its, at, isWhole ? 0 : undefined) : close(state, its);
  const made = anew.filter((row) => renewal.rows.includes(row)).length;
  return [...next, figure('city_chain_repaired_rows_total', made)];
}

/** It is ours: from here on rows are gathered; what only stays is delivered at once. */
function leased(state: Repairing, its: Case, run: Run, orderedAt: number, at: Moment): Effects {
  run.said = undefined;
  run.deadline = at.now + Math.max(0, run.leasedUntil - orderedAt - EARLY_MS);
  if (run.anew.length === 0) return deliverBy(state, its, run, undefined, at);
  run.phase = 'gathering';
  run.errand = ++state.begun;
  const { manifest, renewing } = run;
  const errand = {
    for: address(state.self.node, 'repair'),
    number: run.errand,
    want: 'rows',
    withinMs: GATHER_MS,
    bodyHash: undefined,
  } as const;
  const places = renewing.places.map(({ holder, until }, row) => ({ row, holder, until }));
  const locate = address(state.self.node, 'locate');
  return [{ do: 'send', to: locate, message: TakeLocate.of({ errand, manifest, places }) }];
}

const caseOf = ({ cases }: Repairing, errand: number): Case | undefined =>
  [...cases.values()].find(({ run }) => run?.errand === errand && run.phase === 'gathering');

/** All rows are there. */
export function restored(state: Repairing, errand: number, block: Uint8Array, at: Moment): Effects {
  const its = caseOf(state, errand);
  if (its === undefined) return [];
  return deliverBy(state, its, its.run!, block, at);
}

/** By the newest list: it must still be one when the city orders what came of it. */
function deliverBy(
  state: Repairing,
  its: Case,
  run: Run,
  block: Uint8Array | undefined,
  at: Moment,
): Effects {
  run.list = newestList(state)!;
  run.candidates = candidatesOf(renewingOf(run));
  const by = run as Leased;
  const go = (has: ReadonlyMap<number, NodeAddress>, then: Moment): Effects =>
    deliver(state, its, by, { block, has }, then, (last) => delivered(state, its, by, last));
  return run.isAgain && run.anew.length > 0 ? survey(state, its, by, at, go) : go(new Map(), at);
}

/** Who of those that are next has one of the rows already, from a delivery whose word was never ordered? */
function survey(
  state: Repairing,
  its: Case,
  run: Leased,
  at: Moment,
  go: (has: ReadonlyMap<number, NodeAddress>, at: Moment) => Effects,
): Effects {
  const { terms } = run.manifest;
  const wanted = run.anew.filter((row) => row < terms.lights).length;
  // Whoever stands further behind would pass over more than may be.
  const lights = run.candidates.lights.slice(0, wanted + sparesOf(terms));
  const has = new Map<number, NodeAddress>();
  let left = lights.length;
  run.phase = 'surveying';
  run.errand = undefined;
  if (left === 0) return go(has, at);
  return lights.map((node) => {
    const question = AskPieces.of({ txId: its.txId, rows: [] });
    return askFor<GavePieces>(state, address(node, 'holder'), question, SURVEY_MS, (gave, then) => {
      for (const piece of gave?.pieces ?? []) {
        const isWanted = run.anew.includes(piece.row) && isOfManifest(run.manifest, piece);
        if (isWanted && !has.has(piece.row)) has.set(piece.row, node);
      }
      return --left === 0 && isAt(its, run, 'surveying') ? go(has, then) : [];
    });
  });
}

/** There are fewer than it takes, and so many were found. */
export function unrestored(state: Repairing, errand: number, found: number, at: Moment): Effects {
  const its = caseOf(state, errand);
  if (its === undefined) return [];
  const run = its.run!;
  state.self.probe.sometimes('repair: too few pieces were to be had');
  if (run.days < Infinity) return giveUp(state, its, run, at);
  run.phase = 'saying';
  run.errand = undefined;
  const { round } = run.renewing;
  return sayIn(state, its, run, { says: 'lost', round, found }, at);
}

/** Its manifest was a lie: that is on its way to the city, and nothing can be repaired. */
export function refuted(state: Repairing, errand: number): Effects {
  const its = caseOf(state, errand);
  return its === undefined ? [] : close(state, its);
}

/** Holders have what they were sent. */
function delivered(state: Repairing, its: Case, run: Leased, at: Moment): Effects {
  run.phase = 'saying';
  return sayIn(state, its, run, acknowledged(run), at);
}

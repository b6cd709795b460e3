/**
 * Delivering: who takes the rows of a run, and until each has an ack.
 *
 *   rows --> assigned (placing.ts) --> sealed, one job --> order, in a batch --> hold.pieces, again and again
 *                 ^                                                                   |
 *                 '--- the next light: refused, or silent for three sendings ---- acks, verified in one job
 *                                                                                     |
 *                                                     repair-ack: whatever was acknowledged in time
 */
import { pieceBytes } from '#algorithms/erasure/code.ts';
import { KEM_SUITES } from '#algorithms/kem.ts';
import { hex } from '#lib/bytes.ts';
import type { Saying } from '../act.ts';
import { batchId, verifyJobs } from '../certificate.ts';
import { pathOf } from '#algorithms/merkle/tree.ts';
import { SEAL_JOB } from '../attest.ts';
import { collect, type Signed } from '../batching.ts';
import { send, type Moment } from '../effect.ts';
import { FIRST_EPOCH } from '../genesis.ts';
import { batchDigest, isInBatch, orderLeaf, type Ack } from '../holding.ts';
import { isLightRow, shapeOfManifest } from '../manifest.ts';
import { listedIn } from '../presence/replica.ts';
import { HoldPieces, type HoldAcks, type HoldRefused } from '../sending.messages.ts';
import { NO_CAPSULE, type SealInput, type ToSeal } from '../sending/sealing.ts';
import { address, nodeOf, type NodeAddress } from '../subjects.ts';
import type { VerifyingKey } from '../terms.ts';
import {
  assignmentsOf,
  orderOf,
  pieceFor,
  renewalOf,
  untilOf,
  type Delivery,
  type Target,
} from './delivery.ts';
import { saidGone } from './absent.ts';
import { assigned, renewedLeaf } from './placing.ts';
import { giveUp, isAt, renewingOf, type Leased } from './running.ts';
import { computeFor, type Case, type Effects, type Repairing } from './state.ts';

const AGAIN_MS = 500;
const AGAIN_MS_MAX = 8_000;
/** Another light has its turn when one was sent a row so often, and was silent for so long. */
const SENT_MAX = 3;
const SILENT_MS = 3_000;
/** What has no ack by then is the next round's: a list is good for 20 s. */
const DELIVER_MS = 12_000;

/** What is delivered: all rows, where some are made anew; and lights that have one of them already. */
export interface ToDeliver {
  readonly block: Uint8Array | undefined;
  readonly has: ReadonlyMap<number, NodeAddress>;
}

/** `done`: when whatever was acknowledged stands. */
export function deliver(
  state: Repairing,
  its: Case,
  run: Leased,
  { block, has }: ToDeliver,
  at: Moment,
  done: Delivery['done'],
): Effects {
  run.phase = 'delivering';
  run.errand = undefined;
  run.deadline = Math.min(run.deadline, at.now + DELIVER_MS);
  // Whoever wants to be rid of a row is not given it again, nor is one that is said not to come back, listed or not.
  const leaving = [...its.leaving.values()].map(({ by }) => by);
  const without = new Set([...leaving, ...saidGone(state)]);
  const more = assigned(renewingOf(run), run.candidates, { rows: run.anew, given: has, without });
  const to = new Map([...has, ...more]);
  const until = untilOf(run);
  const assignments = assignmentsOf(run, to, until);
  const targets = new Map<number, Target>();
  for (const [row, holder] of to) targets.set(row, target(holder, undefined));
  for (const row of run.longer) {
    targets.set(row, target(run.renewing.places[row]!.holder, NO_CAPSULE));
  }
  const order = orderOf(run, assignments);
  run.delivery = {
    block,
    until,
    assignments,
    order,
    ordered: undefined,
    targets,
    without,
    againAt: at.now,
    attempt: 0,
    isVerifying: false,
    done,
  };
  const isNobody = targets.size === 0 && run.anew.length > 0;
  if (isNobody) state.self.probe.sometimes('repair: there is nobody to take a row');
  // Those who were drawn first are not to be asked: the round ends with nothing, and the next draws others.
  if (isNobody && !isAnybody(run, without)) return giveUp(state, its, run, at);
  if (targets.size === 0) return done(at);
  const ordering = collect(state.orders, FIRST_EPOCH, orderLeaf(order), its, at);
  if (ordering === undefined) return giveUp(state, its, run, at);
  return [...ordering, ...seal(state, its, run, to, at)];
}

/** Whether anybody who was drawn may be asked, too far behind those who may not. */
const isAnybody = ({ candidates, anew, manifest }: Leased, without: ReadonlySet<NodeAddress>) =>
  [
    ...(anew.some((row) => isLightRow(manifest, row)) ? candidates.lights : []),
    ...candidates.anchors.flatMap(({ from, to, fresh }) =>
      anew.some((row) => row >= from && row < to) ? fresh : [],
    ),
  ].some((node) => !without.has(node));

const target = (holder: NodeAddress, capsule: Uint8Array | undefined): Target => ({
  holder,
  capsule,
  sent: 0,
  firstSentAt: 0,
  ack: undefined,
});

/** A capsule of each of these rows, for its holder. */
function seal(
  state: Repairing,
  its: Case,
  run: Leased,
  to: ReadonlyMap<number, NodeAddress>,
  at: Moment,
): Effects {
  const { block, order } = run.delivery!;
  const size = pieceBytes(shapeOfManifest(run.manifest));
  const { digest } = run.list;
  const rows = [...to].flatMap(([row, holder]): ToSeal[] => {
    const listed = listedIn(state.replica, digest, holder);
    if (listed === undefined) return [];
    const text = block!.subarray(row * size, (row + 1) * size);
    return [{ row, holder, key: listed.sealing, text }];
  });
  if (rows.length === 0) return [];
  const bytes = rows.reduce((sum, { key }) => sum + KEM_SUITES[key.suite].entropyBytes, 0);
  const { network } = state.self.genesis;
  const input: SealInput = { network, order, rows, entropy: at.entropy.bytes(bytes) };
  return [
    computeFor<readonly Uint8Array[]>(state, SEAL_JOB, input, (capsules, then) => {
      if (!isAt(its, run, 'delivering') || capsules === undefined) return [];
      for (const [i, { row, holder }] of rows.entries()) {
        const its_ = run.delivery!.targets.get(row);
        if (its_?.holder === holder) its_.capsule = capsules[i]!;
      }
      return post(run, then);
    }),
  ];
}

/** Orders are signed: what is sealed may leave. */
export function signed({ batch, tree, items }: Signed<Case>, at: Moment): Effects {
  return items.flatMap((its, leaf) => {
    const run = its.run as Leased | undefined;
    const delivery = run?.delivery;
    if (run === undefined || run.phase !== 'delivering' || delivery === undefined) return [];
    const isIts = isInBatch(batch.head, leaf, orderLeaf(delivery.order), pathOf(tree, leaf));
    if (!isIts) return [];
    delivery.ordered = { order: delivery.order, batch, leaf, path: pathOf(tree, leaf) };
    return post(run, at);
  });
}

/** To everybody who has not acknowledged, one message each. */
function post(run: Leased, { now }: Moment): Effects {
  const delivery = run.delivery!;
  if (delivery.ordered === undefined) return [];
  const open = [...delivery.targets].filter(
    ([, { ack, capsule }]) => ack === undefined && capsule !== undefined,
  );
  const { batch } = delivery.ordered;
  for (const [, each] of open) {
    if (each.sent++ === 0) each.firstSentAt = now;
  }
  delivery.againAt = now + Math.min(AGAIN_MS_MAX, AGAIN_MS * 2 ** delivery.attempt++);
  const byHolder = Map.groupBy(open, ([, { holder }]) => holder);
  return [...byHolder].map(([holder, rows]) => {
    const pieces = rows.map(([row, to]) => pieceFor(run, delivery, row, to));
    return send(address(holder, 'holder'), HoldPieces.of({ batch, pieces }));
  });
}

/** Time passes: again, or to the next. */
export function deliverAgain(state: Repairing, its: Case, run: Leased, at: Moment): Effects {
  const delivery = run.delivery!;
  if (delivery.isVerifying) return [];
  if (at.now >= run.deadline) return settle(state, its, run, at);
  if (at.now < delivery.againAt) return [];
  const silent = [...delivery.targets].filter(
    ([, { ack, sent, firstSentAt }]) =>
      ack === undefined && sent >= SENT_MAX && at.now - firstSentAt >= SILENT_MS,
  );
  const replaced = silent.flatMap(([row, { holder }]) => replace(run, row, holder));
  return [...reassign(state, its, run, replaced, at), ...post(run, at)];
}

/** A holder does not take it. */
export function refused(state: Repairing, { txId, row }: HoldRefused, at: Moment): Effects {
  const found = deliveringOf(state, txId);
  if (found === undefined || at.from === undefined) return [];
  const { its, run } = found;
  const to = run.delivery!.targets.get(row);
  if (to === undefined || to.ack !== undefined || nodeOf(at.from) !== to.holder) return [];
  state.self.probe.sometimes('repair: a holder refused a row');
  return reassign(state, its, run, replace(run, row, to.holder), at);
}

/** The row has nobody now. */
function replace(run: Leased, row: number, holder: NodeAddress): readonly number[] {
  const { targets, without } = run.delivery!;
  without.add(holder);
  targets.delete(row);
  return [row];
}

function reassign(
  state: Repairing,
  its: Case,
  run: Leased,
  rows: readonly number[],
  at: Moment,
): Effects {
  if (rows.length === 0) return [];
  const { targets, without } = run.delivery!;
  const given = new Map([...targets].map(([row, { holder }]) => [row, holder]));
  const wanted = rows.filter((row) => run.anew.includes(row) && row < run.manifest.terms.lights);
  const to = assigned(renewingOf(run), run.candidates, { rows: wanted, given, without });
  for (const [row, holder] of to) targets.set(row, target(holder, undefined));
  if (to.size > 0) return seal(state, its, run, to, at);
  return settleIfWhole(state, its, run, at);
}

function deliveringOf({ cases }: Repairing, txId: Uint8Array) {
  for (const its of cases.values()) {
    const { run } = its;
    if (run?.phase === 'delivering' && hex(its.txId) === hex(txId))
      return { its, run: run as Leased };
  }
  return undefined;
}

/** Acks come in: those that hashing finds right are verified when all are there. */
export function acked(state: Repairing, { batch, acks }: HoldAcks, at: Moment): Effects {
  if (batch.head.epoch !== FIRST_EPOCH) return [];
  const digest = batchDigest(batch);
  return acks.flatMap(({ txId, row, leaf, path }) => {
    const found = deliveringOf(state, txId);
    const to = found?.run.delivery!.targets.get(row);
    if (found === undefined || to === undefined || to.ack !== undefined) return [];
    const { manifest, delivery } = found.run;
    const until = delivery!.until.get(row)!;
    const expected = renewedLeaf(manifest, { rows: [row], until: [until] }, 0);
    // From the holder itself: a batch of which only the signature is wrong takes the place of no good one.
    const isFrom = at.from !== undefined && nodeOf(at.from) === to.holder;
    const isSigner = batch.head.signer === to.holder;
    if (!isFrom || !isSigner || !isInBatch(batch.head, leaf, expected, path)) return [];
    const ack: Ack = { row, batch: digest, leaf, path };
    to.ack = { ack, batch };
    return settleIfWhole(state, found.its, found.run, at);
  });
}

function settleIfWhole(state: Repairing, its: Case, run: Leased, at: Moment): Effects {
  const { targets, isVerifying } = run.delivery!;
  const isWhole = [...targets.values()].every(({ ack }) => ack !== undefined);
  return isWhole && !isVerifying ? settle(state, its, run, at) : [];
}

/** What was acknowledged by now is verified; with what stands the round is over. */
function settle(state: Repairing, its: Case, run: Leased, at: Moment): Effects {
  const delivery = run.delivery!;
  const { acks, batches } = renewalOf(run, delivery);
  if (acks.length === 0) state.self.probe.sometimes('repair: nobody acknowledged a row');
  if (acks.length === 0) return giveUp(state, its, run, at);
  const keyOf = (node: NodeAddress): VerifyingKey | undefined =>
    listedIn(state.replica, run.list.digest, node)?.signing;
  const jobs = verifyJobs(state.self.genesis.network, batches, keyOf);
  if (jobs === undefined) return giveUp(state, its, run, at);
  delivery.isVerifying = true;
  return [
    computeFor<readonly boolean[]>(state, 'batch.verify', jobs, (stand, then) => {
      if (!isAt(its, run, 'delivering')) return [];
      delivery.isVerifying = false;
      const bad = new Set(batches.flatMap((batch, i) => (stand?.[i] ? [] : [batchId(batch)])));
      if (bad.size === 0) return delivery.done(then);
      state.self.probe.sometimes('repair: the signature of a holder was none');
      for (const to of delivery.targets.values()) {
        if (to.ack !== undefined && bad.has(batchId(to.ack.batch))) to.ack = undefined;
      }
      return then.now >= run.deadline ? settle(state, its, run, then) : [];
    }),
  ];
}

/** The word of it, for the order. */
export const acknowledged = (run: Leased): Saying<'repair-ack'> => ({
  says: 'repair-ack',
  ...renewalOf(run, run.delivery!),
});

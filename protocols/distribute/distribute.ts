/**
 * S4, distribute: every row to its holder, until each has been acknowledged.
 *
 *   distribute.take --> all rows at once --> holders --> acks --(accept.ts)--> commit.acks
 *                          ^                   |
 *                          '-- again, spares --'   (dispatch.ts)
 *
 * It goes on after POH_ACK until all rows that were placed have an ack; only duplicates on spares are let
 * go. Escalation adds the rows for it. Liveness: a row is sent again until it has an ack or a minute has
 * passed; what remains is repair's. Safety needs nothing from here: S5 and every ledger check what it says.
 *
 * The same transaction again: what it knows is said again; its rows are under way already. All of it
 * is lost with its life; the ingress drives the transaction here again. Bounds: `SENDINGS_MAX` transactions
 * and `BYTES_MAX`; beyond them those with enough acks go first, and if there are none the newcomer waits for
 * the ingress to drive it here again.
 */
import { hex, same } from '#lib/bytes.ts';
import { assert } from '#lib/assert.ts';
import {
  NOTHING,
  send,
  sleep,
  wake,
  type Effect,
  type Moment,
  type Signal,
  type Step,
} from '../effect.ts';
import { catalogue, union, type Infer } from '../codec.ts';
import { FOLLOWER_HEARS, FOLLOWER_SAYS } from '../presence.messages.ts';
import { placedRows } from '../manifest.ts';
import { Look } from '../repair.messages.ts';
import * as replica from '../presence/replica.ts';
import { isOwn, type Self } from '../self.ts';
import {
  CommitAcks,
  DISTRIBUTE_HEARS,
  DISTRIBUTE_SAYS,
  type Escalate,
  type HoldRefused,
  type SpareSealed,
  type TakeDistribute,
} from '../sending.messages.ts';
import { address, nodeOf } from '../subjects.ts';
import { accept, unverified, verified, type Accepted } from './accept.ts';
import { askForSpares, dispatch, leave, post, targetOf } from './dispatch.ts';
import { learn, pauseMs } from '../patience.ts';
import {
  BYTES_MAX,
  emptyDistributing,
  escalated,
  isWhole,
  sendingOf,
  SENDINGS_MAX,
  type Distributing,
  type Row,
  type Sending,
} from './state.ts';

export const HEARS = union(DISTRIBUTE_HEARS, FOLLOWER_HEARS);
export const SAYS = union(union(DISTRIBUTE_SAYS, catalogue(Look)), FOLLOWER_SAYS);
export type DistributeHears = Infer<typeof HEARS>;
export type DistributeSays = Infer<typeof SAYS>;

type Did = Step<Distributing, DistributeSays>;
type Effects = readonly Effect<DistributeSays>[];

const LEAVE = 'leave';

export function begin(self: Self): Did {
  const following = { genesis: self.genesis, presence: address(self.node, 'presence') };
  const [copy, effects] = replica.begin(following);
  return [emptyDistributing(self, copy), effects];
}

export function step(state: Distributing, input: DistributeHears | Signal, at: Moment): Did {
  if (replica.isForReplica(input)) {
    const [, effects] = replica.step(state.replica, input, at, state.self.probe);
    return [state, effects];
  }
  const wasEmpty = state.outbox.length === 0;
  const effects = effectsOf(state, input, at);
  // At the end of this moment: what comes from S3 at once leaves for a holder at once.
  const leaving = wasEmpty && state.outbox.length > 0 ? [wake(LEAVE, 0)] : NOTHING;
  return [state, [...effects, ...leaving]];
}

function effectsOf(state: Distributing, input: DistributeHears | Signal, at: Moment): Effects {
  switch (input.kind) {
    case 'distribute.take':
      return isOwn(state.self, 'attest', at) ? take(state, input, at) : NOTHING;
    case 'distribute.escalate':
      return isOwn(state.self, 'commit', at) ? escalate(state, input, at) : NOTHING;
    case 'distribute.spare':
      return isOwn(state.self, 'attest', at) ? spare(state, input) : NOTHING;
    case 'hold.acks': {
      const [accepted, effects] = accept(state, input, at);
      return [...effects, ...pass(state, accepted, at)];
    }
    case 'hold.refused':
      return refused(state, input, at);
    case 'computed': {
      const [accepted, effects] = verified(state, input.id, input.output, at.now);
      return [...effects, ...pass(state, accepted, at)];
    }
    case 'uncomputed':
      return unverified(state, input.id);
    case 'wake':
      return input.id === LEAVE ? leave(state) : again(state, input.id, at);
    default:
      return NOTHING;
  }
}

/** What must be true between any two steps. */
export function invariants({ sendings, bytes, unverified: open, verifying }: Distributing): void {
  assert(sendings.size <= SENDINGS_MAX && bytes <= BYTES_MAX, 'few enough are under way');
  let sum = 0;
  for (const sending of sendings.values()) {
    sum += sending.bytes;
    assert(!isWhole(sending), 'who is whole is gone');
  }
  assert(sum === bytes, 'what is under way is counted');
  const inJobs = [...verifying.values()].flat();
  for (const { id } of inJobs) assert(open.has(id), 'what is verified is waited for');
}

function take(state: Distributing, taken: TakeDistribute, at: Moment): Effects {
  const key = hex(taken.manifest.txId);
  const known = state.sendings.get(key);
  if (known !== undefined && isSameOrder(known, taken)) {
    state.self.probe.sometimes('distribute: a transaction came again');
    // Its rows are on their way already, and its timer sends them again.
    return sayAgain(state, known);
  }
  if (known !== undefined) end(state, known);
  const sending = sendingOf(taken, key, at.now);
  if (!makeRoom(state, sending)) {
    state.self.probe.sometimes('distribute: too many transactions are under way');
    return NOTHING;
  }
  state.sendings.set(key, sending);
  state.bytes += sending.bytes;
  const effects = dispatch(state, sending, sending.rows.values(), at);
  return [...effects, wake(timerOf(sending), pauseMs(state.patience, 0))];
}

const isSameOrder = ({ ordered }: Sending, taken: TakeDistribute): boolean =>
  same(ordered.order.manifestHash, taken.ordered.order.manifestHash);

const timerOf = ({ key }: Sending): string => `again:${key}`;

/** S5 may have lost its count. */
function sayAgain(state: Distributing, { manifest, rows }: Sending): Effects {
  const acks = [...rows.values()].flatMap(({ ack }) => (ack === undefined ? [] : [ack]));
  if (acks.length === 0) return NOTHING;
  return [send(address(state.self.node, 'commit'), CommitAcks.of({ txId: manifest.txId, acks }))];
}

/** The oldest with enough acks go first: repair would look after what they lack. */
function makeRoom(state: Distributing, { bytes }: Sending): boolean {
  const hasRoom = (): boolean =>
    state.sendings.size < SENDINGS_MAX && state.bytes + bytes <= BYTES_MAX;
  for (const other of hasRoom() ? [] : state.sendings.values()) {
    if (other.acked >= other.manifest.terms.ackNeeded) end(state, other);
    if (hasRoom()) return true;
  }
  return hasRoom();
}

/** What is left of its timer wakes nobody. */
function end(state: Distributing, sending: Sending): void {
  state.sendings.delete(sending.key);
  state.bytes -= sending.bytes;
}

/** Time to send again to those who are silent. */
function again(state: Distributing, timer: string, at: Moment): Effects {
  const sending = state.sendings.get(timer.slice(timer.indexOf(':') + 1));
  if (sending === undefined) return NOTHING;
  sending.attempt++;
  if (at.now >= sending.until) {
    state.self.probe.sometimes('distribute: rows were left to repair');
    end(state, sending);
    return [leftOf(state, sending)];
  }
  const effects = dispatch(state, sending, sending.rows.values(), at);
  return [...effects, wake(timer, pauseMs(state.patience, sending.attempt))];
}

/** What was never acknowledged, for whoever repairs. */
function leftOf({ self }: Distributing, { manifest, rows }: Sending): Effect<DistributeSays> {
  const left = [...rows].flatMap(([row, { ack }]) => (ack === undefined ? [row] : []));
  return send(address(self.node, 'repair'), Look.of({ txId: manifest.txId, rows: left }));
}

function escalate(state: Distributing, { txId }: Escalate, at: Moment): Effects {
  const sending = state.sendings.get(hex(txId));
  return sending === undefined ? NOTHING : dispatch(state, sending, escalated(sending), at);
}

/** S3 has sealed a row for a spare. */
function spare(state: Distributing, { txId, row: at, spare: of, capsule }: SpareSealed): Effects {
  const sending = state.sendings.get(hex(txId));
  const row = sending?.rows.get(at);
  const target = row?.targets.find((each) => each.spare === of);
  if (sending === undefined || row === undefined || target?.capsule !== undefined) return NOTHING;
  if (target === undefined || row.ack !== undefined) return NOTHING;
  state.self.probe.sometimes('distribute: a spare was sent a row');
  target.capsule = capsule;
  post(state, sending, row, target);
  return NOTHING;
}

/** Somebody will not hold what it was sent: a spare has its turn. */
function refused(state: Distributing, word: HoldRefused, at: Moment): Effects {
  const { from } = at;
  const sending = state.sendings.get(hex(word.txId));
  const row = sending?.rows.get(word.row);
  const by = from === undefined || row === undefined ? undefined : targetOf(row, nodeOf(from));
  if (sending === undefined || row === undefined || by === undefined) return NOTHING;
  if (row.ack !== undefined || by.hasRefused) return NOTHING;
  state.self.probe.sometimes('distribute: a holder refused');
  by.hasRefused = true;
  return askForSpares(state, sending, row, at);
}

/** Acks that stand go on to S5, those of one transaction together. */
function pass(state: Distributing, accepted: Accepted, at: Moment): Effects {
  const commit = address(state.self.node, 'commit');
  const effects: Effect<DistributeSays>[] = [];
  for (const [sending, acks] of Map.groupBy(accepted, (each) => each.sending)) {
    if (state.sendings.get(sending.key) !== sending) continue;
    const { txId } = sending.manifest;
    for (const { ack, batch } of acks) note(state, sending, { ack, batch }, at);
    const passed = acks.map(({ ack, batch }) => ({ ack, batch }));
    effects.push(send(commit, CommitAcks.of({ txId, acks: passed })));
    if (!isWhole(sending)) continue;
    end(state, sending);
    effects.push(sleep(timerOf(sending)));
  }
  return effects;
}

function note(
  state: Distributing,
  sending: Sending,
  acked: NonNullable<Row['ack']>,
  { now }: Moment,
): void {
  const row = sending.rows.get(acked.ack.row);
  if (row === undefined || row.ack !== undefined) return;
  row.ack = acked;
  sending.acked++;
  // Spares and rows for escalation were sent later than the transaction.
  const isPlaced = row.targets[0]!.holder === acked.batch.head.signer;
  if (isPlaced && row.row < placedRows(sending.manifest)) {
    learn(state.patience, now - sending.begunAt);
  }
}

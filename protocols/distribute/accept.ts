/**
 * Accepting acks: hashes first, then the signature of their batch, once for each batch.
 *
 *   hold.acks --(of a transaction and row that want one? placed? in the batch?)--> useful ones
 *      batch known --> they stand              batch new --> job, with other batches --> they stand
 *
 * The ledger of this node hears which signatures were good, and does not verify them again.
 *
 * An ack that nobody wants costs no signature. Beyond `UNVERIFIED_MAX` batches acks are dropped: their
 * rows are sent again, and acknowledged again.
 */
import { hex } from '#lib/bytes.ts';
import { isAhead, refusedAhead } from '../ahead.ts';
import { ackFault, batchId, verifyJobs } from '../certificate.ts';
import { compute, NOTHING, send, type Effect, type Moment, type Plain } from '../effect.ts';
import { layerTook } from '../figures.ts';
import { batchDigest, type Ack, type Batch } from '../holding.ts';
import { listedIn, newest } from '../presence/replica.ts';
import { Verified, VERIFY_MAX, type HoldAcks } from '../sending.messages.ts';
import { address } from '../subjects.ts';
import type { VerifyingKey } from '../terms.ts';
import type { Distributing, Sending, Unverified } from './state.ts';

const UNVERIFIED_MAX = 1_024;
const JOBS_MAX = 2;
const ID = 'acks:';

/** Acks that stand, by transaction. */
export type Accepted = readonly {
  readonly sending: Sending;
  readonly batch: Batch;
  readonly ack: Ack;
}[];
type Did = readonly [Accepted, readonly Effect<Verified>[]];
const NONE: Did = [[], NOTHING];

export function accept(state: Distributing, { batch, acks }: HoldAcks, at: Moment): Did {
  if (isAhead(batch.head.at, at.wall)) return [[], [refusedAhead('ack')]];
  const digest = batchDigest(batch);
  const useful = acks.flatMap(({ txId, row, leaf, path }) => {
    const sending = state.sendings.get(hex(txId));
    const ack: Ack = { row, batch: digest, leaf, path };
    return sending !== undefined && isUseful(state, sending, ack, batch) ? [{ sending, ack }] : [];
  });
  if (useful.length === 0) return NONE;
  const id = batchId(batch);
  if (state.verified.has(id)) return [useful.map((each) => ({ ...each, batch })), NOTHING];
  return [[], verifyFirst(state, { id, since: at.now, batch, acks: useful })];
}

function isUseful({ self }: Distributing, sending: Sending, ack: Ack, batch: Batch): boolean {
  const row = sending.rows.get(ack.row);
  const isWanted = row?.ack === undefined || self.plant === 'duplicate-ack-counted';
  if (row === undefined || !isWanted) return false;
  const { epoch } = sending.ordered.batch.head;
  const fault = ackFault(sending.manifest, ack, batch, epoch, self.plant);
  if (fault !== undefined) self.probe.sometimes(`distribute: an ack was none: ${fault}`);
  return fault === undefined;
}

function verifyFirst(state: Distributing, found: Unverified): readonly Effect<never>[] {
  const waiting = state.unverified.get(found.id);
  if (waiting !== undefined) {
    // The same batch again while it is looked at: at most one ack for each of its leaves.
    const news = found.acks.filter(({ ack }) =>
      waiting.acks.every((had) => had.ack.leaf !== ack.leaf),
    );
    waiting.acks.push(...news);
    return NOTHING;
  }
  if (state.unverified.size >= UNVERIFIED_MAX) return NOTHING;
  if (keyFor(state, found) === undefined) {
    state.self.probe.sometimes('distribute: the key of a holder was not known');
    return NOTHING;
  }
  state.unverified.set(found.id, found);
  state.toVerify.push(found);
  return begin(state);
}

/** As the list of its placement has it; or, where that is gone, the newest. */
function keyFor({ replica }: Distributing, found: Unverified): VerifyingKey | undefined {
  const { signer } = found.batch.head;
  const list = found.acks[0]!.sending.manifest.placement.list;
  const placed = listedIn(replica, list, signer);
  const last = newest(replica)?.digest;
  return (placed ?? (last === undefined ? undefined : listedIn(replica, last, signer)))?.signing;
}

function begin(state: Distributing): readonly Effect<never>[] {
  const { toVerify, verifying, self } = state;
  if (toVerify.length === 0 || verifying.size >= JOBS_MAX) return NOTHING;
  const taken = toVerify.splice(0, VERIFY_MAX);
  const known = taken.filter((found) => keyFor(state, found) !== undefined);
  for (const { id } of taken)
    if (!known.some((found) => found.id === id)) state.unverified.delete(id);
  if (known.length === 0) return NOTHING;
  const keys = new Map(known.map((found) => [found.batch.head.signer, keyFor(state, found)]));
  const batches = known.map(({ batch }) => batch);
  const jobs = verifyJobs(self.genesis.network, batches, (node) => keys.get(node));
  const id = `${ID}${++state.begun}`;
  verifying.set(id, known);
  return [compute(id, 'batch.verify', jobs as unknown as Plain)];
}

/** Signatures were verified: the acks of those batches that stand. */
export function verified(state: Distributing, id: string, output: Plain, now: number): Did {
  const stand = output as readonly boolean[];
  const done = take(state, id);
  const good = done.filter((_, i) => stand[i] === true);
  if (good.length < done.length)
    state.self.probe.sometimes('distribute: the signature of a holder was none');
  for (const { id: batch } of good) state.verified.add(batch);
  const accepted = good.flatMap(({ batch, acks }) =>
    acks.map(({ sending, ack }) => ({ sending, ack, batch })),
  );
  const took = done.map(({ since }) => layerTook('S4', since, now));
  return [accepted, [...toldLedger(state, good), ...begin(state), ...took]];
}

function toldLedger(
  { self }: Distributing,
  good: readonly Unverified[],
): readonly Effect<Verified>[] {
  if (good.length === 0) return NOTHING;
  const batches = good.map(({ batch }) => batchDigest(batch));
  return [send(address(self.node, 'ledger'), Verified.of({ batches }))];
}

/** A job failed: its acks are as if they had not come. */
export function unverified(state: Distributing, id: string): readonly Effect<never>[] {
  take(state, id);
  return begin(state);
}

function take(state: Distributing, id: string): readonly Unverified[] {
  const done = state.verifying.get(id) ?? [];
  state.verifying.delete(id);
  for (const { id: batch } of done) state.unverified.delete(batch);
  return done;
}

/**
 * Dispatching: who is sent a row, and when again.
 *
 *   after        0     250 ms   750   1.75 s  3.75 s  7.75 s   then every 15 s
 *   placed       *        *      *       *       *       *        *      until the row has an ack
 *   elsewhere    *               *       *       *       *        *      an ocean is 250 ms wide
 *   spares                                     first   second            a light's row; at once for a refusal
 *
 * The first pause is longer where acks take longer (patience.ts). A light is silent, and a spare has its
 * turn, when it was sent its row three times and 2 s have passed while others have answered: if nobody
 * does, it is the network or us, and more messages would not help. At most eight rows wait for spares.
 *
 * All rows leave at once. What leaves in one moment for one holder, under one order batch, is one message.
 * A row that has an ack, from whomever, is sent to nobody any more. An anchor that has refused is asked
 * again: there is nobody else for its rows.
 */
import { pathOf } from '#algorithms/merkle/tree.ts';
import { continentOf } from '../ack-rule.ts';
import { batchId } from '../certificate.ts';
import { send, type Effect, type Moment } from '../effect.ts';
import { BATCH_MAX } from '../holding.ts';
import { heldUntil, isLightRow, rowsOf } from '../manifest.ts';
import { HoldPieces, SealSpare, type SealedPiece } from '../sending.messages.ts';
import { address, type NodeAddress } from '../subjects.ts';
import {
  mayHaveSpare,
  type Distributing,
  type Parcel,
  type Row,
  type Sending,
  type Target,
} from './state.ts';

/** When a light's row has one spare, and another. */
const SPARES_FROM = [
  { attempt: 3, silentMs: 2_000 },
  { attempt: 5, silentMs: 6_000 },
] as const;
/** When an anchor that has refused is asked again. */
const REFUSED_AGAIN = 3;
/** Of one message: a wire takes no more than some hundred KB. */
const MESSAGE_BYTES_MAX = 256 * 1024;

type Did = readonly Effect<SealSpare>[];

/** Sends the rows that have no ack to whoever is due, and asks for spares. */
export function dispatch(
  state: Distributing,
  sending: Sending,
  rows: Iterable<Row>,
  at: Moment,
): Did {
  const effects: Effect<SealSpare>[] = [];
  for (const row of rows) {
    if (row.ack !== undefined) continue;
    for (const target of row.targets) {
      if (isDue(state, sending, row, target)) post(state, sending, row, target);
    }
    effects.push(...askForSpares(state, sending, row, at));
  }
  return effects;
}

function isDue({ self }: Distributing, sending: Sending, { row }: Row, target: Target): boolean {
  const { attempt, manifest } = sending;
  if (target.capsule === undefined) return false;
  if (target.hasRefused) return !isLightRow(manifest, row) && attempt >= REFUSED_AGAIN;
  return attempt !== 1 || continentOf(target.holder) === continentOf(self.node);
}

export function post(state: Distributing, sending: Sending, { row }: Row, target: Target): void {
  state.outbox.push({ sending, row, target });
}

/** As many spares as a row should have by now; those that were never sealed are asked for again. */
export function askForSpares({ self }: Distributing, sending: Sending, row: Row, at: Moment): Did {
  const refused = row.targets.filter(({ hasRefused }) => hasRefused).length;
  const late = lateSpares(sending, at);
  while (row.targets.length < 1 + refused + late && mayHaveSpare(sending, row)) {
    const spare = sending.sparesUsed++;
    const holder = sending.manifest.placement.spares[spare]!;
    row.targets.push({ holder, spare, capsule: undefined, hasRefused: false });
  }
  const { txId } = sending.manifest;
  const attest = address(self.node, 'attest');
  return row.targets.flatMap(({ spare, capsule }) =>
    spare === undefined || capsule !== undefined
      ? []
      : [send(attest, SealSpare.of({ txId, row: row.row, spare }))],
  );
}

function lateSpares({ attempt, acked, begunAt }: Sending, { now }: Moment): number {
  if (acked === 0) return 0;
  const isDueNow = (from: (typeof SPARES_FROM)[number]): boolean =>
    attempt >= from.attempt && now - begunAt >= from.silentMs;
  return SPARES_FROM.filter(isDueNow).length;
}

/** What is in the outbox, one message for each holder and order batch, or several where it is much. */
export function leave(state: Distributing): readonly Effect<HoldPieces>[] {
  const parcels = Map.groupBy(state.outbox, keyOf);
  state.outbox = [];
  return [...parcels.values()].flatMap((together) => {
    const { sending, target } = together[0]!;
    const { batch } = sending.ordered;
    const to = address(target.holder, 'holder');
    return inMessages(together).map((pieces) => send(to, HoldPieces.of({ batch, pieces })));
  });
}

const keyOf = ({ sending, target }: Parcel): string =>
  `${target.holder} ${batchId(sending.ordered.batch)}`;

function inMessages(parcels: readonly Parcel[]): readonly (readonly SealedPiece[])[] {
  const messages: SealedPiece[][] = [];
  let room = 0;
  for (const parcel of parcels) {
    // A row that was acknowledged meanwhile needs to go nowhere.
    if (parcel.sending.rows.get(parcel.row)?.ack !== undefined) continue;
    const bytes = parcel.target.capsule!.length;
    if (room < bytes || messages.at(-1)!.length === BATCH_MAX) {
      messages.push([]);
      room = MESSAGE_BYTES_MAX;
    }
    room -= bytes;
    messages.at(-1)!.push(pieceOf(parcel));
  }
  return messages;
}

function pieceOf({ sending, row, target }: Parcel): SealedPiece {
  const { manifest, ordered, assignments, pieces } = sending;
  const { order, leaf, path } = ordered;
  const assignment = target.spare === undefined ? row : rowsOf(manifest) + target.spare;
  return {
    order,
    leaf,
    path,
    row,
    assignment,
    assignmentPath: pathOf(assignments, assignment),
    until: heldUntil(manifest, row),
    piecePath: pathOf(pieces, row),
    capsule: target.capsule!,
  };
}

/** The row of a node, as it was sent. */
export const targetOf = ({ targets }: Row, holder: NodeAddress): Target | undefined =>
  targets.find((target) => target.holder === holder);

/**
 * Holding: a node takes the pieces that are its to hold, and says so when they are on its disk.
 *
 *   hold.pieces --(order names me: assigned.ts)--> takes, one at work for each key
 *                                                    |
 *          may be held? --(look)--> it is ---.       v
 *                 '-- no ------------------>  opening: order's signature, capsule, piece
 *                                                    |
 *                                 it is there <--  stowing --> refused: full
 *                                     |
 *   hold.acks <-- signed, with path <-- batch <-- ack leaf
 *
 * Safety: an ack is collected only when the store has said that the piece is durable, and it is of bytes
 * that the order's root commits to; nothing is stored that no delegate ordered for this node. Liveness: S4
 * sends again until it has an ack; what is lost here, by a restart or because a table is full, is done
 * again. The same piece again costs no second stow, and no second signature while its batch is remembered.
 *
 * What is held is given back to whoever asks for it: asked.ts.
 *
 * A light holds one row of a transaction, an anchor those that it is assigned. What is refused is told with
 * a closed reason; what comes from nobody is dropped.
 *
 * Changes its tables in place; beyond their bounds (state.ts) pieces are dropped unanswered.
 */
import { same } from '#lib/bytes.ts';
import { assert } from '#lib/assert.ts';
import * as batches from '../batching.ts';
import { isAhead, refusedAhead } from '../ahead.ts';
import { batchId } from '../certificate.ts';
import {
  fetch,
  NOTHING,
  reply,
  send,
  stow,
  type Effect,
  type Moment,
  type PieceFound,
  type Plain,
  type Signal,
  type Step,
  type Stowed,
} from '../effect.ts';
import type { HolderHears, HolderSays } from '../holder.messages.ts';
import { millis } from '../ids.ts';
import { HoldRefused, type HoldPieces, type HoldReason } from '../sending.messages.ts';
import { address, type Address } from '../subjects.ts';
import { acknowledge, tell, untold } from './acknowledge.ts';
import { answerPieces, fetched, invariants as askedInvariants, isAsked } from './asked.ts';
import { orderKey, pieceFault } from './assigned.ts';
import { erase, eraseDiscarded, eraseVerified, isErasing } from './erasing.ts';
import { heldBytes, pieceKey, readHeld } from './held-piece.ts';
import {
  add,
  beginInventory,
  describe,
  foundNoRoom,
  listed,
  mayHave,
  measured,
  measureRoom,
  renew,
  RENEW_WAKE,
} from './inventory.ts';
import type { Opened } from './jobs.ts';
import { cityNow } from './city-clock.ts';
import {
  looked as lookedAtNamed,
  nominated,
  noteRoom,
  noteTimes,
  question,
  tick,
} from './leaving.ts';
import { isDropping, isLeaving, MARKS, stays } from './partings.ts';
import { dropped, heard, worked } from './wishing.ts';
import { isProving, prove, proved, read, unproved } from './proving.ts';
import { isOpening, open, opened, unopened } from './opening.ts';
import {
  BYTES_MAX,
  emptyHolding,
  PIECES_MAX,
  QUEUE_MAX,
  workDone,
  workOn,
  type Holder,
  type Holding,
  type Take,
} from './state.ts';

type Did = Step<Holding, HolderSays>;
type Effects = readonly Effect<HolderSays>[];

export function begin(holder: Holder, at: Moment): Did {
  const [inventory, effects] = beginInventory(holder.marks ?? MARKS, at);
  return [emptyHolding(holder, inventory, at), effects];
}

export function step(holding: Holding, input: HolderHears | Signal, at: Moment): Did {
  return [holding, effectsOf(holding, input, at)];
}

function effectsOf(holding: Holding, input: HolderHears | Signal, at: Moment): Effects {
  const { inventory } = holding;
  switch (input.kind) {
    case 'hold.pieces':
      return take(holding, input, at);
    case 'holder.describe': {
      const shown = describe(inventory, input, at);
      return shown === undefined ? NOTHING : reply(at, shown);
    }
    case 'holder.ask':
      return answerPieces(holding.asked, holding.holder, inventory, input, at);
    case 'holder.prove':
      return prove(holding, input, at);
    case 'holder.erase':
      return erase(holding.erasing, holding.holder, input, at);
    case 'repair.leave':
      return heard(holding, input, at);
    case 'nominated':
      return nominated(holding, input.pieces, at);
    case 'discarded':
      if (!isLeaving(input.id)) return eraseDiscarded(holding.erasing, input.id, input.outcome);
      dropped(holding, input.id, input.outcome);
      return NOTHING;
    case 'fetched':
      if (isLeaving(input.id)) return lookedAtNamed(holding, input.id, input, at);
      if (isAsked(input)) return fetched(holding.asked, input);
      if (isProving(input.id)) return read(holding, input.id, input, at);
      return looked(holding, workDone(holding, input.id), input, at);
    case 'stowed':
      return stowed(holding, workDone(holding, input.id), input.outcome, at);
    case 'computed':
      if (isErasing(input.id)) return eraseVerified(holding.erasing, input.id, input.output);
      if (isLeaving(input.id)) return worked(holding, input.id, input.output, at);
      return computed(holding, input.id, input.output, at);
    case 'uncomputed':
      if (isErasing(input.id)) return eraseVerified(holding.erasing, input.id, undefined);
      if (isLeaving(input.id)) return worked(holding, input.id, undefined, at);
      return uncomputed(holding, input.id);
    case 'turn':
      return batches.turned(holding.acks, at);
    case 'measured':
      noteRoom(holding, input.tally);
      return measured(inventory, address(holding.holder.node, 'heart'), input, at);
    case 'listed':
      noteTimes(holding, input.pieces, at);
      return listed(inventory, input);
    case 'wake':
      return input.id === RENEW_WAKE ? renew() : [...measureRoom(), ...tick(holding, at)];
    default:
      return NOTHING;
  }
}

/** What must be true between any two steps. */
export function invariants(holding: Holding): void {
  const { takes, pieces, bytes, toOpen, opening, acks, awaiting } = holding;
  assert(pieces >= takes.size && pieces <= PIECES_MAX, 'few enough pieces are under way');
  assert(bytes >= 0 && bytes <= BYTES_MAX, 'few enough bytes are under way');
  assert(takes.size > 0 || (pieces === 0 && bytes === 0), 'what is under way is counted');
  assert(takes.size > 0 || opening.size === 0, 'what is opened is under way');
  assert(opening.size > 0 || toOpen.length === 0, 'what waits is behind what is opened');
  const signing = [...acks.underWay.values()].reduce((sum, { items }) => sum + items.length, 0);
  assert(awaiting.size === acks.waiting.length + signing, 'each leaf is awaited once');
  batches.invariants(acks);
  askedInvariants(holding.asked);
}

/** Pieces come in: each is refused for what can be seen of it, or goes on its way. */
function take(holding: Holding, { batch, pieces }: HoldPieces, at: Moment): Effects {
  const { from } = at;
  if (from === undefined) return NOTHING;
  const { holder, leaving } = holding;
  const now = cityNow(leaving.clock, at) ?? at.wall;
  const latest = Math.max(now, at.wall);
  const key = orderKey(holder.genesis, batch, latest);
  const orderId = batchId(batch);
  const counted = isAhead(batch.head.at, latest) ? [refusedAhead('order')] : NOTHING;
  const taken = pieces.flatMap((sealed): Effects => {
    const fault = key === undefined ? 'not-assigned' : pieceFault(holder.node, batch, sealed, now);
    // Perhaps it is our own clock that is wrong.
    if (key === undefined || fault === 'expired') leaving.isAskedForTime = true;
    if (key === undefined || fault !== undefined) return refuse(from, sealed, fault!);
    return admit(holding, {
      key: pieceKey(holder.role, sealed.order.txId, sealed.row),
      sealed,
      order: batch,
      orderId,
      orderKey: key,
      from,
      held: undefined,
      heldUntil: 0,
    });
  });
  return [...counted, ...taken];
}

const refuse = (
  to: Address,
  { order, row }: Take['sealed'],
  reason: HoldReason,
): readonly Effect<HoldRefused>[] => [send(to, HoldRefused.of({ txId: order.txId, row, reason }))];

/** One at a time for each key; what another wants meanwhile waits behind it. */
function admit(holding: Holding, wanted: Take): Effects {
  const { takes, holder } = holding;
  const { capsule } = wanted.sealed;
  const queue = takes.get(wanted.key);
  const isFull =
    holding.pieces === PIECES_MAX ||
    holding.bytes + capsule.length > BYTES_MAX ||
    queue?.length === QUEUE_MAX;
  if (isFull) holder.probe.sometimes('holder: a piece was dropped because too much is under way');
  if (isFull || isDropping(holding, wanted.key)) return NOTHING;
  if (queue?.some((other) => isSame(other, wanted))) return NOTHING;
  holding.pieces++;
  holding.bytes += capsule.length;
  if (queue !== undefined) return (queue.push(wanted), NOTHING);
  takes.set(wanted.key, [wanted]);
  return look(holding, wanted);
}

/** The same is wanted by the same: it came twice. */
const isSame = (a: Take, b: Take): boolean =>
  a.from === b.from &&
  a.orderId === b.orderId &&
  a.sealed.row === b.sealed.row &&
  a.sealed.until === b.sealed.until &&
  same(a.sealed.order.pieceRoot, b.sealed.order.pieceRoot);

/** It has its answer, or nobody waits for one: the next of its key has its turn. */
function finish(holding: Holding, done: Take): Effects {
  const { takes } = holding;
  holding.pieces--;
  holding.bytes -= done.sealed.capsule.length;
  const rest = takes.get(done.key)!.slice(1);
  if (rest.length === 0) return (takes.delete(done.key), NOTHING);
  takes.set(done.key, rest);
  return look(holding, rest[0]!);
}

const look = (holding: Holding, wanted: Take): Effects =>
  mayHave(holding.inventory, wanted.sealed.order.txId)
    ? [fetch(workOn(holding, 'look', wanted), wanted.key)]
    : open(holding, wanted);

/** What there is under its key: nothing, the same row, or a light's other row of the transaction. */
function looked(
  holding: Holding,
  wanted: Take | undefined,
  there: PieceFound,
  at: Moment,
): Effects {
  if (wanted === undefined) return NOTHING;
  const held = there.found === 'piece' ? readHeld(there.value) : undefined;
  if (there.found !== 'piece' || held === undefined) return open(holding, wanted);
  const { order, row } = wanted.sealed;
  const isIt =
    held.row === row && held.rows === order.rows && same(held.pieceRoot, order.pieceRoot);
  if (!isIt) {
    const there = { txId: order.txId, row: held.row, pieceRoot: held.pieceRoot };
    const asked = question(holding, wanted.key, there, at);
    return [...asked, ...refused(holding, wanted, 'not-assigned')];
  }
  holding.holder.probe.sometimes('holder: a piece came again');
  wanted.held = held;
  wanted.heldUntil = there.expiresAt;
  if (!holding.verified.has(wanted.orderId)) return open(holding, wanted);
  return settle(holding, wanted, at);
}

/** It is held, and its order stands: acknowledged, after it is promised for longer where that is asked. */
function settle(holding: Holding, wanted: Take, at: Moment): Effects {
  stays(holding, wanted.key, at);
  if (wanted.sealed.until > wanted.heldUntil) return keepPiece(holding, wanted, at);
  return [...acknowledge(holding, wanted, at), ...finish(holding, wanted)];
}

function refused(holding: Holding, wanted: Take, reason: HoldReason): Effects {
  return [...refuse(wanted.from, wanted.sealed, reason), ...finish(holding, wanted)];
}

function computed(holding: Holding, id: string, output: Plain, at: Moment): Effects {
  if (isProving(id)) return proved(holding, id, output);
  if (isOpening(holding, id)) {
    const [outcomes, effects] = opened(holding, id, output);
    return [...effects, ...outcomes.flatMap(([taken, what]) => came(holding, taken, what, at))];
  }
  if (!batches.isBatch(holding.acks, id)) return NOTHING;
  const [signed, effects] = batches.signed(holding.acks, id, output);
  return [...effects, ...tell(holding, signed)];
}

function uncomputed(holding: Holding, id: string): Effects {
  if (isProving(id)) return unproved(holding, id);
  if (isOpening(holding, id)) {
    const [dropped, effects] = unopened(holding, id);
    return [...effects, ...dropped.flatMap((taken) => finish(holding, taken))];
  }
  if (!batches.isBatch(holding.acks, id)) return NOTHING;
  const [items, effects] = batches.unsigned(holding.acks, id);
  untold(holding, items);
  return effects;
}

/** What opening came to. */
function came(holding: Holding, wanted: Take, what: Opened, at: Moment): Effects {
  if (typeof what === 'string') return refused(holding, wanted, what);
  if (what === undefined) return settle(holding, wanted, at);
  const { order, row, piecePath: path } = wanted.sealed;
  const { rows, pieceRoot } = order;
  wanted.held = { row, rows, pieceRoot, path, piece: what };
  return keepPiece(holding, wanted, at);
}

function keepPiece(holding: Holding, wanted: Take, at: Moment): Effects {
  const { until } = wanted.sealed;
  const id = workOn(holding, 'stow', wanted);
  const kept = stow(id, wanted.key, heldBytes(wanted.held!), millis(until));
  const isPlanted = holding.holder.plant === 'ack-before-fsync';
  return isPlanted ? [kept, ...acknowledge(holding, wanted, at)] : [kept];
}

function stowed(holding: Holding, kept: Take | undefined, outcome: Stowed, at: Moment): Effects {
  if (kept === undefined) return NOTHING;
  if (outcome !== 'stored') {
    const told = outcome === 'full' ? foundNoRoom(holding.inventory, at) : NOTHING;
    return [...told, ...refused(holding, kept, 'full')];
  }
  stays(holding, kept.key, at);
  const added = add(holding.inventory, kept.sealed.order.txId, at);
  return [...added, ...acknowledge(holding, kept, at), ...finish(holding, kept)];
}

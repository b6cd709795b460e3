/**
 * The keeper of slots.
 *
 *   free --(lock)--> locked --(write, or decided)--> free, with its new value
 *                      |  ^
 *                      |  '--(open)-- inquires, every now and then
 *                      '--(release, or dropped)----> free, as it was
 *
 * Whatever it answers is durable before the answer leaves: a change is kept, and the answers that
 * depend on it wait for `kept`. A request that comes again while its keep is under way waits with them.
 *
 * Changes its table in place: a keeper has many slots, and a step touches one.
 */
import { assert, unreachable } from '#lib/assert.ts';
import { NO_PROBE, type Probe } from '#lib/probe.ts';
import { toBytes, whole } from '../codec.ts';
import {
  answer,
  ask,
  keep,
  NOTHING,
  put,
  wake,
  type Effect,
  type Moment,
  type Signal,
  type Step,
  type Ticket,
} from '../effect.ts';
import {
  Inquire,
  SlotBusy,
  SlotLocked,
  SlotWritten,
  type KeeperHears,
  type KeeperSays,
  type LockSlot,
  type Outcome,
  type ReleaseSlot,
  type WriteSlot,
} from '../ring.messages.ts';
import { firstValue, Kept, slotKey, slotsOf, type Ring } from '../ring.ts';
import type { NodeAddress } from '../subjects.ts';

/** A turn takes some 100 ms, or a second across oceans; a lock that lasts longer is asked about. */
export const INQUIRE_MS = 1_500;
const INQUIRE_WITHIN_MS = 1_000;

interface Slot {
  value: Kept;
  /** The number of the keep that made it durable, or will. */
  keep: number;
}

export interface Keeping {
  readonly slots: Map<number, Slot>;
  /** Keeps begun and completed: they complete in order. */
  begun: number;
  kept: number;
  /** Answers that wait for a keep. */
  readonly waiting: Map<number, Effect<KeeperSays>[]>;
}

type Did = Step<Keeping, KeeperSays>;

export function begin(ring: Ring, node: NodeAddress, kept: ReadonlyMap<string, Uint8Array>): Did {
  const state: Keeping = { slots: new Map(), begun: 0, kept: 0, waiting: new Map() };
  for (const of of slotsOf(ring, node)) {
    const bytes = kept.get(slotKey(of));
    const value = bytes === undefined ? firstValue(ring, of) : whole(Kept, bytes);
    state.slots.set(of, { value, keep: 0 });
  }
  const locked = [...state.slots].filter(([, { value }]) => value.lock !== undefined);
  return [state, locked.map(([of]) => wake(String(of), INQUIRE_MS))];
}

export function step(
  state: Keeping,
  input: KeeperHears | Signal,
  at: Moment,
  probe: Probe = NO_PROBE,
): Did {
  switch (input.kind) {
    case 'ring.lock':
      return lock(state, input, at, probe);
    case 'ring.write':
      return write(state, input, at, probe);
    case 'ring.release':
    case 'ring.outcome':
      return settle(state, input, probe);
    case 'wake':
      return [state, inquire(state, Number(input.id))];
    case 'answered':
      return settle(state, input.message as Outcome, probe);
    case 'unanswered':
      return [state, [wake(input.id, INQUIRE_MS)]];
    case 'kept':
      return done(state, Number(input.id), probe);
    default:
      return [state, NOTHING];
  }
}

/** What must be true between any two steps. */
export function invariants({ slots, begun, kept, waiting }: Keeping): void {
  assert(kept <= begun, 'what is kept was begun');
  for (const [, { keep }] of slots) assert(keep <= begun, 'each value has a keep');
  for (const of of waiting.keys()) assert(of > kept && of <= begun, 'who waits, waits for a keep');
}

function lock(state: Keeping, { slot: of, attempt }: LockSlot, at: Moment, probe: Probe): Did {
  const slot = state.slots.get(of);
  if (slot === undefined || at.ticket === undefined || at.from === undefined)
    return [state, NOTHING];
  const { next, version, lock: other } = slot.value;
  if ((other !== undefined && other.attempt !== attempt) || probe.buggify('ring: busy')) {
    probe.sometimes('ring: a slot was busy');
    return [state, [answer(at.ticket, SlotBusy.of({ attempt, slot: of }))]];
  }
  const locked = SlotLocked.of({ attempt, slot: of, next, version });
  if (other !== undefined) {
    probe.sometimes('ring: a lock was asked for again');
    return [state, whenKept(state, slot, at.ticket, locked)];
  }
  const value = { next, version, lock: { attempt, by: at.from } };
  return [
    state,
    [...change(state, of, slot, value, at.ticket, locked), wake(String(of), INQUIRE_MS)],
  ];
}

/**
 * Only the attempt that has the lock writes, and only the value that follows: a lock and a write of
 * long ago may come again, one after the other.
 */
function write(state: Keeping, wanted: WriteSlot, { ticket }: Moment, probe: Probe): Did {
  const { slot: of, attempt, next, version } = wanted;
  const slot = state.slots.get(of);
  if (slot === undefined || ticket === undefined) return [state, NOTHING];
  const written = SlotWritten.of({ attempt, slot: of });
  if (slot.value.lock?.attempt !== attempt || version !== slot.value.version + 1) {
    probe.sometimes('ring: a value was written again');
    return [state, whenKept(state, slot, ticket, written)];
  }
  const value = { next, version, lock: undefined };
  return [state, change(state, of, slot, value, ticket, written)];
}

/** Word of what became of an attempt. */
function settle(state: Keeping, word: ReleaseSlot | Outcome, probe: Probe): Did {
  const { slot: of, attempt } = word;
  const slot = state.slots.get(of);
  if (slot?.value.lock?.attempt !== attempt) return [state, NOTHING];
  const { next, version } = slot.value;
  const free = { next, version, lock: undefined };
  if (word.kind === 'ring.release') return [state, change(state, of, slot, free)];
  switch (word.is) {
    case 'open':
      return [state, [wake(String(of), INQUIRE_MS)]];
    case 'dropped':
      probe.sometimes('ring: a lock outlived its attempt');
      return [state, change(state, of, slot, free)];
    case 'decided':
      if (word.value?.version !== version + 1) return [state, NOTHING];
      probe.sometimes('ring: a keeper learned of a decision by itself');
      return [state, change(state, of, slot, { ...word.value, lock: undefined })];
    default:
      return unreachable(word.is);
  }
}

function inquire(state: Keeping, of: number): readonly Effect<KeeperSays>[] {
  const lock = state.slots.get(of)?.value.lock;
  if (lock === undefined) return NOTHING;
  const { attempt, by } = lock;
  return [ask(String(of), by, Inquire.of({ attempt, slot: of }), INQUIRE_WITHIN_MS)];
}

/** A keep has completed, and with it those before it. */
function done(state: Keeping, number: number, probe: Probe): Did {
  state.kept = number;
  const answers = state.waiting.get(number) ?? NOTHING;
  state.waiting.delete(number);
  return [state, probe.buggify('ring: a keeper forgets to answer') ? NOTHING : answers];
}

function change(
  state: Keeping,
  of: number,
  slot: Slot,
  value: Kept,
  ticket?: Ticket,
  message?: KeeperSays,
): readonly Effect<KeeperSays>[] {
  slot.value = value;
  slot.keep = ++state.begun;
  if (ticket !== undefined && message !== undefined)
    state.waiting.set(slot.keep, [answer(ticket, message)]);
  return [keep(String(slot.keep), put(slotKey(of), toBytes(Kept, value)))];
}

/** An answer about what a slot holds now: at once where that is durable. */
function whenKept(
  state: Keeping,
  { keep }: Slot,
  ticket: Ticket,
  message: KeeperSays,
): readonly Effect<KeeperSays>[] {
  if (keep <= state.kept) return [answer(ticket, message)];
  const waiting = state.waiting.get(keep) ?? [];
  waiting.push(answer(ticket, message));
  state.waiting.set(keep, waiting);
  return NOTHING;
}

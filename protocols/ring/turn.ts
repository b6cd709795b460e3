/**
 * The turner: carries out turns, one at a time for each driver.
 *
 *            lock a     lock b     lock c        kept
 *   locking --------> locking -----------> deciding ----> (decision) --written, three times--> forgotten
 *     |  ^
 *     |  '-- after a while, as a new attempt
 *     '-(busy)--> resting --(too long)--> refusing --kept--> refused
 *
 * A turn is decided when the decision is kept, together with the word that the driver's turn came to
 * `turned`; only then the driver is answered and the slots are written. A refusal is kept before it is
 * said, too: a request that comes again, even to a later incarnation, is answered as the first was.
 *
 * Changes its tables in place.
 */
import { assert, unreachable } from '#lib/assert.ts';
import { NO_PROBE, type Probe } from '#lib/probe.ts';
import { toBytes, whole } from '../codec.ts';
import {
  answer,
  ask,
  crashed,
  end,
  forget,
  keep,
  NOTHING,
  put,
  send,
  wake,
  type Effect,
  type Moment,
  type Signal,
  type Step,
  type Ticket,
} from '../effect.ts';
import type { Millis } from '../ids.ts';
import {
  LockSlot,
  Outcome,
  ReleaseSlot,
  RingRefused,
  RingTurned,
  WriteSlot,
  type Inquire,
  type SlotLocked,
  type TurnerHears,
  type TurnerSays,
  type TurnRing,
} from '../ring.messages.ts';
import { DECISION, Decision, keeperOf, LAST, Last, type Ring } from '../ring.ts';
import type { Address } from '../subjects.ts';

/** Longer than a slow disk or an ocean takes; a keeper that has not answered is asked again. */
const ASK_MS = 700;
/** Until a keeper that did not answer, or is not there, is asked again. */
const AGAIN_MS = 250;
/** A busy slot is free again after about a turn. Drawn up to this, so that two do not meet again. */
const REST_MS_MAX = 400;
/** A turn that found no way for so long is refused. */
export const TURN_MS_MAX = 5_000;

type Write = Decision['writes'][number];

interface Turn {
  readonly turn: number;
  readonly start: number;
  readonly until: Millis;
  attempt: number;
  phase: 'locking' | 'resting' | 'deciding' | 'refusing';
  locked: SlotLocked[];
  /** Of the driver's last request. */
  ticket: Ticket | undefined;
}

export interface Turning {
  readonly ring: Ring;
  readonly turns: Map<Address, Turn>;
  /** What each driver's last turn came to, durably. */
  readonly last: Map<Address, Last>;
  /** By attempt: what is decided, durably, and not yet written. */
  readonly decisions: Map<number, Write[]>;
}

type Did = Step<Turning, TurnerSays>;
type Effects = readonly Effect<TurnerSays>[];

export function begin(
  ring: Ring,
  kept: ReadonlyMap<string, Uint8Array>,
  probe: Probe = NO_PROBE,
): Did {
  const state: Turning = { ring, turns: new Map(), last: new Map(), decisions: new Map() };
  const effects: Effect<TurnerSays>[] = [];
  for (const [key, bytes] of kept) {
    if (key.startsWith(LAST)) state.last.set(key.slice(LAST.length) as Address, whole(Last, bytes));
    if (!key.startsWith(DECISION)) continue;
    const attempt = Number(key.slice(DECISION.length));
    const { writes } = whole(Decision, bytes);
    state.decisions.set(attempt, [...writes]);
    effects.push(...writes.map((each) => askToWrite(ring, attempt, each)));
    probe.sometimes('ring: a decision was finished by a later incarnation');
  }
  return [state, effects];
}

export function step(
  state: Turning,
  input: TurnerHears | Signal,
  at: Moment,
  probe: Probe = NO_PROBE,
): Did {
  switch (input.kind) {
    case 'ring.turn':
      return [state, take(state, input, at, probe)];
    case 'ring.inquire':
      return [state, tell(state, input, at)];
    case 'answered':
      return [state, hear(state, input.id, input.message as TurnerHears, at)];
    case 'unanswered':
      return [state, unheard(state, input.id, at)];
    case 'wake':
      return [state, tryAgain(state, input.id, at, probe)];
    case 'kept':
      return [state, completed(state, input.id, probe)];
    default:
      return [state, NOTHING];
  }
}

export function invariants({ turns, last, decisions }: Turning): void {
  for (const [driver, { turn, phase, locked }] of turns) {
    assert(turn > (last.get(driver)?.turn ?? 0), 'a turn is decided once');
    assert(locked.length <= 3, 'three slots make a turn');
    assert(phase !== 'deciding' || locked.length === 3, 'a decision has all its locks');
  }
  for (const writes of decisions.values()) assert(writes.length > 0, 'a decision has work left');
}

// --- a turn ------------------------------------------------------------------------------------------

function take(state: Turning, { turn, start }: TurnRing, at: Moment, probe: Probe): Effects {
  const { from: driver, ticket, now, entropy } = at;
  if (driver === undefined || ticket === undefined) return NOTHING;
  const last = state.last.get(driver);
  if (last?.turn === turn) {
    probe.sometimes('ring: a driver was answered from memory');
    return [answer(ticket, outcomeOf(last))];
  }
  const known = state.turns.get(driver);
  if (known?.turn === turn) {
    known.ticket = ticket;
    return NOTHING;
  }
  // An earlier turn is over: this request was under way for long.
  if (turn < (last?.turn ?? 0) || known !== undefined) return NOTHING;
  const until = (now + (probe.buggify('ring: no patience') ? 50 : TURN_MS_MAX)) as Millis;
  const fresh: Turn = {
    turn,
    start,
    until,
    attempt: entropy.below(2 ** 32),
    phase: 'locking',
    locked: [],
    ticket,
  };
  state.turns.set(driver, fresh);
  return [askToLock(state.ring, driver, fresh)];
}

function hear(state: Turning, id: string, message: TurnerHears, at: Moment): Effects {
  switch (message.kind) {
    case 'ring.locked':
      return onLocked(state, id as Address, message);
    case 'ring.busy':
      return onBusy(state, id as Address, message.attempt, at);
    case 'ring.written':
      return onWritten(state, message.attempt, message.slot);
    case 'ring.turn':
    case 'ring.inquire':
      return NOTHING; // A question for an answer.
    default:
      return unreachable(message);
  }
}

function onLocked(state: Turning, driver: Address, locked: SlotLocked): Effects {
  const turn = state.turns.get(driver);
  if (turn?.phase !== 'locking' || locked.attempt !== turn.attempt) return NOTHING;
  if (locked.slot !== wantedSlot(turn)) return NOTHING;
  turn.locked.push(locked);
  if (turn.locked.length < 3) return [askToLock(state.ring, driver, turn)];
  turn.phase = 'deciding';
  const last: Last = { turn: turn.turn, outcome: 'turned' };
  return [
    keep(
      driver,
      put(DECISION + turn.attempt, toBytes(Decision, { writes: swapped(turn.locked) })),
      put(LAST + driver, toBytes(Last, last)),
    ),
  ];
}

/** a -> b -> c -> d becomes a -> c -> b -> d. */
function swapped(locked: readonly SlotLocked[]): Write[] {
  const [a, b, c] = locked as readonly [SlotLocked, SlotLocked, SlotLocked];
  return [
    { slot: a.slot, next: c.slot, version: a.version + 1 },
    { slot: b.slot, next: c.next, version: b.version + 1 },
    { slot: c.slot, next: b.slot, version: c.version + 1 },
  ];
}

function onBusy(state: Turning, driver: Address, attempt: number, at: Moment): Effects {
  const turn = state.turns.get(driver);
  if (turn?.phase !== 'locking' || attempt !== turn.attempt) return NOTHING;
  return giveWay(state, driver, turn, at);
}

/** Lets go of what it has, and tries again as another attempt, or never. */
function giveWay(state: Turning, driver: Address, turn: Turn, at: Moment): Effects {
  const { attempt, locked } = turn;
  const releases = locked.map(({ slot }) =>
    send(keeperOf(state.ring, slot), ReleaseSlot.of({ attempt, slot })),
  );
  turn.locked = [];
  if (at.now >= turn.until) {
    turn.phase = 'refusing';
    const last: Last = { turn: turn.turn, outcome: 'refused' };
    return [...releases, keep(driver, put(LAST + driver, toBytes(Last, last)))];
  }
  turn.phase = 'resting';
  return [...releases, wake(driver, 1 + at.entropy.below(REST_MS_MAX))];
}

/** A keeper was silent, or is not there just now. */
function unheard(state: Turning, id: string, at: Moment): Effects {
  if (readWriteId(id) !== undefined) return [wake(id, AGAIN_MS)];
  const driver = id as Address;
  const turn = state.turns.get(driver);
  if (turn?.phase !== 'locking') return NOTHING;
  // As another attempt: whether this one has the lock, nobody knows.
  return giveWay(state, driver, turn, at);
}

function tryAgain(state: Turning, id: string, { entropy }: Moment, probe: Probe): Effects {
  const write = readWriteId(id);
  if (write !== undefined) {
    const wanted = state.decisions.get(write.attempt)?.find(({ slot }) => slot === write.slot);
    if (wanted === undefined) return NOTHING;
    probe.sometimes('ring: a write was asked for again');
    return [askToWrite(state.ring, write.attempt, wanted)];
  }
  const driver = id as Address;
  const turn = state.turns.get(driver);
  if (turn?.phase !== 'resting') return NOTHING;
  turn.phase = 'locking';
  turn.attempt = entropy.below(2 ** 32);
  return [askToLock(state.ring, driver, turn)];
}

/** What a driver's turn came to is durable. */
function completed(state: Turning, id: string, probe: Probe): Effects {
  const driver = id as Address;
  const turn = state.turns.get(driver);
  if (turn === undefined) return NOTHING; // A decision is forgotten.
  const { attempt, locked, ticket, phase } = turn;
  state.turns.delete(driver);
  const last: Last = { turn: turn.turn, outcome: phase === 'deciding' ? 'turned' : 'refused' };
  state.last.set(driver, last);
  const effects: Effect<TurnerSays>[] = [];
  if (phase === 'deciding') {
    if (probe.buggify('ring: a turner dies when it has decided')) return [end(crashed('buggify'))];
    const writes = swapped(locked);
    state.decisions.set(attempt, writes);
    effects.push(...writes.map((each) => askToWrite(state.ring, attempt, each)));
  } else probe.sometimes('ring: a turn was refused');
  if (ticket === undefined || probe.buggify('ring: a turner forgets to answer')) return effects;
  return [answer(ticket, outcomeOf(last)), ...effects];
}

const outcomeOf = ({ turn, outcome }: Last): TurnerSays =>
  outcome === 'turned' ? RingTurned.of({ turn }) : RingRefused.of({ turn, reason: 'too-busy' });

function onWritten(state: Turning, attempt: number, slot: number): Effects {
  const writes = state.decisions.get(attempt);
  if (writes === undefined) return NOTHING;
  const left = writes.filter((each) => each.slot !== slot);
  state.decisions.set(attempt, left);
  if (left.length > 0) return NOTHING;
  state.decisions.delete(attempt);
  return [keep(DECISION + attempt, forget(DECISION + attempt))];
}

/** An attempt that is neither under way nor decided was dropped, or never was. */
function tell(state: Turning, { attempt, slot }: Inquire, { ticket }: Moment): Effects {
  if (ticket === undefined) return NOTHING;
  const decided = state.decisions.get(attempt)?.find((each) => each.slot === slot);
  const isOpen = [...state.turns.values()].some((it) => it.attempt === attempt && isUnderWay(it));
  const is = decided === undefined ? (isOpen ? 'open' : 'dropped') : 'decided';
  const value =
    decided === undefined ? undefined : { next: decided.next, version: decided.version };
  return [answer(ticket, Outcome.of({ attempt, slot, is, value }))];
}

const isUnderWay = ({ phase }: Turn): boolean => phase === 'locking' || phase === 'deciding';

/** The slot that is to be locked next. */
const wantedSlot = ({ start, locked }: Turn): number => locked.at(-1)?.next ?? start;

function askToLock(ring: Ring, driver: Address, turn: Turn): Effect<TurnerSays> {
  const slot = wantedSlot(turn);
  return ask(driver, keeperOf(ring, slot), LockSlot.of({ attempt: turn.attempt, slot }), ASK_MS);
}

function askToWrite(ring: Ring, attempt: number, write: Write): Effect<TurnerSays> {
  const id = `write ${attempt} ${write.slot}`;
  return ask(id, keeperOf(ring, write.slot), WriteSlot.of({ attempt, ...write }), ASK_MS);
}

function readWriteId(id: string): { readonly attempt: number; readonly slot: number } | undefined {
  const [, attempt, slot] = /^write (\d+) (\d+)$/.exec(id) ?? [];
  return attempt === undefined ? undefined : { attempt: Number(attempt), slot: Number(slot) };
}

/**
 * The mirror: copies what the order did into a data base for analysis, behind everybody's back.
 *
 *   any ledger --(since: what happened)--> pending --(ask: of which transaction)--> rows
 *                                                                                     | 25 and more, or a second old
 *   cursor <--(written)-- sink <------------------------------------------------- batch
 *                          '--(refused)--> halves ... --> one row: dead letter
 *
 * The ledger is the queue. What is not written yet is asked for again from the cursor, which the sink keeps in the
 * same commit as the rows; so there is nothing to spill and nothing to lose: a sink may be away for months, and the
 * mirror may die at any moment. A city never waits for its mirror, and notices it as one more reader.
 *
 * Safety: the cursor never passes a row that is neither written nor a dead letter; of a transaction later words are
 * written later. Liveness: a sink that is away is tried again with growing, scattered pauses; one that is busy for
 * more than four fifths of the time is given air; a row that it refuses is found by halving, and does not stop the rest.
 *
 * Bound: `PENDING_MAX` happenings in memory. Changes its state in place.
 */
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { send, wake, type Effect, type Moment, type Signal, type Step } from '../effect.ts';
import type { Genesis } from '../genesis.ts';
import {
  AskSince,
  AskTx,
  type Happened,
  type HappenedSince,
  type Told,
} from '../ledger.messages.ts';
import type { Written } from '../mirror.messages.ts';
import { address, type Address } from '../subjects.ts';
import { rowOf, type MirrorRow } from './row.ts';

export const BATCH_MIN = 25;
export const BATCH_MAX = 500;
export const PENDING_MAX = 2_000;
/** So long a row waits for company. */
const COMPANY_MS = 1_000;
const LOOK_MS = 500;
/** Questions under way, and when one is asked again, of another delegate. */
const ASKING_MAX = 64;
const AGAIN_MS = 2_000;
const BUSY_PERMILLE = 800;
const PAUSE_MS = 250;
const PAUSE_MS_MAX = 30_000;
const LOOK = 'look';

export type MirrorHears = HappenedSince | Told | Written;
export type MirrorSays = AskSince | AskTx;
type Effects = readonly Effect<MirrorSays>[];
type Did = Step<Mirror, MirrorSays>;

/** What the mirror wants of whoever has a sink. */
export type Wanted =
  | {
      readonly what: 'write';
      readonly batch: number;
      readonly rows: readonly MirrorRow[];
      /** To be kept with the rows: where to go on. */
      readonly cursor: number;
    }
  | { readonly what: 'bury'; readonly row: MirrorRow; readonly cursor: number };

interface Pending {
  readonly happened: Happened;
  readonly since: number;
  row: MirrorRow | undefined;
}

interface Batch {
  readonly number: number;
  readonly rows: number;
}

export interface Mirror {
  readonly genesis: Genesis;
  /** For whoever has the sink; taken out after each step. */
  readonly wanted: Wanted[];
  readonly pending: Pending[];
  /** By transaction: when it was asked for. */
  readonly asking: Map<string, number>;
  writing: Batch | undefined;
  batches: number;
  /** What is asked for next. */
  next: number;
  /** Which delegate is asked. */
  turn: number;
  askedAt: number;
  /** Failures in a row, or times that the sink was too busy. */
  hurdles: number;
  pausedUntil: number;
  wroteAt: number;
  /** At most so many rows in a batch: fewer while a refused row is looked for. */
  most: number;
}

export function begin(genesis: Genesis, cursor: number, at: Moment): Did {
  const mirror: Mirror = {
    genesis,
    wanted: [],
    pending: [],
    asking: new Map(),
    writing: undefined,
    batches: 0,
    next: cursor,
    turn: at.entropy.below(genesis.delegates.length),
    askedAt: -Infinity,
    hurdles: 0,
    pausedUntil: 0,
    wroteAt: at.now,
    most: BATCH_MAX,
  };
  return [mirror, [...look(mirror, at), wake(LOOK, LOOK_MS)]];
}

export function step(mirror: Mirror, input: MirrorHears | Signal, at: Moment): Did {
  return [mirror, [...heard(mirror, input, at), ...write(mirror, at)]];
}

function heard(mirror: Mirror, input: MirrorHears | Signal, at: Moment): Effects {
  switch (input.kind) {
    case 'ledger.happened':
      return happened(mirror, input, at);
    case 'ledger.told':
      return told(mirror, input, at);
    case 'mirror.written':
      return written(mirror, input, at);
    case 'wake':
      return [...look(mirror, at), wake(LOOK, LOOK_MS)];
    default:
      return [];
  }
}

const ledger = ({ genesis, turn }: Mirror): Address =>
  address(genesis.delegates[turn % genesis.delegates.length]!.node, 'ledger');

/** Asks for what happened next, where there is room; one delegate after another. */
function look(mirror: Mirror, at: Moment): Effects {
  const questions = ask(mirror, at);
  if (mirror.pending.length >= PENDING_MAX) return questions;
  if (at.now - mirror.askedAt >= AGAIN_MS) mirror.turn++;
  mirror.askedAt = at.now;
  return [...questions, send(ledger(mirror), AskSince.of({ number: mirror.next }))];
}

function happened(mirror: Mirror, { next, happened: all }: HappenedSince, at: Moment): Effects {
  if (next <= mirror.next) return [];
  const fresh = all.filter(({ number }) => number >= mirror.next && number < next);
  for (const each of fresh) mirror.pending.push({ happened: each, since: at.now, row: undefined });
  mirror.next = next;
  mirror.askedAt = -Infinity;
  return look(mirror, at);
}

/** Asks of which transactions the pending words are. */
function ask(mirror: Mirror, at: Moment): Effects {
  const effects: Effects[number][] = [];
  for (const { happened: its, row } of mirror.pending) {
    if (mirror.asking.size >= ASKING_MAX) break;
    const name = hex(its.txId);
    const asked = mirror.asking.get(name);
    if (row !== undefined || (asked !== undefined && asked + AGAIN_MS > at.now)) continue;
    if (asked !== undefined) mirror.turn++;
    mirror.asking.set(name, at.now);
    effects.push(send(ledger(mirror), AskTx.of({ txId: its.txId })));
  }
  return effects;
}

function told(mirror: Mirror, answer: Told, at: Moment): Effects {
  const name = hex(answer.txId);
  // A ledger that does not know it yet is asked again in its time.
  if (answer.cover === undefined || !mirror.asking.delete(name)) return [];
  for (const each of mirror.pending) {
    if (hex(each.happened.txId) === name) each.row = rowOf(each.happened, answer);
  }
  return ask(mirror, at);
}

/** Writes what is whole, when there is enough of it or it has waited enough. */
function write(mirror: Mirror, { now }: Moment): Effects {
  const { pending, writing, pausedUntil, most } = mirror;
  if (writing !== undefined || now < pausedUntil) return [];
  const whole = pending.findIndex(({ row }) => row === undefined);
  const rows = Math.min(whole === -1 ? pending.length : whole, most);
  const isDue =
    rows >= Math.min(BATCH_MIN, most) || (rows > 0 && now - pending[0]!.since >= COMPANY_MS);
  if (!isDue) return [];
  const number = ++mirror.batches;
  mirror.writing = { number, rows };
  mirror.wanted.push({
    what: 'write',
    batch: number,
    rows: pending.slice(0, rows).map(({ row }) => row!),
    cursor: cursorAfter(mirror, rows),
  });
  return [];
}

/** Where to go on when so many of the pending are done. */
const cursorAfter = ({ pending, next }: Mirror, rows: number): number =>
  pending[rows]?.happened.number ?? next;

function written(mirror: Mirror, { batch, outcome, tookMs }: Written, at: Moment): Effects {
  const { writing, pending } = mirror;
  if (writing?.number !== batch) return [];
  mirror.writing = undefined;
  if (outcome === 'unreachable') return pause(mirror, at);
  if (outcome === 'refused') return narrow(mirror, writing);
  pending.splice(0, writing.rows);
  mirror.most = Math.min(BATCH_MAX, 2 * mirror.most);
  const idleMs = Math.max(0, at.now - tookMs - mirror.wroteAt);
  mirror.wroteAt = at.now;
  if (tookMs * 1_000 > BUSY_PERMILLE * (tookMs + idleMs)) return pause(mirror, at);
  mirror.hurdles = 0;
  return look(mirror, at);
}

/** Longer each time, and never at the moment at which all others come back. */
function pause(mirror: Mirror, { now, entropy }: Moment): Effects {
  const longest = Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** mirror.hurdles);
  mirror.hurdles = Math.min(mirror.hurdles + 1, 16);
  const ms = longest / 2 + entropy.below(longest);
  mirror.pausedUntil = now + ms;
  return [];
}

/** Half of it, until it is one: that one is what the sink does not take. */
function narrow(mirror: Mirror, { rows }: Batch): Effects {
  if (rows > 1) {
    mirror.most = Math.floor(rows / 2);
    return [];
  }
  const [refused] = mirror.pending.splice(0, 1);
  mirror.wanted.push({ what: 'bury', row: refused!.row!, cursor: cursorAfter(mirror, 0) });
  return [];
}

/** What must be true between any two steps. */
export function invariants({ pending, writing, next, asking }: Mirror): void {
  assert(asking.size <= ASKING_MAX, 'few questions are under way');
  assert(writing === undefined || writing.rows <= pending.length, 'what is written is pending');
  for (const [i, { happened: its }] of pending.entries()) {
    assert(its.number < next, 'nothing is asked for twice');
    const before = pending[i - 1]?.happened.number ?? -1;
    assert(before < its.number, 'the order is kept');
  }
}

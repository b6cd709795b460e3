/**
 * The ingress: the one door for transactions, and their driver until they have come to their end.
 *
 *   submit --(cheap checks, allowance)--> guests --(signatures, batched)--> journal --> "accepted"
 *                                                                             |
 *                                          ended <--(COMMITTED, REJECTED,     v (window)
 *                                                     EXPIRED)------------- driven --> S1, again and again
 *
 * Safety: "accepted" is said only when the journal is durable; the same bytes get the same answer, at the
 * door, in the journal and after the end; word of a transaction never leads back. Liveness: whatever is in
 * the journal is driven until its end or its expiry, through any restart of anything behind it.
 *
 * Word is believed as far as it is somebody's to say (word.ts): one lying delegate brings about nothing. The ledger
 * of this node says what it has, and what was ordered, once; so whenever a transaction is driven again, and after a
 * restart, it is asked: what happened while nobody listened here, or before another door took the same bytes, is
 * learned as well.
 *
 * Any ingress takes any transaction; which delegate places it is not the client's choice (provers.ts).
 * Changes its tables in place; all are bounded (state.ts), and beyond the bound the answer is `busy`.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { nameText } from '#algorithms/identity.ts';
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { refusedAhead } from '../ahead.ts';
import { whole, type Infer } from '../codec.ts';
import {
  answer,
  compute,
  NOTHING,
  reply,
  send,
  wake,
  type Effect,
  type Moment,
  type Plain,
  type Signal,
  type Step,
} from '../effect.ts';
import { layerTook } from '../figures.ts';
import { isAllowed, takeOne, type Allowance } from '../allowance.ts';
import { AskTx, type Told } from '../ledger.messages.ts';
import { provers } from '../provers.ts';
import type { Self } from '../self.ts';
import type { Saw } from '../slo.messages.ts';
import type { Address } from '../subjects.ts';
import {
  AboutCity,
  Accepted,
  type Moved,
  Progress,
  Refused,
  type Follow,
  type IngressHears,
  type IngressReason,
  type IngressSays,
  type Submit,
} from '../sending.messages.ts';
import { txIdOf, verifyJobOf, type Tx } from '../transaction.ts';
import { drive, fact, journal, progressOf, release, tell } from './drive.ts';
import { refusalOf } from './entrance.ts';
import {
  DRIVEN_MAX,
  emptyIngress,
  FOLLOWERS_MAX,
  FRESH,
  JOURNAL,
  Journal,
  keyOf,
  TICKETS_MAX,
  WAITING_MAX,
  type Driven,
  type Guest,
  type Ingress,
} from './state.ts';
import { late, measure } from './measure.ts';
import { admitted, leave } from './window.ts';
import {
  isOver,
  isThrough,
  NEWS_MS,
  ownLedger,
  takeWord,
  weightOf,
  wordOf,
  type Weight,
} from './word.ts';

/** Signatures verified in one job. */
const VERIFY_MAX = 64;
const VERIFY = 'verify';
/** Before a transaction is driven again of which there was word. */
const HEARD_MS = 5_000;
/** For so long after its time word of a transaction's commitment may still come: no batch takes it any more. */
const WORD_MS = 10_000;
/** What was certified has an end in the order, or none at all where the city orders nothing. */
const WORDS_MS = 60_000;

export interface Door {
  readonly self: Self;
  readonly allowance: Allowance;
}

type Did = Step<Ingress, Says>;
type Effects = readonly Effect<Says>[];

export function begin(door: Door, kept: ReadonlyMap<string, Uint8Array>, now: number): Did {
  const state = emptyIngress();
  const effects: Effect<Says>[] = [];
  for (const [key, bytes] of kept) {
    if (!key.startsWith(JOURNAL)) continue;
    const { tx } = whole(Journal, bytes);
    const driven = drivenOf(tx, txIdOf(tx.cover.header), undefined);
    state.driven.set(keyOf(driven.txId), driven);
    effects.push(...lineUp(door, state, driven, now), askLedger(door.self, driven));
    door.self.probe.sometimes('ingress: a transaction was driven on after a restart');
  }
  return [state, effects];
}

/** Its turn comes now, or later; meanwhile its own time is looked at now and then. */
function lineUp(door: Door, state: Ingress, { txId }: Driven, now: number): Effects {
  const key = keyOf(txId);
  const { waiting } = state.window;
  waiting.add(key);
  const begun = admit(door, state, now);
  return waiting.has(key) ? [...begun, wake(key, HEARD_MS)] : begun;
}

function admit({ self }: Door, state: Ingress, now: number): Effects {
  return admitted(state.window, now).flatMap((key) => drive(self, state.driven.get(key)!, now));
}

export type Hears = IngressHears | Told;
export type Says = IngressSays | Infer<typeof AskTx> | Saw;

export function step(door: Door, state: Ingress, input: Hears | Signal, at: Moment): Did {
  switch (input.kind) {
    case 'ingress.submit':
      return [state, submit(door, state, input, at)];
    case 'ingress.follow':
      return [state, follow(state, input, at)];
    case 'ingress.about':
      return [state, reply(at, AboutCity.of({ genesis: door.self.genesis }))];
    case 'ingress.moved':
      return [state, heard(door, state, input, at)];
    case 'ledger.told':
      return [state, at.from === ownLedger(door.self) ? learned(door, state, input, at) : NOTHING];
    case 'computed':
      return [state, verified(door, state, input.output as readonly boolean[], at)];
    case 'uncomputed':
      return [state, unverified(door, state)];
    case 'kept':
      return [state, kept(door, state, input.id, at)];
    case 'wake':
      return [state, again(door, state, input.id, at)];
    default:
      return [state, NOTHING];
  }
}

/** What must be true between any two steps. */
export function invariants({ guests, verifying, driven, window }: Ingress): void {
  assert(guests.size <= WAITING_MAX && driven.size <= DRIVEN_MAX, 'the tables are bounded');
  assert(verifying === undefined || verifying.every((key) => guests.has(key)), 'guests wait');
  const { inWork, waiting } = window;
  assert(
    [...inWork.keys(), ...waiting].every((key) => driven.has(key)),
    'the window is of the driven',
  );
}

function submit(door: Door, state: Ingress, { tx }: Submit, at: Moment): Effects {
  const txId = txIdOf(tx.cover.header);
  const key = keyOf(txId);
  const driven = state.driven.get(key);
  if (driven?.isKept === true) return welcome(driven, at);
  const guestKey = guestKeyOf(key, tx);
  const known = driven ?? state.guests.get(guestKey);
  if (known !== undefined) return joined(known, at);
  if (state.ended.get(key) !== undefined) return reply(at, Accepted.of({ txId }));
  const reason = refusal(door, state, tx, at);
  if (reason !== undefined) {
    const counted = reason === 'from-the-future' ? [refusedAhead('transaction')] : [];
    return [...reply(at, Refused.of({ reason })), ...counted];
  }
  const guest = { tx, txId, since: at.now, tickets: [], followers: new Set<Address>() };
  state.guests.set(guestKey, guest);
  return [...joined(guest, at), ...verify(door, state)];
}

const GUEST = domain('ingress guest');
/** An id says nothing of signatures: whoever brings a forged one must not wait in the place of its sender. */
const guestKeyOf = (key: string, { cover }: Tx): string =>
  `${key}/${hex(hash(GUEST, cover.signature))}`;

function refusal(
  { self, allowance }: Door,
  { guests, driven, buckets }: Ingress,
  tx: Tx,
  { wall, now }: Moment,
): IngressReason | undefined {
  const { genesis, plant } = self;
  const reason = refusalOf(tx, genesis.place, wall, plant !== 'unbounded-clock');
  if (reason !== undefined) return reason;
  if (guests.size >= WAITING_MAX || driven.size + guests.size >= DRIVEN_MAX) return 'busy';
  const { sender } = tx.cover.header.core;
  return isAllowed(buckets, keyOf(sender), now, allowance) ? undefined : 'rate-limited';
}

/** Whoever brings what is known already hears the same answer, at the same time. */
function joined(to: Guest | Driven, at: Moment): Effects {
  const { ticket, from } = at;
  if (ticket !== undefined && to.tickets.length >= TICKETS_MAX)
    return reply(at, Refused.of({ reason: 'busy' }));
  if (ticket !== undefined) to.tickets.push(ticket);
  if (from !== undefined && to.followers.size < FOLLOWERS_MAX) to.followers.add(from);
  return NOTHING;
}

function welcome(driven: Driven, at: Moment): Effects {
  const { from } = at;
  if (from !== undefined && driven.followers.size < FOLLOWERS_MAX) driven.followers.add(from);
  return reply(at, Accepted.of({ txId: driven.txId }));
}

/** All that wait, in one job, as soon as the last one is done. */
function verify({ self }: Door, state: Ingress): Effects {
  if (state.verifying !== undefined || state.guests.size === 0) return NOTHING;
  state.verifying = [...state.guests.keys()].slice(0, VERIFY_MAX);
  const jobs = state.verifying.map((key) =>
    verifyJobOf(self.genesis.network, state.guests.get(key)!.tx.cover),
  );
  return [compute(VERIFY, 'ingress.verify', jobs as unknown as Plain)];
}

function verified(
  door: Door,
  state: Ingress,
  verdicts: readonly boolean[],
  { wall, now }: Moment,
): Effects {
  const effects = leaving(state).flatMap((guest, i) => {
    if (verdicts[i] !== true) return refuse(guest, 'bad-signature');
    const known = state.driven.get(keyOf(guest.txId));
    if (known !== undefined) return signedAgain(known, guest);
    const { sender } = guest.tx.cover.header.core;
    if (!takeOne(state.buckets, keyOf(sender), now, door.allowance))
      return refuse(guest, 'rate-limited');
    const driven = drivenOf(guest.tx, guest.txId, guest.since);
    driven.tickets = guest.tickets;
    for (const who of guest.followers) driven.followers.add(who);
    state.driven.set(keyOf(guest.txId), driven);
    return journaled(door, state, driven, { wall, now });
  });
  return [...effects, ...verify(door, state)];
}

function journaled(
  door: Door,
  state: Ingress,
  driven: Driven,
  { wall, now }: Pick<Moment, 'wall' | 'now'>,
): Effects {
  const kept = journal(driven, wall);
  return isOurs(door.self, driven) ? [kept, ...lineUp(door, state, driven, now)] : [kept];
}

/**
 * The delegate that is to draw for it first is this one. Then it is driven while the journal is being written: what it
 * draws is kept behind that, on the same disk, so nothing leaves this node of what its journal may not have.
 */
const isOurs = ({ genesis, node }: Self, { txId }: Driven): boolean =>
  provers(genesis, txId)[0]!.node === node;

/** Word that came while it was being written. */
const toldSince = (driven: Driven): Effects => (driven.standing === FRESH ? NOTHING : tell(driven));

/** Its sender signed it twice: the first one is driven already. */
function signedAgain(driven: Driven, { tickets, followers, txId }: Guest): Effects {
  for (const who of followers) if (driven.followers.size < FOLLOWERS_MAX) driven.followers.add(who);
  if (driven.isKept) return tickets.map((ticket) => answer(ticket, Accepted.of({ txId })));
  driven.tickets.push(...tickets);
  return NOTHING;
}

/** The worker died with the job: nobody is to blame, and everybody may come again. */
function unverified(door: Door, state: Ingress): Effects {
  const effects = leaving(state).flatMap((guest) => refuse(guest, 'busy'));
  return [...effects, ...verify(door, state)];
}

/** Those whose job has come back leave the door. */
function leaving(state: Ingress): Guest[] {
  const keys = state.verifying ?? [];
  state.verifying = undefined;
  return keys.map((key) => {
    const guest = state.guests.get(key)!;
    state.guests.delete(key);
    return guest;
  });
}

const refuse = ({ tickets }: Guest, reason: IngressReason): Effects =>
  tickets.map((ticket) => answer(ticket, Refused.of({ reason })));

/** What came in an earlier life is in the journal already. */
function drivenOf(tx: Tx, txId: Uint8Array, since: number | undefined): Driven {
  const followers = new Set<Address>();
  return {
    tx,
    txId,
    followers,
    tickets: [],
    isKept: since === undefined,
    since,
    keptAt: undefined,
    isJudged: false,
    attempt: 0,
    askedOf: undefined,
    askedAt: 0,
    order: 'FRESH',
    standing: FRESH,
  };
}

/** The journal has it: now it may be promised. */
function kept(door: Door, state: Ingress, id: string, { now }: Moment): Effects {
  const driven = state.driven.get(id);
  if (driven === undefined) return NOTHING;
  const { txId } = driven;
  return [
    ...accepted(driven),
    fact(txId, 'FRESH', { expiresAt: driven.tx.cover.header.core.expiresAt }),
    ...(isOurs(door.self, driven) ? toldSince(driven) : lineUp(door, state, driven, now)),
    layerTook('ingress', driven.since ?? now, now),
  ];
}

/** From now on more may be said of it. */
function accepted(driven: Driven): Effects {
  const { txId, tickets } = driven;
  driven.isKept = true;
  driven.tickets = [];
  return tickets.map((ticket) => answer(ticket, Accepted.of({ txId })));
}

/** Our ledger was asked: it has a certificate, or the order has decided, and its word was not heard here. */
function learned(door: Door, state: Ingress, told: Told, at: Moment): Effects {
  const driven = state.driven.get(keyOf(told.txId));
  const word = driven === undefined ? undefined : wordOf(told, driven.standing);
  const isKnown = word === undefined || word.state === driven?.standing.state;
  return isKnown ? NOTHING : moved(door, state, word, 'truth', at);
}

const askLedger = (self: Self, { txId }: Driven): Effect<Says> =>
  send(ownLedger(self), AskTx.of({ txId }));

const driveAgain = (self: Self, driven: Driven, now: number): Effect<Says>[] => [
  ...drive(self, driven, now),
  askLedger(self, driven),
];

function heard(door: Door, state: Ingress, word: Moved, at: Moment): Effects {
  const weight = weightOf(door.self, word, at.from);
  return weight === undefined ? NOTHING : moved(door, state, word, weight, at);
}

function moved(door: Door, state: Ingress, word: Moved, weight: Weight, { now }: Moment): Effects {
  const key = keyOf(word.txId);
  const driven = state.driven.get(key);
  if (driven === undefined) return endedSince(state, key, word);
  const before = driven.order;
  if (!takeWord(driven, word, weight)) return NOTHING;
  const took = measure(door.self, driven, before, now);
  if (isOver(driven)) return [...done(door, state, driven, now), ...took];
  // Whoever speaks of it has it in work: to be asked again would only make that slower.
  const isPutOff = weight === 'truth' || now < driven.askedAt + NEWS_MS;
  const told = [...tell(driven), ...(isPutOff ? [wake(key, HEARD_MS)] : NOTHING)];
  if (!isThrough(driven)) return [...told, ...took];
  leave(state.window, key, now);
  return [...told, ...admit(door, state, now), ...took];
}

/** What was committed is over when its time is: whoever asks here hears so. */
function endedSince({ ended }: Ingress, key: string, { state, cause }: Moved): Effects {
  const so = ended.get(key);
  if (so?.state === 'COMMITTED' && state === 'EXPIRED') ended.put(key, { ...so, state, cause });
  return NOTHING;
}

/** It has come to its end, which is told even where its journal is not kept yet, and somebody else may begin. */
function done(door: Door, state: Ingress, driven: Driven, now: number): Effects {
  leave(state.window, keyOf(driven.txId), now);
  return [
    ...accepted(driven),
    ...tell(driven),
    ...release(state, driven),
    ...admit(door, state, now),
  ];
}

function again(door: Door, state: Ingress, id: string, { wall, now }: Moment): Effects {
  const { self } = door;
  const driven = state.driven.get(id);
  if (driven === undefined) return NOTHING;
  const { expiresAt } = driven.tx.cover.header.core;
  if (wall < expiresAt && state.window.waiting.has(id)) return [wake(id, HEARD_MS)];
  if (wall < expiresAt) {
    self.probe.sometimes('ingress: a transaction was driven again');
    return [...driveAgain(self, driven, now), ...late(self, driven)];
  }
  // What is certified is the city's to judge, by the time of its batches; word of one may be on its way.
  const patienceMs = driven.order === 'FRESH' ? WORD_MS : WORDS_MS;
  if (wall < expiresAt + patienceMs) return [askLedger(self, driven), wake(id, WORD_MS)];
  if (driven.order !== 'FRESH') return done(door, state, driven, now);
  driven.order = 'EXPIRED';
  driven.standing = { ...driven.standing, state: 'EXPIRED', cause: driven.txId };
  self.probe.sometimes('ingress: a transaction expired at its ingress');
  return [
    fact(driven.txId, 'EXPIRED', { from: 'FRESH', cause: nameText(driven.txId) }),
    ...done(door, state, driven, now),
  ];
}

function follow(state: Ingress, { txId }: Follow, at: Moment): Effects {
  const key = keyOf(txId);
  const driven = state.driven.get(key);
  if (driven !== undefined) {
    if (at.from !== undefined && driven.followers.size < FOLLOWERS_MAX)
      driven.followers.add(at.from);
    return reply(at, progressOf(txId, driven.standing));
  }
  const ended = state.ended.get(key);
  if (ended !== undefined) return reply(at, progressOf(txId, ended));
  return reply(at, Progress.of({ txId, ...FRESH, known: 'no' }));
}

/**
 * R1, receive: where a reader comes to.
 *
 *   receive.read --(signature: a job)--------------.
 *        '-------(own ledger: ledger.ask)----------+--> may it read? --> locate.take --> ... --> receive.given
 *                  '-- unknown --> approve.take ---'
 *
 * A read is signed by whoever reads, for the node that it reads on; what everybody may know (`receive.about`) and a look
 * at who holds what (`receive.survey`) are not. Sender and receiver are known by their keys. Another reader says which
 * capsule of the cover is its own, and need not prove it: what it is given is ciphertext, which any holder gives to
 * anybody who knows its id, and what costs a delegate something is counted by the key that signed.
 *
 * While pieces are awaited the ledger is asked again: a repair may have found other places. Whoever asks is told
 * how far it is, at each turn and once a second; without word it asks somebody else. Nothing is durable here.
 *
 * What it says is words.ts. Bounds: `READINGS_MAX` at once, an allowance for each node, and for each key whose signature
 * stands; beyond them `busy`, `rate-limited`. Changes its tables
 * in place.
 */
import { assert } from '#lib/assert.ts';
import {
  ask,
  compute,
  NOTHING,
  send,
  wake,
  type Effect,
  type Moment,
  type Plain,
  type Signal,
  type Step,
} from '../effect.ts';
import { AskTx, type Told } from '../ledger.messages.ts';
import {
  LeaveReading,
  ReadRefused,
  readVerifyJob,
  TakeApprove,
  TakeLocate,
  type Approved,
  type AskAbout,
  type HeldAt,
  type Read,
  type ReadReason,
  type ReceiveHears,
  type ReceiveSays,
  type Survey,
} from '../receiving.messages.ts';
import { isOwn, type Self } from '../self.ts';
import { address, nodeOf, type Address } from '../subjects.ts';
import * as measure from './measure.ts';
import {
  ended,
  forget,
  know,
  mapped,
  moved,
  over,
  refuse,
  restored,
  say,
  SAY_MS,
  unavailable,
  type Effects,
  type Says,
} from './words.ts';
import {
  askerOf,
  isAllowed,
  isReader,
  noReadings,
  payerOf,
  READINGS_MAX,
  requestFault,
  type Reading,
  type Readings,
} from './readings.ts';

const LEDGER_MS = 1_500;
/** An answer about a transaction waits so long for other ledgers. */
const ABOUT_MS = 4_000;
/** Beyond the time of an errand: whoever has it speaks first. */
const GRACE_MS = 500;

export const begin = (self: Self): Step<Readings, Says> => [noReadings(self), NOTHING];

export const step = (
  state: Readings,
  input: ReceiveHears | Signal,
  at: Moment,
): Step<Readings, Says> => [state, effectsOf(state, input, at)];

function effectsOf(state: Readings, input: ReceiveHears | Signal, at: Moment): Effects {
  switch (input.kind) {
    case 'receive.read':
      return read(state, input, at);
    case 'receive.about':
    case 'receive.survey':
      return look(state, input, at);
    case 'receive.leave':
      return left(state, input.number, at);
    case 'computed':
      return verified(state, input.id, input.output as readonly boolean[], at);
    case 'uncomputed':
      return verifyAgain(state, input.id);
    case 'answered':
      return told(state, readingOf(state, input.id), input.message as Told, at);
    case 'unanswered':
      return told(state, readingOf(state, input.id), undefined, at);
    case 'wake':
      return woken(state, input.id, at);
    default:
      return fromBehind(state, input as ReceiveHears, at);
  }
}

/** The layers behind, on this node. */
function fromBehind(state: Readings, input: ReceiveHears, at: Moment): Effects {
  if (!('number' in input)) return NOTHING;
  const reading = state.underWay.get(input.number);
  if (reading === undefined || !isOfOwnNode(state, at)) return NOTHING;
  switch (input.kind) {
    case 'approve.done':
      return isOwn(state.self, 'approve', at) ? approved(state, reading, input, at) : NOTHING;
    case 'reading.moved':
      return moved(reading, input, at);
    case 'reading.restored':
      return restored(state, reading, input, at);
    case 'reading.mapped':
      return mapped(state, reading, input, at);
    case 'reading.unavailable':
      return unavailable(state, reading, input, at);
    case 'reading.refuted':
      return refuse(state, reading, 'bad-manifest', at);
    default:
      return NOTHING;
  }
}

const isOfOwnNode = ({ self }: Readings, { from }: Moment): boolean =>
  from === undefined || nodeOf(from) === self.node;

/** What must be true between any two steps. */
export function invariants({ underWay, byAsker }: Readings): void {
  assert(underWay.size === byAsker.size, 'each question is somebody’s');
  assert(underWay.size <= READINGS_MAX, 'few enough questions are under way');
}

const ownOf = ({ self }: Readings, role: string): Address => address(self.node, role);

const readingOf = ({ underWay }: Readings, id: string): Reading | undefined =>
  underWay.get(Number(id.slice(id.indexOf('/') + 1)));

function read(state: Readings, asked: Read, at: Moment): Effects {
  const { from } = at;
  if (from === undefined) return NOTHING;
  const { number, request, withinMs } = asked;
  const fault = requestFault(state.self, asked, at) ?? crowded(state, nodeOf(from), 'read', at);
  if (fault !== undefined) return [send(from, ReadRefused.of({ number, reason: fault }))];
  const { txId } = request;
  return begun(state, { what: 'read', from, number, txId, read: asked }, withinMs, at);
}

function look(state: Readings, asked: AskAbout | Survey, at: Moment): Effects {
  const { from } = at;
  if (from === undefined) return NOTHING;
  const what = asked.kind === 'receive.about' ? 'about' : 'survey';
  const { number, txId } = asked;
  const withinMs = asked.kind === 'receive.about' ? ABOUT_MS : asked.withinMs;
  const fault = crowded(state, nodeOf(from), what, at);
  if (fault !== undefined) return [send(from, ReadRefused.of({ number, reason: fault }))];
  return begun(state, { what, from, number, txId, read: undefined }, withinMs, at);
}

function crowded(
  state: Readings,
  who: string,
  what: Reading['what'],
  at: Moment,
): ReadReason | undefined {
  if (state.underWay.size >= READINGS_MAX) return 'busy';
  return isAllowed(state, who, what, at) ? undefined : 'rate-limited';
}

type Question = Pick<Reading, 'what' | 'from' | 'number' | 'txId' | 'read'>;

function begun(state: Readings, question: Question, withinMs: number, at: Moment): Effects {
  // It came twice: the first is under way.
  if (state.byAsker.has(askerOf(question))) return NOTHING;
  const reading: Reading = {
    ...question,
    id: ++state.begun,
    since: at.now,
    endsAt: at.now + withinMs,
    isSigned: question.read === undefined,
    told: undefined,
    isGathered: false,
    phase: 'locating',
    turnedAt: at.now,
    waitedMs: 0,
  };
  state.underWay.set(reading.id, reading);
  state.byAsker.set(askerOf(reading), reading);
  return [
    askLedger(state, reading),
    ...verify(state, reading),
    wake(`end/${reading.id}`, withinMs + GRACE_MS),
    wake(`say/${reading.id}`, SAY_MS),
  ];
}

/** Whoever asks about it is shown all of it; to bring it back, what is kept is enough. */
function askLedger(state: Readings, { id, txId, what }: Reading): Effect<ReceiveSays> {
  const question = AskTx.of(what === 'about' ? { txId } : { txId, without: 'proof' });
  return ask<ReceiveSays>(`told/${id}`, ownOf(state, 'ledger'), question, LEDGER_MS);
}

function verify({ self }: Readings, { id, read: asked }: Reading): Effects {
  if (asked === undefined) return NOTHING;
  const jobs = [readVerifyJob(self.genesis.network, asked)];
  return [compute(`sign/${id}`, 'batch.verify', jobs as unknown as Plain)];
}

function verifyAgain(state: Readings, id: string): Effects {
  const reading = readingOf(state, id);
  return reading === undefined ? NOTHING : verify(state, reading);
}

function verified(state: Readings, id: string, [stands]: readonly boolean[], at: Moment): Effects {
  const reading = readingOf(state, id);
  if (reading === undefined) return NOTHING;
  if (stands !== true) return refuse(state, reading, 'bad-signature', at);
  // Counted when it is known to be its own: nobody uses up what somebody else may ask.
  const isItsTurn = isAllowed(state, payerOf(reading.read!), 'read', at);
  if (!isItsTurn) return refuse(state, reading, 'rate-limited', at);
  reading.isSigned = true;
  return goOn(state, reading, at);
}

/** The own ledger answered, the first time or while pieces are awaited. */
function told(
  state: Readings,
  reading: Reading | undefined,
  answer: Told | undefined,
  at: Moment,
): Effects {
  if (reading === undefined) return NOTHING;
  const isKnown = answer?.manifest !== undefined && answer.cover !== undefined;
  if (isKnown) reading.told = answer;
  if (reading.isGathered) return isKnown ? errand(state, reading, at) : NOTHING;
  return isKnown ? goOn(state, reading, at) : approve(state, reading, at);
}

function approve(state: Readings, reading: Reading, { now }: Moment): Effects {
  const { id, txId, endsAt, read: asked } = reading;
  reading.phase = 'approving';
  reading.turnedAt = now;
  const number = id;
  const withinMs = Math.max(1, Math.round(endsAt - now));
  const brought = asked?.brought;
  return [
    send(ownOf(state, 'approve'), TakeApprove.of({ number, txId, withinMs, brought })),
    ...say(reading, undefined),
  ];
}

function approved(
  state: Readings,
  reading: Reading,
  { found, told: of }: Approved,
  at: Moment,
): Effects {
  if (reading.told !== undefined) return NOTHING;
  const waited = measure.approvedAt(reading, at.now);
  if (of?.manifest !== undefined && of.cover !== undefined) {
    reading.told = { kind: 'ledger.told', ...of };
    return [...waited, ...goOn(state, reading, at)];
  }
  return [...waited, ...unapproved(state, reading, found, at)];
}

/** Only where enough say that they do not know it, is it called unknown. */
function unapproved(
  state: Readings,
  reading: Reading,
  found: Approved['found'],
  at: Moment,
): Effects {
  if (found === 'busy') return refuse(state, reading, 'busy', at);
  if (found !== 'unknown') return over(state, reading, ended(reading), at);
  if (reading.what === 'about') return know(state, reading, at);
  return refuse(state, reading, 'unknown', at);
}

/** Once it is known what it is, and who asks. */
function goOn(state: Readings, reading: Reading, at: Moment): Effects {
  const { told: known, isSigned, what, read: asked } = reading;
  if (known === undefined || !isSigned) return NOTHING;
  if (what === 'about') return know(state, reading, at);
  const why = overOf(known);
  if (why !== undefined) return refuse(state, reading, why, at);
  if (asked !== undefined && !isReader(known.cover!, asked))
    return refuse(state, reading, 'not-a-reader', at);
  return errand(state, reading, at);
}

/** Why nobody will ever read it again. */
function overOf({ state: shown, fate }: Told): ReadReason | undefined {
  if (fate.isErased) return 'erased';
  if (fate.isFalse) return 'bad-manifest';
  return shown === 'EXPIRED' ? 'expired' : undefined;
}

/** To R2, the first time or with the places that there are now. */
function errand(state: Readings, reading: Reading, { now }: Moment): Effects {
  const { id, told: known, endsAt, what } = reading;
  const took = reading.isGathered ? NOTHING : measure.handedOn(reading, now);
  reading.isGathered = true;
  const manifest = known!.manifest!;
  const of = {
    for: ownOf(state, 'receive'),
    number: id,
    want: what === 'survey' ? 'map' : 'body',
    withinMs: Math.max(1, Math.round(endsAt - now)),
    bodyHash: known!.cover!.header.bodyHash,
  } as const;
  const places = placesOf(known!);
  return [send(ownOf(state, 'locate'), TakeLocate.of({ errand: of, manifest, places })), ...took];
}

/** Rows that somebody else holds than the manifest says. */
const placesOf = ({ fate }: Told): readonly HeldAt[] => fate.places;

function woken(state: Readings, id: string, at: Moment): Effects {
  const reading = readingOf(state, id);
  if (reading === undefined) return NOTHING;
  if (id.startsWith('end/')) return over(state, reading, ended(reading), at);
  const again = wake(`say/${reading.id}`, SAY_MS);
  const isWaiting = reading.phase === 'waiting' && reading.isGathered;
  return isWaiting ? [again, askLedger(state, reading)] : [again, ...say(reading, undefined)];
}

function left(state: Readings, number: number, { from }: Moment): Effects {
  if (from === undefined) return NOTHING;
  const reading = state.byAsker.get(askerOf({ from, number }));
  if (reading === undefined) return NOTHING;
  const stop = send<ReceiveSays>(ownOf(state, 'gather'), LeaveReading.of({ number: reading.id }));
  return [stop, ...forget(state, reading)];
}

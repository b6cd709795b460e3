/**
 * The client: brings transactions to where somebody wants to see them, whatever is lost on the way.
 *
 *   send --> offered --(accepted)--> accepted --(progress)--> ... --> at the wanted state, or at an end
 *             ^   |                    |  ^
 *             |   '-(refused)-> over   |  '-- progress; after a silence, an ingress or a ledger is asked
 *             '------------------------'  nobody knows it: it is offered again
 *
 * Safety: the same bytes are offered each time, so that twice does no harm; what is told never leads back.
 * Liveness: every transaction ends here: where it was wanted, refused, rejected, or when its time is over.
 * Then its outcome is not known, which is what is told, with the last word that there was.
 *
 * Before anything else it asks which city it is in: what is signed names the city's network, and the delegates of the
 * city say whose ingress is nearest to the layers: that of the delegate which will place the transaction (provers.ts).
 * It is asked first, which saves each way one crossing; any other does as well, and is asked when it is silent.
 *
 * What there is to tell stands in `told`, which whoever runs this empties after each step: the SDK hands it
 * to its caller, a simulation to its model. Changes its tables in place.
 */
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import type {
  Abandon,
  Find,
  FollowRoot,
  LeaveTx,
  Look,
  ReadTx,
  SayAct,
  Send,
  SurveyTx,
  Until,
} from '../client.messages.ts';
import { Read, Survey, type ReaderHears, type ReaderSays } from '../receiving.messages.ts';
import * as acts from './acts.ts';
import * as finding from './finding.ts';
import { find, isOfFinding, type Finding, type Finds } from './finding.ts';
import { doubts, remains, type Doubts } from './doubts.ts';
import * as roots from './roots.ts';
import { isNews, PLACES, type Word } from './word.ts';
import * as reads from './reads.ts';
import {
  ask,
  NOTHING,
  sleep,
  wake,
  type Effect,
  type Moment,
  type Signal,
  type Step,
} from '../effect.ts';
import {
  AskTx,
  type ActDeclined,
  type ActHeld,
  type AskObject,
  type OfferAct,
  type Told as LedgerTold,
  type ToldObject,
} from '../ledger.messages.ts';
import {
  About,
  Follow,
  Submit,
  type ClientHears,
  type ClientSays,
  type IngressReason,
  type Progress,
} from '../sending.messages.ts';
import type { Genesis } from '../genesis.ts';
import type { AskRoot, RootTold } from '../rooting.messages.ts';
import { rankedDelegates } from '../provers.ts';
import { address, anyOf, type Address, type Place } from '../subjects.ts';
import { txIdOf, type Tx } from '../transaction.ts';

/** Transactions under way at once. */
export const SENT_MAX = 4_096;
/** An ingress that is there answers in milliseconds; another one is tried after this. */
const ASK_MS = 1_500;
/** Between two looks at one transaction. */
const LOOK_MS = 500;
/** Without word for so long, somebody is asked. */
const SILENCE_MS = 2_000;

export type Told =
  | { readonly what: 'city'; readonly genesis: Genesis }
  | { readonly what: 'accepted'; readonly txId: Uint8Array }
  | { readonly what: 'progress'; readonly txId: Uint8Array; readonly word: Word }
  | { readonly what: 'refused'; readonly txId: Uint8Array; readonly reason: IngressReason }
  | Finding
  /** Its time is over, and it is not where it was wanted: it may get there yet. */
  | { readonly what: 'unknown'; readonly txId: Uint8Array; readonly word: Word | undefined }
  /** How far a read is, or what it came to. */
  | { readonly what: 'read'; readonly word: reads.ReadWord }
  | { readonly what: 'act'; readonly word: acts.ActWord }
  /** How far above its city a batch has come. */
  | { readonly what: 'rooted'; readonly word: roots.RootWord };

interface Sent {
  readonly tx: Tx;
  readonly txId: Uint8Array;
  readonly until: Until;
  readonly endsAt: number;
  isAccepted: boolean;
  isAsking: boolean;
  /** The ingress that is nearest has not answered: any does. */
  isPassedOver: boolean;
  /** Somebody said that its time is wrong. */
  doubts: Doubts | undefined;
  word: Word | undefined;
  heardAt: number;
}

export interface Client {
  /** As an ingress told; nothing is believed of it but where to ask first. */
  genesis: Genesis | undefined;
  readonly sent: Map<string, Sent>;
  readonly reads: reads.Reads;
  readonly finds: Finds;
  readonly acts: acts.Acts;
  readonly roots: roots.Roots;
  told: Told[];
}

export interface Application {
  readonly city: Place;
}

export type Hears =
  | ClientHears
  | ReaderHears
  | LedgerTold
  | ToldObject
  | Send
  | Abandon
  | Find
  | Look
  | ReadTx
  | SurveyTx
  | LeaveTx
  | SayAct
  | ActHeld
  | ActDeclined
  | FollowRoot
  | RootTold;
export type Says = ClientSays | ReaderSays | OfferAct | AskRoot | AskTx | AskObject;
type Did = Step<Client, Says>;
type Effects = readonly Effect<Says>[];

/** No transaction has this key: they are 64 digits. */
const CITY = 'city';

export const begin = (application: Application): Did => [
  {
    genesis: undefined,
    sent: new Map(),
    reads: reads.noReads(),
    finds: new Map(),
    acts: acts.noActs(),
    roots: roots.noRoots(),
    told: [],
  },
  [ask(CITY, anyOf(application.city, 'ingress'), About.of({}), ASK_MS)],
];

export function step(
  application: Application,
  state: Client,
  input: Hears | Signal,
  at: Moment,
): Did {
  switch (input.kind) {
    case 'client.send':
      return [state, begun(application, state, input, at)];
    case 'client.abandon':
      return [state, over(state, hex(input.txId))];
    case 'client.find':
    case 'client.look':
      return [state, [find(application.city, input)]];
    case 'client.read':
      return [state, question(state, Read.of(input.read), at)];
    case 'client.act':
      return [state, acts.said(state.acts, application.city, input, at, tellingActs(state))];
    case 'client.root':
      return [state, roots.follow(state.roots, application.city, input, at, tellingRoots(state))];
    case 'client.survey':
      return [state, question(state, Survey.of(input.survey), at)];
    case 'client.leave':
      return [state, reads.left(state.reads, state.genesis, input.number)];
    case 'receive.progress':
    case 'receive.given':
    case 'receive.unavailable':
    case 'receive.refused':
    case 'receive.surveyed':
      return [state, reads.heard(state.reads, state.genesis, input, at, telling(state))];
    case 'ingress.progress':
      return [state, heard(state, input, at)];
    case 'answered':
      return [state, answered(application, state, input, at)];
    case 'unanswered':
      return [state, unanswered(state, input.id, at)];
    case 'wake':
      return [state, looked(application, state, input.id, at)];
    default:
      return [state, NOTHING];
  }
}

export function invariants({ sent, reads: asked, finds }: Client): void {
  assert(sent.size <= SENT_MAX, 'a client has so many transactions under way at once');
  finding.invariants(finds);
  reads.invariants(asked);
}

const telling =
  ({ told: words }: Client) =>
  (word: reads.ReadWord): void =>
    void words.push({ what: 'read', word });

const tellingActs =
  ({ told: words }: Client) =>
  (word: acts.ActWord): void =>
    void words.push({ what: 'act', word });

const tellingRoots =
  ({ told: words }: Client) =>
  (word: roots.RootWord): void =>
    void words.push({ what: 'rooted', word });

const question = (state: Client, ask: Read | Survey, at: Moment): Effects =>
  reads.asked(state.reads, state.genesis, ask, at, telling(state));

function begun(
  application: Application,
  state: Client,
  { tx, until, withinMs }: Send,
  { now }: Moment,
) {
  const txId = txIdOf(tx.cover.header);
  const key = hex(txId);
  if (state.sent.has(key)) return NOTHING;
  if (state.sent.size >= SENT_MAX) {
    state.told.push({ what: 'refused', txId, reason: 'busy' });
    return NOTHING;
  }
  const sent: Sent = {
    tx,
    txId,
    until,
    endsAt: now + withinMs,
    isAccepted: false,
    isAsking: false,
    isPassedOver: false,
    doubts: undefined,
    word: undefined,
    heardAt: now,
  };
  state.sent.set(key, sent);
  return [...offer(application, state, sent, key), wake(key, LOOK_MS)];
}

function tellFound(
  state: Client,
  id: string,
  answer: LedgerTold | ToldObject | undefined,
): Effects {
  const { asks, word } = finding.found(state.finds, state.genesis, id, answer);
  if (word !== undefined) state.told.push(word);
  return asks;
}

/** Whoever says that nobody stands on the list, or a delegate twice, or that it is another city's, is no guide. */
const isSound = ({ city }: Application, { place, delegates }: Genesis): boolean =>
  place === city &&
  delegates.length > 0 &&
  new Set(delegates.map(({ node }) => node)).size === delegates.length;

function ingressFor({ city }: Application, { genesis }: Client, sent: Sent): Address {
  const all = genesis === undefined ? [] : rankedDelegates(genesis, sent.txId);
  const nearest = all[sent.doubts === undefined ? 0 : sent.doubts.turn % all.length];
  const isAny = sent.isPassedOver && sent.doubts === undefined;
  if (isAny || nearest === undefined) return anyOf(city, 'ingress');
  return address(nearest.node, 'ingress');
}

function offer(application: Application, state: Client, sent: Sent, key: string): Effects {
  sent.isAsking = true;
  return [ask(key, ingressFor(application, state, sent), Submit.of({ tx: sent.tx }), ASK_MS)];
}

/** What is no word of this city is as good as none: somebody else is asked in a while. */
function inCity(application: Application, state: Client, answer: Hears): Effects {
  if (answer.kind !== 'ingress.city' || !isSound(application, answer.genesis))
    return [wake(CITY, LOOK_MS)];
  state.genesis = answer.genesis;
  state.told.push({ what: 'city', genesis: answer.genesis });
  return NOTHING;
}

function answered(
  application: Application,
  state: Client,
  { id, message }: Extract<Signal, { kind: 'answered' }>,
  at: Moment,
): Effects {
  const answer = message as Hears;
  if (id === CITY) return inCity(application, state, answer);
  if (roots.isOfRoots(id))
    return roots.judged(state.roots, id, answer as RootTold, at, tellingRoots(state));
  if (acts.isOfActs(id)) {
    const judgement = answer as ActHeld | ActDeclined;
    return acts.judged(state.acts, id, judgement, at, tellingActs(state));
  }
  if (isOfFinding(id)) return tellFound(state, id, answer as LedgerTold | ToldObject);
  const sent = state.sent.get(id);
  if (sent === undefined) return NOTHING;
  sent.isAsking = false;
  switch (answer.kind) {
    case 'ingress.accepted':
      return accepted(state, sent, id, at);
    case 'ingress.refused':
      return refused(state, sent, id, answer.reason);
    case 'ingress.progress':
      return answer.known === 'yes' ? heard(state, answer, at) : consult(application, sent, id);
    case 'ledger.told':
      return told(application, state, sent, answer, at);
    default:
      return NOTHING;
  }
}

/** The ingress that was asked has not heard of it: the ledger has, once it was certified. */
function consult({ city }: Application, sent: Sent, key: string): Effects {
  sent.isAsking = true;
  return [ask(key, anyOf(city, 'ledger'), AskTx.of({ txId: sent.txId }), ASK_MS)];
}

function told(
  application: Application,
  state: Client,
  sent: Sent,
  answer: LedgerTold,
  at: Moment,
): Effects {
  const { known, txId, state: shown, cause, proof, effect } = answer;
  // Whoever had it is gone: the same bytes once more, to whoever is there.
  if (known === 'unknown') return offer(application, state, sent, hex(txId));
  const { acks, needed, rows } = sent.word ?? { acks: 0, needed: 0, rows: 0 };
  const height = proof?.head.height;
  const word = { state: shown, acks, needed, rows, cause, height, effect };
  return heard(state, { txId, ...word }, at);
}

function accepted(state: Client, sent: Sent, key: string, { now }: Moment): Effects {
  sent.heardAt = now;
  if (!sent.isAccepted) state.told.push({ what: 'accepted', txId: sent.txId });
  sent.isAccepted = true;
  return sent.until === 'accepted' ? over(state, key) : NOTHING;
}

/** Those of them that a later moment may mend are not the end: it is tried again at the next look. */
const PASSING: ReadonlySet<IngressReason> = new Set(['busy', 'rate-limited', 'no-capacity']);

/** What one delegate says of time may be its own clock's fault. */
const UNTIMELY: ReadonlySet<IngressReason> = new Set(['expired', 'from-the-future']);

function isDoubtful({ genesis }: Client, sent: Sent): boolean {
  if (genesis === undefined) return false;
  // Who answers where any may is not known.
  sent.doubts ??= doubts(sent.isPassedOver ? undefined : 0);
  return remains(sent.doubts, rankedDelegates(genesis, sent.txId), true);
}

/** Whoever was asked is of no use now: any other is. */
function passOver({ genesis }: Client, sent: Sent): void {
  sent.isPassedOver = true;
  if (sent.doubts !== undefined && genesis !== undefined)
    remains(sent.doubts, rankedDelegates(genesis, sent.txId), false);
}

function refused(state: Client, sent: Sent, key: string, reason: IngressReason): Effects {
  if (PASSING.has(reason)) {
    passOver(state, sent);
    return NOTHING;
  }
  if (UNTIMELY.has(reason) && isDoubtful(state, sent)) return NOTHING;
  state.told.push({ what: 'refused', txId: sent.txId, reason });
  return over(state, key);
}

function unanswered(state: Client, id: string, at: Moment): Effects {
  if (acts.isOfActs(id)) return acts.judged(state.acts, id, undefined, at, tellingActs(state));
  if (roots.isOfRoots(id)) return roots.judged(state.roots, id, undefined, at, tellingRoots(state));
  if (id === CITY) return [wake(CITY, LOOK_MS)];
  if (isOfFinding(id)) return tellFound(state, id, undefined);
  const sent = state.sent.get(id);
  if (sent === undefined) return NOTHING;
  sent.isAsking = false;
  passOver(state, sent);
  return NOTHING;
}

function heard(state: Client, progress: Word & Pick<Progress, 'txId'>, at: Moment): Effects {
  const key = hex(progress.txId);
  const sent = state.sent.get(key);
  if (sent === undefined) return NOTHING;
  sent.heardAt = at.now;
  const { state: shown, acks, needed, rows, cause, height, reason, effect } = progress;
  const word = { state: shown, acks, needed, rows, cause, height, reason, effect };
  if (!isNews(sent.word, word)) return NOTHING;
  sent.word = word;
  // Whoever drives it has it in its journal: the answer that said so was lost.
  const accepting = sent.isAccepted ? NOTHING : accepted(state, sent, key, at);
  if (sent.until === 'accepted') return accepting;
  state.told.push({ what: 'progress', txId: sent.txId, word });
  return PLACES[shown] >= PLACES[sent.until] ? over(state, key) : NOTHING;
}

function looked(application: Application, state: Client, key: string, at: Moment): Effects {
  const { now } = at;
  if (key === CITY) return begin(application)[1];
  if (roots.isOfRoots(key)) return roots.again(state.roots, application.city, key);
  if (acts.isOfActs(key)) return acts.again(state.acts, application.city, key);
  if (reads.isOfReads(key))
    return reads.looked(state.reads, state.genesis, key, at, telling(state));
  const sent = state.sent.get(key);
  if (sent === undefined) return NOTHING;
  if (now >= sent.endsAt) {
    state.told.push({ what: 'unknown', txId: sent.txId, word: sent.word });
    return over(state, key);
  }
  const again = wake(key, LOOK_MS);
  if (sent.isAsking) return [again];
  if (!sent.isAccepted) return [again, ...offer(application, state, sent, key)];
  if (now - sent.heardAt < SILENCE_MS) return [again];
  sent.isAsking = true;
  return [
    again,
    ask(key, ingressFor(application, state, sent), Follow.of({ txId: sent.txId }), ASK_MS),
  ];
}

function over(state: Client, key: string): Effects {
  return state.sent.delete(key) ? [sleep(key)] : NOTHING;
}

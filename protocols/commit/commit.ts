/**
 * S5, commit: counts acks until they are enough, certifies, and gives the certificate to every ledger.
 *
 *   commit.open --> counting --(rule of the manifest met)--> certified: POH_ACK --> offers to ledgers
 *                      |  ^                                     ^
 *             deadline |  '-- acks --.                          |
 *                      v             |                          |
 *                    short: REPAIR_REQ, escalation -------------'
 *
 * Safety: it hears S3 and S4 of its own node alone; a certificate is made only of acks that each ledger will count the same way (ack-rule.ts,
 * certificate.ts), each row once, each light once. Liveness: escalation when the deadline passes with too
 * few; offers again until each ledger holds it. A count is lost with its life: the ingress drives the
 * transaction here again, and S4 says again what it knows.
 *
 * After the certificate it goes on counting, for the progress that people see, until every placed row is
 * held (`durable` when every anchor row is) or a minute has passed. What every ledger holds is remembered
 * for a while as it was said last, so that driving it here again costs nothing, unless it was placed anew. Bound: `COUNTINGS_MAX` transactions;
 * beyond it those that every ledger holds go first, and if there are none the newcomer waits for the ingress
 * to drive it here again.
 */
import { nameText } from '#algorithms/identity.ts';
import { hex, same } from '#lib/bytes.ts';
import { assert } from '#lib/assert.ts';
import { lru, type Lru } from '#lib/lru.ts';
import type { Infer } from '../codec.ts';
import {
  NOTHING,
  send,
  wake,
  type Effect,
  type Moment,
  type Signal,
  type Step,
} from '../effect.ts';
import { figure, layerTook } from '../figures.ts';
import { FIRST_EPOCH } from '../genesis.ts';
import { certDigest } from '../holding.ts';
import { fact } from '../ingress/drive.ts';
import {
  BEGIN,
  shown,
  step as stepOf,
  transition,
  type Cause,
  type EventName,
  type LifecycleEvent,
  type Standing,
} from '../lifecycle.ts';
import { placedRows, rowsOf } from '../manifest.ts';
import { isOwn, type Self } from '../self.ts';
import {
  Escalate,
  Moved,
  type COMMIT_HEARS,
  type COMMIT_SAYS,
  type CommitAcks,
  type Declined,
  type Held,
  type OpenCommit,
} from '../sending.messages.ts';
import { address, type Address } from '../subjects.ts';
import {
  acksOf,
  certOf,
  countAck,
  countOf,
  digestOf,
  isDurable,
  isEnough,
  isWhole,
  type Count,
} from './count.ts';
import {
  declinedBy,
  isHeldBy,
  isOpenFor,
  leave,
  offer,
  OFFER_WAKE,
  offersTo,
  RETRY_WAKE,
  withdraw,
  type Offered,
  type Offers,
} from './offers.ts';

/** Transactions at once: each is up to 100 KB, nearly all of it signatures of its ack batches. */
export const COUNTINGS_MAX = 1_024;
/** How long acks are counted. */
export const COUNTING_MS = 60_000;
/** Acks of so long are one word to whoever waits; the certificate is said at once. */
export const TELL_MS = 50;

export type CommitHears = Infer<typeof COMMIT_HEARS>;
export type CommitSays = Infer<typeof COMMIT_SAYS>;

/** Transactions that every ledger holds, and what was said of them last. */
const SETTLED_MAX = 4_096;

interface Settled {
  readonly manifestHash: Uint8Array;
  readonly word: Moved;
}

interface Counting {
  readonly key: string;
  readonly count: Count;
  readonly since: number;
  /** When it was certified. */
  certifiedAt: number | undefined;
  ingress: Address;
  readonly until: number;
  standing: Standing;
  /** There once it is certified. */
  offered: Offered | undefined;
  readonly heldBy: Set<Address>;
  isDurable: boolean;
  /** The next word is due already. */
  isToTell: boolean;
  /** Rows for escalation are out as well. */
  isEscalated: boolean;
}

export interface Committing {
  readonly self: Self;
  readonly countings: Map<string, Counting>;
  /** Which transaction a certificate is of. */
  readonly certs: Map<string, string>;
  readonly offers: Offers;
  readonly settled: Lru<string, Settled>;
}

type Did = Step<Committing, CommitSays>;
type Effects = readonly Effect<CommitSays>[];

export const begin = (self: Self): Did => [
  {
    self,
    countings: new Map(),
    certs: new Map(),
    offers: offersTo(self.genesis),
    settled: lru(SETTLED_MAX),
  },
  NOTHING,
];

export const step = (state: Committing, input: CommitHears | Signal, at: Moment): Did => [
  state,
  effectsOf(state, input, at),
];

function effectsOf(state: Committing, input: CommitHears | Signal, at: Moment): Effects {
  switch (input.kind) {
    case 'commit.open':
      return isOwn(state.self, 'attest', at) ? open(state, input, at) : NOTHING;
    case 'commit.acks':
      return isOwn(state.self, 'distribute', at) ? counted(state, input, at) : NOTHING;
    case 'ledger.held':
      return held(state, input, at);
    case 'ledger.declined':
      return declined(state, input, at);
    case 'wake':
      return woken(state, input.id, at);
    default:
      return NOTHING;
  }
}

/** What must be true between any two steps. */
export function invariants({ countings, certs }: Committing): void {
  assert(countings.size <= COUNTINGS_MAX, 'few enough are counted');
  let certified = 0;
  for (const { key, offered, standing } of countings.values()) {
    assert((standing.order === 'POH_ACK') === (offered !== undefined), 'POH_ACK has a certificate');
    if (offered === undefined) continue;
    certified++;
    assert(certs.get(offered.digest) === key, 'a certificate is of its transaction');
  }
  assert(certs.size === certified, 'no certificate outlives its count');
}

function open(state: Committing, opened: OpenCommit, at: Moment): Effects {
  const { cover, manifest, ingress } = opened;
  const key = hex(manifest.txId);
  const known = state.countings.get(key);
  const count = countOf(cover, manifest);
  const isKnown = known !== undefined && same(known.count.manifestHash, count.manifestHash);
  if (known !== undefined && (isKnown || known.offered !== undefined)) {
    state.self.probe.sometimes('commit: a transaction came again');
    known.ingress = ingress;
    return [told(known), ...offerAgain(state, known, at)];
  }
  const settled = state.settled.get(key);
  // Placed anew, it is counted anew: the certificate of before found no place in the order.
  if (settled !== undefined && same(settled.manifestHash, count.manifestHash))
    return [send(ingress, settled.word)];
  if (known !== undefined) end(state, known);
  if (!makeRoom(state)) {
    state.self.probe.sometimes('commit: too many transactions are counted');
    return NOTHING;
  }
  const until = at.now + COUNTING_MS;
  const counting: Counting = {
    key,
    count,
    since: at.now,
    certifiedAt: undefined,
    ingress,
    until,
    standing: BEGIN,
    offered: undefined,
    heldBy: new Set(),
    isDurable: false,
    isToTell: false,
    isEscalated: false,
  };
  state.countings.set(key, counting);
  return [wake(`due:${key}`, manifest.terms.ackDeadlineMs)];
}

function offerAgain({ offers }: Committing, { offered, heldBy }: Counting, at: Moment): Effects {
  return offered === undefined ? NOTHING : offer(offers, offered, heldBy, at);
}

function makeRoom(state: Committing): boolean {
  const { countings, offers } = state;
  for (const each of countings.size < COUNTINGS_MAX ? [] : countings.values()) {
    if (each.offered === undefined || isOpenFor(offers, each.offered.digest)) continue;
    settle(state, each);
    break;
  }
  return countings.size < COUNTINGS_MAX;
}

function end({ countings, certs, offers }: Committing, { key, offered }: Counting): void {
  countings.delete(key);
  if (offered === undefined) return;
  certs.delete(offered.digest);
  withdraw(offers, offered.digest);
}

/** It ends; where every ledger holds it, what was said of it last is remembered. */
function settle(state: Committing, counting: Counting): Effects {
  const { heldBy, key, count } = counting;
  const word = moved(counting);
  if (heldBy.size === state.offers.ledgers.size)
    state.settled.put(key, { manifestHash: count.manifestHash, word });
  end(state, counting);
  return counting.isToTell ? [send(counting.ingress, word)] : NOTHING;
}

/** Acks of a transaction that S4 says stand. */
function counted(state: Committing, { txId, acks }: CommitAcks, at: Moment): Effects {
  const counting = state.countings.get(hex(txId));
  if (counting === undefined) return NOTHING;
  const { plant } = state.self;
  const { count } = counting;
  const before = acksOf(count);
  for (const { ack, batch } of acks) countAck(count, ack, batch, FIRST_EPOCH, plant);
  if (acksOf(count) === before) {
    state.self.probe.sometimes('commit: acks came that do not count');
    return NOTHING;
  }
  const isNow = counting.offered === undefined && isEnough(count, plant);
  const effects = isNow ? certify(state, counting, at) : tellSoon(counting);
  return [...effects, ...durable(state, counting)];
}

/** Enough is held: the first answer that somebody can rely on. */
function certify(state: Committing, counting: Counting, at: Moment): Effects {
  const { count, key } = counting;
  const cert = certOf(count);
  const name = certDigest(cert);
  const digest = hex(name);
  const rows = [...count.rows.values()];
  const batches = new Map(rows.map(({ batchId, batch }) => [batchId, batch]));
  const { cover, manifest } = count;
  counting.certifiedAt = at.now;
  counting.offered = { key, name, digest, certified: { cover, manifest, cert }, batches };
  state.certs.set(digest, key);
  const wasShort = counting.standing.health !== 'sound';
  return [
    ...happened(counting, 'certified', name),
    ...(wasShort ? happened(counting, 'restored', name) : NOTHING),
    told(counting),
    ...offer(state.offers, counting.offered, counting.heldBy, at),
    figure('poh_ack_latency', at.now - counting.since),
  ];
}

/** Every transition that people can see is a public fact. */
function happened(counting: Counting, event: EventName, by: Uint8Array): Effects {
  const { count, standing } = counting;
  const cause = nameText(by) as Cause;
  const happening = { event, cause } as LifecycleEvent;
  const visible = transition(standing, happening);
  counting.standing = stepOf(standing, event);
  if (visible === undefined) return NOTHING;
  const { from, to } = visible;
  return [fact(count.manifest.txId, to, { from, cause, ...numbersOf(counting) })];
}

const numbersOf = ({ count, isEscalated }: Counting) => ({
  acks: acksOf(count),
  needed: count.manifest.terms.ackNeeded,
  rows: isEscalated ? rowsOf(count.manifest) : placedRows(count.manifest),
});

/** Acks come one by one, from dozens of holders: how many there are is said now and then. */
function tellSoon(counting: Counting): Effects {
  if (counting.isToTell) return NOTHING;
  counting.isToTell = true;
  return [wake(`tell:${counting.key}`, TELL_MS)];
}

/** To the ingress that drives it, and from there to whoever follows. */
const told = (counting: Counting): Effect<Moved> => send(counting.ingress, moved(counting));

function moved(counting: Counting): Moved {
  const { count, standing, offered } = counting;
  return Moved.of({
    txId: count.manifest.txId,
    state: shown(standing),
    ...numbersOf(counting),
    cause: offered?.name,
    height: undefined,
    reason: undefined,
  });
}

/** Once every anchor row is held, nothing but the loss of anchors endangers it. */
function durable(state: Committing, counting: Counting): Effects {
  const { count, offered } = counting;
  if (offered === undefined || counting.isDurable || !isDurable(count))
    return done(state, counting);
  counting.isDurable = true;
  const { txId } = count.manifest;
  const cause = nameText(offered.name);
  const said = fact(txId, 'durable', { cause, ...numbersOf(counting) });
  return [said, ...done(state, counting)];
}

/** Nothing remains to be counted or offered. */
function done(state: Committing, counting: Counting): Effects {
  const { offered, count, heldBy } = counting;
  const isHeld = offered !== undefined && heldBy.size === state.offers.ledgers.size;
  return isHeld && isWhole(count) ? settle(state, counting) : NOTHING;
}

function held(state: Committing, { certs }: Held, at: Moment): Effects {
  const { from } = at;
  return certs.flatMap((cert): Effects => {
    const digest = hex(cert);
    const counting = state.countings.get(state.certs.get(digest) ?? '');
    if (counting === undefined || from === undefined) return NOTHING;
    if (!isHeldBy(state.offers, digest, from, at)) return NOTHING;
    const took = heldHere(state, counting, from, at);
    counting.heldBy.add(from);
    return [...took, ...done(state, counting)];
  });
}

/** The own ledger has it on its disk: that much of it is ours. */
function heldHere(
  { self }: Committing,
  { certifiedAt, heldBy }: Counting,
  from: Address,
  { now }: Moment,
): Effects {
  const isOurs = from === address(self.node, 'ledger') && !heldBy.has(from);
  return isOurs ? [layerTook('S5', certifiedAt!, now)] : NOTHING;
}

function declined(state: Committing, { cert, reason }: Declined, { from }: Moment): Effects {
  state.self.probe.sometimes(`commit: a ledger declined: ${reason}`);
  declinedBy(state.offers, hex(cert), reason, from);
  return NOTHING;
}

function woken(state: Committing, id: string, at: Moment): Effects {
  if (id === OFFER_WAKE || id === RETRY_WAKE) return leave(state.offers, id, at);
  const counting = state.countings.get(id.slice(id.indexOf(':') + 1));
  if (counting === undefined) return NOTHING;
  if (id.startsWith('tell:')) {
    counting.isToTell = false;
    return [told(counting)];
  }
  if (at.now >= counting.until) return over(state, counting);
  const late = wake(id, counting.until - at.now);
  return counting.offered === undefined ? [...short(state, counting), late] : [late];
}

/** The deadline has passed with too few: more anchors are asked. */
function short(state: Committing, counting: Counting): Effects {
  const { count } = counting;
  state.self.probe.sometimes('commit: the deadline passed with too few acks');
  const { txId } = count.manifest;
  counting.isEscalated = true;
  return [
    send(address(state.self.node, 'distribute'), Escalate.of({ txId })),
    ...happened(counting, 'short', digestOf(count)),
    told(counting),
  ];
}

function over(state: Committing, counting: Counting): Effects {
  state.self.probe.sometimes('commit: a count ended with rows missing');
  return settle(state, counting);
}

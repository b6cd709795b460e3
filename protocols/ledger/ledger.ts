/**
 * The ledger of a delegate: keeps what proves that transactions are held, and what the order made of them.
 *
 *   distribute --verified--> offers.ts (signatures that need not be verified twice in one node)
 *   commit --offer--> offers.ts --(check.ts, pool, disk)--> held; the city is told what waits
 *   city --committed--> apply.ts --(disk)--> head, states, notes; the city is told what is applied
 *   anyone --asks--> ask.ts --(disk)--> answers
 *
 * What it promises: `held` and `applied` are said of what is on the disk. States follow from the order: same
 * heights, same states, same `stateRoot`, on every delegate, whatever came when. COMMITTED never without a certificate
 * that stands; of one sender's number one transaction at most.
 *
 * In memory: what waits for its place (live.ts, at most `LIVE_MAX`), the last page of each holder, the frozen lists.
 * Everything else is read when it is asked for, so that a ledger starts at once however old its city is. Changes its
 * state in place.
 */
import { stampBytes } from '#algorithms/clock/hlc.ts';
import { NOTHING } from '#algorithms/merkle/sparse.ts';
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { lru } from '#lib/lru.ts';
import type { Policy } from '#config/policy.ts';
import { ENTRIES_MAX, NONE } from '../city-batch.ts';
import { verifiedBatches } from '../certificate.ts';
import { genesisCommittee } from '../committee.ts';
import { whole, type Infer } from '../codec.ts';
import { keep, send, type Moment, type Signal, type Step } from '../effect.ts';
import type { HandedOver, LEDGER_ASKED, Want } from '../ledger.messages.ts';
import {
  Certified as ToldCity,
  type CommittedBatch,
  type Fetch,
  type Resume,
} from '../order.messages.ts';
import type { FollowerHears } from '../presence.messages.ts';
import { bookOf, readBook, type Book } from '../policy-book.ts';
import * as replica from '../presence/replica.ts';
import { isOwn, type Self } from '../self.ts';
import type { Declined, Held, Offer, Verified } from '../sending.messages.ts';
import { address } from '../subjects.ts';
import { OPEN_ACT, openActIn } from './act-records.ts';
import { actComputed, actOffered, checkActAgain, isActCheck } from './acts.ts';
import { ordered, wantMissing } from './apply.ts';
import { asked, wanted } from './ask.ts';
import { besideOf, checked, isOfBeside, learned } from './beside.ts';
import { addLive, emptyTable, entriesOf, LIVE_MAX, liveInvariants } from './live.ts';
import { ENDS, restoreEnd } from './ends.ts';
import { appliedOf, epochsIn, stakesIn } from './epochs.ts';
import { letGo } from './fit.ts';
import { checkAgain, computed, fetched, offered, verifiedByS4 } from './offers.ts';
import { actEntry, noActs } from './open-acts.ts';
import { objectsOf, pageCache, type Changed } from './objects.ts';
import { readRecent, recentKeys } from './pages.ts';
import { isProving, proofMade, prove } from './prove.ts';
import type { Prove } from '../proof.messages.ts';
import { noReads, readAll, readOne } from './reads.ts';
import { BOOK, Head, HEAD, Last, LAST_HELD, Open, OPEN, PAGES, Winner } from './records.ts';
import { transfersIn } from './transfers.ts';
import { isOfMap, turnAgain, turned } from './turning.ts';
import {
  CHECKING_MAX,
  ownCity,
  WANTED_MAX,
  type Effects,
  type Ledger,
  type LedgerSays,
} from './state.ts';

/** Ack batches of which it is remembered that they were verified. */
const VERIFIED_MAX = 65_536;
/** Ack batches that wait to be verified, and may be named by what comes meanwhile. */
const UNVERIFIED_MAX = 1_024;
/** Ack batches that are remembered: some 15 MB of them. */
const RECENT_MAX = 4_096;
/** Ack batches of which it is remembered that they are on the disk; one that is forgotten is written again. */
const ON_DISK_MAX = 16_384;

export type LedgerHears =
  | Offer
  | Verified
  | Want
  | Held
  | Declined
  | Infer<typeof LEDGER_ASKED>
  | Prove
  | CommittedBatch
  | Fetch
  | Resume
  | HandedOver
  | FollowerHears;

type Did = Step<Ledger, LedgerSays>;

/** Before the first batch; `accounts` is that of the genesis. */
const BEGINNING: Head = {
  height: 0,
  digest: NONE,
  round: 0,
  at: stampBytes({ wallMs: 0, count: 0 }),
  stateRoot: NONE,
  count: 0,
  accounts: NOTHING,
};

/** `policy`: that of the city's genesis, the same on all delegates. */
export function begin(self: Self, policy: Policy, kept: ReadonlyMap<string, Uint8Array>): Did {
  const [lists, following] = replica.begin({
    genesis: self.genesis,
    presence: address(self.node, 'presence'),
    keepsOlder: true,
  });
  const stakes = stakesIn(self.genesis, kept);
  const head = kept.get(HEAD);
  const pages = kept.get(PAGES);
  const first = head === undefined ? objectsOf(self.genesis) : undefined;
  const ledger: Ledger = {
    self,
    committee: genesisCommittee(self.genesis),
    book: bookIn(kept, policy),
    stakes,
    epochs: epochsIn(stakes, kept),
    replica: lists,
    beside: besideOf(self),
    table: emptyTable(),
    acts: noActs(kept),
    reads: noReads(),
    proving: new Map(),
    proofs: 0,
    verified: verifiedBatches(VERIFIED_MAX),
    unverified: lru(UNVERIFIED_MAX),
    recent: lru(RECENT_MAX),
    onDisk: lru(ON_DISK_MAX),
    head: first === undefined ? whole(Head, head!) : { ...BEGINNING, accounts: first.root },
    turning: undefined,
    mapPages: pageCache(),
    ends: new Map(),
    firstEnd: Infinity,
    fitUntil: -Infinity,
    isReady: false,
    applying: undefined,
    applies: 0,
    wants: 0,
    checks: 0,
    checking: new Map(),
    beingChecked: new Set(),
    keeps: 0,
    keeping: new Map(),
    beingKept: new Set(),
    pages: pages === undefined ? 0 : whole(Last, pages).page,
    transfers: transfersIn(kept),
    lastHeld: new Map(),
    lastSent: new Map(),
    recentPages: new Map(),
    wantedAt: new Map(),
    proved: new Set(),
  };
  const founded = first === undefined ? [] : found(ledger, first);
  return [ledger, [...following, ...founded, ...restore(ledger, kept)]];
}

/** What the genesis says is there is on the disk before any batch; again, if a life ended before. */
function found(ledger: Ledger, { writes }: Changed): Effects {
  return writes.length === 0 ? [] : [keep(`keep/${++ledger.keeps}`, ...writes)];
}

function bookIn(kept: ReadonlyMap<string, Uint8Array>, first: Policy): Book {
  const [book, head] = [kept.get(BOOK), kept.get(HEAD)];
  const { height } = head === undefined ? BEGINNING : whole(Head, head);
  return { ...(book === undefined ? bookOf(first) : readBook(book)), height };
}

/** What waited when the last life ended waits again; who has its slots, and what is on the last pages, is read before anything else. */
function restore(ledger: Ledger, kept: ReadonlyMap<string, Uint8Array>): Effects {
  const { table, acts, lastHeld, reads } = ledger;
  for (const [name, bytes] of kept) {
    if (name.startsWith(OPEN)) {
      addLive(table, name.slice(OPEN.length), whole(Open, bytes), undefined);
    } else if (name.startsWith(OPEN_ACT)) {
      acts.open.set(name.slice(OPEN_ACT.length), openActIn(bytes));
    } else if (name.startsWith(ENDS)) {
      restoreEnd(ledger, name, bytes);
    } else if (name.startsWith(LAST_HELD)) {
      lastHeld.set(name.slice(LAST_HELD.length), whole(Last, bytes).page);
    }
  }
  const slots = [...table.slots.values()];
  const keys = [...slots.map(({ name }) => name), ...recentKeys(ledger)];
  return readAll(reads, keys, (rows) => {
    for (const [i, row] of rows.slice(0, slots.length).entries()) {
      if (row !== undefined) slots[i]!.winner = whole(Winner, row);
    }
    readRecent(ledger, rows.slice(slots.length));
    ledger.isReady = true;
    return [...letGo(ledger), ...resumed(ledger)];
  });
}

/** The city hears what waits, and how far we are. */
function resumed(ledger: Ledger): Effects {
  if (!ledger.isReady) return [];
  const { table, beingKept } = ledger;
  const acts = [...ledger.acts.open.keys()].filter((id) => !ledger.acts.beingKept.has(id));
  const waiting = [
    ...entriesOf(table).filter(({ cert }) => !beingKept.has(hex(cert))),
    ...acts.map(actEntry),
  ];
  const effects: Effects[number][] = [];
  for (let i = 0; i < waiting.length; i += ENTRIES_MAX) {
    const entries = waiting.slice(i, i + ENTRIES_MAX);
    effects.push(send(ownCity(ledger), ToldCity.of({ entries })));
  }
  return [...effects, send(ownCity(ledger), appliedOf(ledger))];
}

export function step(ledger: Ledger, input: LedgerHears | Signal, at: Moment): Did {
  if (replica.isForReplica(input)) {
    return [ledger, replica.step(ledger.replica, input, at, ledger.self.probe)[1]];
  }
  return [ledger, heard(ledger, input, at)];
}

type Input = Exclude<LedgerHears, FollowerHears> | Signal;

function heard(ledger: Ledger, input: Input, at: Moment): Effects {
  switch (input.kind) {
    case 'ledger.offer':
      return ledger.isReady ? offered(ledger, input, at) : []; // It is offered again.
    case 'ledger.verified':
      return isOwn(ledger.self, 'distribute', at) ? verifiedByS4(ledger, input) : [];
    case 'ledger.want':
      return wanted(ledger, input, at);
    case 'ledger.committed':
    case 'ledger.fetch':
    case 'ledger.resume':
      return at.from === ownCity(ledger) ? fromCity(ledger, input, at) : [];
    case 'ledger.chain':
    case 'ledger.ask':
    case 'ledger.since':
    case 'ledger.sent-by':
    case 'ledger.acts':
    case 'ledger.object':
    case 'ledger.stakes':
    case 'ledger.transfers':
    case 'ledger.handovers':
      return asked(ledger, input, at);
    case 'ledger.held-by':
      // Who is on the last pages is not known before: a list without them would be taken for the whole.
      return ledger.isReady ? asked(ledger, input, at) : [];
    case 'ledger.prove':
      return prove(ledger, input, at);
    case 'ledger.act':
      return ledger.isReady ? actOffered(ledger, input, at) : [];
    case 'recalled':
      return readOne(ledger.reads, input.id, input.value);
    case 'computed':
      if (isProving(input.id)) return proofMade(ledger, input.id, input.output);
      if (isOfMap(input.id)) return turned(ledger, input.output);
      if (isOfBeside(input.id)) return checked(ledger, input.id, input.output);
      return isActCheck(input.id)
        ? actComputed(ledger, input.id, input.output)
        : computed(ledger, input.id, input.output);
    case 'uncomputed':
      if (isProving(input.id)) return proofMade(ledger, input.id, undefined);
      if (isOfMap(input.id)) return turnAgain(ledger, input.id);
      if (isOfBeside(input.id)) return checked(ledger, input.id, undefined);
      return isActCheck(input.id) ? checkActAgain(ledger, input.id) : checkAgain(ledger, input.id);
    case 'answered':
      return isOfBeside(input.id) ? learned(ledger, input.id, input.message) : [];
    case 'unanswered':
      return isOfBeside(input.id) ? learned(ledger, input.id, undefined) : [];
    case 'kept':
      return kept(ledger, input.id);
    case 'wake':
      return input.id === 'want' ? wantMissing(ledger, at) : [];
    default:
      return []; // What another ledger says to our offers.
  }
}

function fromCity(ledger: Ledger, input: CommittedBatch | Fetch | Resume, at: Moment): Effects {
  if (!ledger.isReady) return []; // The city says it again.
  switch (input.kind) {
    case 'ledger.committed':
      return ordered(ledger, input.committed, at);
    case 'ledger.fetch':
      return fetched(ledger, input, at);
    default:
      return resumed(ledger);
  }
}

function kept({ keeping }: Ledger, id: string): Effects {
  const then = keeping.get(id);
  keeping.delete(id);
  return then?.() ?? [];
}

/** What must be true between any two steps. */
export function invariants({ table, head, applying, beingChecked }: Ledger): void {
  liveInvariants(table);
  assert(table.txs.size <= LIVE_MAX + WANTED_MAX + CHECKING_MAX, 'what waits is bounded');
  assert(beingChecked.size <= CHECKING_MAX, 'what is checked is bounded');
  const next = applying?.committed.batch.head.height;
  assert(next === undefined || next === head.height + 1, 'heights are applied one after another');
}

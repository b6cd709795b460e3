/**
 * Applying what was ordered: in the order of heights, each batch once, all of it or nothing.
 *
 *   ledger.committed --> looking --(some certificates are not here)--> waiting --(ledger.want)--.
 *                           '--------------------------------------------> keeping <------------'
 *                                                                             |
 *         head, notes, ingress.moved, city.applied <--(durable)---------------'
 *
 * What a batch does to its transactions is a function of what was ordered before (live.ts, `eventOf`). So ledgers that
 * have applied the same heights say the same of every transaction, and have the same `stateRoot` (city-state.ts).
 *
 * An entry whose transaction has been decided before changes nothing; nor does a batch that comes again.
 */
import { stampOf } from '#algorithms/clock/hlc.ts';
import { nameText } from '#algorithms/identity.ts';
import { hex, same } from '#lib/bytes.ts';
import { assert } from '#lib/assert.ts';
import { actId, type SignedAct } from '../act.ts';
import { headDigest, isAct, type Committed, type Entry } from '../city-batch.ts';
import { stateAfter, stateStep, StateStep } from '../city-state.ts';
import { toBytes, whole } from '../codec.ts';
import { forget, keep, note, put, send, wake, type Moment, type Write } from '../effect.ts';
import { figure } from '../figures.ts';
import { Fate, SOUND } from '../fate.ts';
import { step as lifecycle, shown, type Standing } from '../lifecycle.ts';
import { ChangeCommitted, PLACES, type Happened } from '../ledger.messages.ts';
import { bookBytes, follow, newestOf } from '../policy-book.ts';
import { Committed as ToldRooting } from '../rooting.messages.ts';
import { Moved } from '../sending.messages.ts';
import { stakesDigest } from '../stake/stakes.ts';
import { address } from '../subjects.ts';
import { decideEnds, readDue, type EndsAtHand } from './ends.ts';
import { letGo, withdraw } from './fit.ts';
import { contractsOf } from '../objects/contracts.ts';
import { fingerprintOf } from '../transaction.ts';
import { actKey, fateKey } from './act-records.ts';
import { decideAct, NO_ACTS, readActs, type ActOutcome, type ActsAtHand } from './apply-acts.ts';
import { errandsIn, doErrands, type Errands } from './apply-errands.ts';
import { bytesOf, eventOf, removeLive, type Live } from './live.ts';
import { changeObjects } from './objects.ts';
import { appliedOf, turned } from './epochs.ts';
import { transferWrites } from './transfers.ts';
import { isActHere } from './open-acts.ts';
import { placeWrites } from './pages.ts';
import { prune } from './prune.ts';
import { readSurely } from './reads.ts';
import { want } from './wants.ts';
import {
  batchKey,
  BOOK,
  Committed as CommittedRow,
  Done,
  doneKey,
  Head,
  HEAD,
  key,
  openKey,
  stepKey,
  TxRow,
  txKey,
  Winner,
} from './records.ts';
import { ownCity, ownIngress, type Applying, type Effects, type Ledger } from './state.ts';

const WANT_MS = 300;

/** The city has decided. */
export function ordered(ledger: Ledger, committed: Committed, at: Moment): Effects {
  const { head, applying } = ledger;
  const { head: its, entries } = committed.batch;
  if (its.height <= head.height) return [send(ownCity(ledger), appliedOf(ledger))];
  if (applying !== undefined || its.height !== head.height + 1 || !same(its.prev, head.digest))
    return [];
  const missing = new Map<string, Entry>();
  for (const entry of entries) {
    if (!isReady(ledger, entry)) missing.set(key(entry.cert), entry);
  }
  ledger.applying = { committed, digest: hex(headDigest(its)), missing, stage: 'looking' };
  return lookForDecided(ledger, ledger.applying, at);
}

/** What is not here may have been decided by an earlier batch: then there is nothing to wait for. */
function lookForDecided(ledger: Ledger, applying: Applying, at: Moment): Effects {
  const entries = [...applying.missing];
  const keys = entries.map(([name, entry]) =>
    isAct(entry) ? actKey(name) : txKey(key(entry.txId)),
  );
  return readSurely(ledger.reads, keys, (rows) => {
    for (const [i, [name, entry]] of entries.entries()) {
      if (isDecided(entry, rows[i])) applying.missing.delete(name);
    }
    applying.stage = 'waiting';
    return [...applyIfWhole(ledger), ...wantMissing(ledger, at)];
  });
}

/** Acts are read from the disk when their batch is applied. */
const isReady = (ledger: Ledger, entry: Entry): boolean =>
  isAct(entry) ? isActHere(ledger, key(entry.cert)) : ledger.table.byCert.has(key(entry.cert));

function isDecided(entry: Entry, row: Uint8Array | undefined): boolean {
  if (row === undefined) return false;
  // An act on the disk is all there is to know of it; of a certificate that was let go more is needed.
  return isAct(entry) || whole(TxRow, row).ordered !== undefined;
}

/** Asks whoever named them, which may be ourselves: what was let go is there still. Then one delegate after another. */
export function wantMissing(ledger: Ledger, at: Moment): Effects {
  const { applying, self, committee } = ledger;
  if (applying?.stage !== 'waiting') return [];
  self.probe.sometimes('ledger: a decided batch waited for its certificates');
  const others = committee.members.map(({ node }) => node).filter((node) => node !== self.node);
  const { proposer } = applying.committed.batch.head;
  const from = ledger.wants++ === 0 ? proposer : others[ledger.wants % others.length]!;
  return [...want(ledger, [...applying.missing.keys()], from, at), wake('want', WANT_MS)];
}

/** Applies the batch that was ordered, if everything in it is here: its acts are read first. */
export function applyIfWhole(ledger: Ledger): Effects {
  const { applying } = ledger;
  if (applying?.stage !== 'waiting' || applying.missing.size > 0) return [];
  const { head, entries } = applying.committed.batch;
  const acts = entries.filter(isAct);
  applying.stage = 'reading';
  return readDue(ledger, head, (due) =>
    acts.length === 0
      ? execute(ledger, applying, NO_ACTS, due)
      : readActs(ledger, acts, (hand) => execute(ledger, applying, hand, due)),
  );
}

/** What it asks of objects; then everything else, at once. */
function execute(ledger: Ledger, applying: Applying, hand: ActsAtHand, due: EndsAtHand): Effects {
  const { head, entries } = applying.committed.batch;
  const { plant, neighbours = [] } = ledger.self;
  const contracts = contractsOf(ledger.self.genesis);
  const transferMsMax = newestOf(ledger.book).policy.transfers.withinMs;
  const where = {
    city: head.place,
    atMs: stampOf(head.at).wallMs,
    cities: new Set(neighbours.map(({ place }) => place)),
    transferMsMax,
    contracts,
    plant,
  };
  const errands = errandsIn(ledger, entries, hand, where.atMs);
  return doErrands(ledger, errands, where, (done) => apply(ledger, applying, hand, due, done));
}

function apply(
  ledger: Ledger,
  applying: Applying,
  hand: ActsAtHand,
  due: EndsAtHand,
  errands: Errands,
): Effects {
  const { committed } = applying;
  applying.stage = 'keeping';
  ledger.wants = 0;
  ledger.applies++;
  const done = decide(ledger, applying, hand, errands);
  const { head: its } = applying.committed.batch;
  const ends = decideEnds(
    ledger,
    its,
    due,
    done.flatMap(({ end }) => end ?? []),
  );
  const happened = [...done.flatMap(({ happened: each }) => each), ...ends.happened];
  const said = done.flatMap(({ said: each }) => each);
  const spent = done.flatMap(({ spent: each }) => each ?? []);
  const { mapPages, head: before } = ledger;
  const { hand: found, after, turned: pages } = errands;
  const objects =
    pages === undefined
      ? { writes: [], root: before.accounts }
      : changeObjects(mapPages, found, after, pages, its.height);
  const now = turned(ledger, hand.stakes ?? ledger.stakes, its);
  const added = stateStep(happened, { accounts: objects.root, stakes: stakesDigest(now.stakes) });
  const head: Head = {
    height: its.height,
    digest: headDigest(its),
    round: its.round,
    at: its.at,
    count: its.count,
    stateRoot: stateAfter(before.stateRoot, added),
    accounts: objects.root,
  };
  const { change } = committed.batch;
  const { book } = follow(ledger.book, committed.batch);
  const id = `keep/${++ledger.keeps}`;
  ledger.keeping.set(id, () => {
    // The rules of what is not applied yet hold for nothing: who asks meanwhile hears what follows from the last batch.
    ({ stakes: ledger.stakes, epochs: ledger.epochs } = now);
    ledger.book = book;
    if (change !== undefined) ledger.fitUntil = -Infinity;
    return applied(ledger, applying, head, { happened, said, spent });
  });
  return [
    keep(
      id,
      put(batchKey(its.height), toBytes(CommittedRow, committed)),
      put(doneKey(its.height), toBytes(Done, happened)),
      put(stepKey(its.height), toBytes(StateStep, added)),
      put(HEAD, toBytes(Head, head)),
      ...(change === undefined ? [] : [put(BOOK, bookBytes(book))]),
      ...now.writes,
      ...done.flatMap(({ writes }) => writes),
      ...ends.writes,
      ...objects.writes,
      ...transferWrites(ledger, errands.begun),
    ),
  ];
}

/** What a batch does, entry by entry. */
function decide(
  ledger: Ledger,
  { committed, digest }: Applying,
  hand: ActsAtHand,
  { effects }: Errands,
): ActOutcome[] {
  const { head, entries } = committed.batch;
  const atMs = stampOf(head.at).wallMs;
  return entries.flatMap((entry, index) => {
    if (isAct(entry)) return [decideAct(ledger, hand, head, entry, index, effects)];
    const live = ledger.table.byCert.get(key(entry.cert));
    if (live === undefined) return [];
    assert(same(bytesOf(live.txId), entry.txId), 'a certificate is ordered as what it is');
    const { event, cause } = eventOf(live, digest, atMs);
    const to = lifecycle(live.standing, event);
    const happened = {
      number: head.height * PLACES + index,
      txId: entry.txId,
      state: shown(to),
      from: shown(live.standing),
      cause: bytesOf(cause),
      effect: effects.get(live.txId),
    };
    const isDone = to.order === 'COMMITTED' && live.errand !== undefined;
    assert((happened.effect !== undefined) === isDone, 'what is committed is what was executed');
    const won = win(live, to, entry, digest);
    const writes = [
      ...won,
      ...decidedWrites(live, to, entry, happened, head.height, index),
      ...sparedWrites(ledger, live, to, entry),
    ];
    removeLive(ledger.table, live);
    const { expiresAt } = live;
    const end = to.order === 'COMMITTED' ? { txId: entry.txId, expiresAt } : undefined;
    const spent = live.certs.flatMap(({ cert }) => (cert === key(entry.cert) ? [] : [cert]));
    return [{ happened: [happened], end, writes, said: [], spent }];
  });
}

function win({ slot }: Live, to: Standing, { txId }: Entry, digest: string): Write[] {
  if (to.order !== 'COMMITTED') return [];
  slot.winner = { txId, batch: bytesOf(digest) };
  return [put(slot.name, toBytes(Winner, slot.winner))];
}

/** Spares have rows of it, as its certificate says: that is how its fate begins. */
function sparedWrites(
  ledger: Ledger,
  { txId, certs }: Live,
  { order }: Standing,
  entry: Entry,
): Write[] {
  const spared = certs.find(({ cert }) => cert === key(entry.cert))?.spared ?? [];
  if (order !== 'COMMITTED' || spared.length === 0) return [];
  ledger.self.probe.sometimes('ledger: a spare holds a row from the beginning');
  const fate = { ...SOUND, places: spared.toSorted((a, b) => a.row - b.row) };
  const holders = spared.map(({ holder }) => holder);
  return [put(fateKey(txId), toBytes(Fate, fate)), ...placeWrites(ledger, entry.txId, holders)];
}

function decidedWrites(
  { txId, certs, expiresAt }: Live,
  { order }: Standing,
  { cert }: Entry,
  { cause, number, effect }: Happened,
  height: number,
  index: number,
): Write[] {
  assert(order !== 'FRESH', 'what is ordered has its certificate');
  const row = { order, cert, cause, expiresAt, ordered: { height, index, number }, effect };
  return [
    put(txKey(txId), toBytes(TxRow, row)),
    ...certs.map((each) => forget(openKey(each.cert))),
  ];
}

/** It is durable: whoever waits for it hears of it. */
function applied(
  ledger: Ledger,
  { committed }: Applying,
  head: Head,
  { happened, said, spent }: Required<Pick<ActOutcome, 'happened' | 'said' | 'spent'>>,
): Effects {
  const { batch } = committed;
  ledger.head = head;
  ledger.applying = undefined;
  ledger.proved.clear();
  const isOurs = batch.head.proposer === ledger.self.node;
  const policy = address(ledger.self.node, 'policy');
  return [
    ...letGo(ledger),
    ...prune(ledger),
    ...withdraw(ledger, spent),
    send(ownCity(ledger), appliedOf(ledger)),
    ...tellRooting(ledger, committed),
    ...happened.map((each) => moved(ledger, each, head.height)),
    ...figuresOf(happened, said),
    ...(batch.change === undefined
      ? []
      : [send(policy, ChangeCommitted.of({ height: head.height, change: batch.change }))]),
    ...(isOurs ? [...notesOf(committed, head, happened), ...said.map(actNote)] : []),
  ];
}

/** What goes on above the city. */
const tellRooting = ({ self }: Ledger, { batch: { head }, quorum }: Committed): Effects =>
  self.isRooted === true
    ? [send(address(self.node, 'rooting'), ToldRooting.of({ head, quorum }))]
    : [];

/** REPAIR_REQ and LOST are what acts said, and are counted as such. */
function figuresOf(happened: readonly Happened[], said: readonly SignedAct[]): Effects {
  return [
    ...happened.flatMap(({ state }) =>
      isEnd(state) ? [figure('city_chain_ordered_total', 1, state)] : [],
    ),
    ...said.map(({ act }) => figure('city_chain_acts_total', 1, act.what.says)),
  ];
}

const isEnd = (state: Happened['state']) =>
  state === 'COMMITTED' || state === 'REJECTED' || state === 'EXPIRED';

function moved(
  ledger: Ledger,
  { txId, state, cause, effect }: Happened,
  height: number,
): Effects[number] {
  const reason = state === 'REJECTED' ? 'seq-used' : undefined;
  const none = { acks: 0, needed: 0, rows: 0 };
  const said = { txId, state, ...none, cause, height };
  return send(ownIngress(ledger), Moved.of({ ...said, reason, effect }));
}

/** What was said, for whoever waits for it. */
const actNote = (signed: SignedAct): Effects[number] => {
  const { what, at } = signed.act;
  const about = 'txId' in what ? what.txId : signed.act.about;
  const tx = about === undefined ? {} : { txId: nameText(about) };
  const by = nameText(fingerprintOf(signed.key));
  return note(`act.${what.says}`, {
    ...tx,
    id: nameText(actId(signed)),
    says: what.says,
    by,
    at: stampOf(at).wallMs,
  });
};

function notesOf({ batch }: Committed, head: Head, happened: readonly Happened[]): Effects {
  const { height } = head;
  return [
    ...happened.map(({ txId, state, from, cause, number, effect }) =>
      note(`tx.${nameText(txId)}.${state}`, {
        txId: nameText(txId),
        state,
        from,
        cause: nameText(cause),
        height,
        number,
        ...(effect === undefined ? {} : { effect }),
      }),
    ),
    note(`batch.${height}`, {
      height,
      digest: nameText(head.digest),
      prev: nameText(batch.head.prev),
      at: stampOf(head.at).wallMs,
      txs: batch.entries.length,
      proposer: batch.head.proposer,
    }),
  ];
}

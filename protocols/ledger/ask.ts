/**
 * What anybody may ask a ledger: answered from the disk, so that an answer is never ahead of what is durable.
 *
 * A transaction that is not rejected and whose time is over by the clock of the last batch is told as EXPIRED: that
 * follows from the order as well, whether it had its place or not.
 *
 * Bounds: an answer has at most `ANSWER_BYTES` of rows, and reads so many; whoever wants more asks again.
 */
import { stampOf } from '#algorithms/clock/hlc.ts';
import { whole } from '../codec.ts';
import { proofOf } from '../city-batch.ts';
import type { Moment } from '../effect.ts';
import {
  Acted,
  Chained,
  HandedOver,
  HappenedSince,
  Listed,
  OfferAct,
  PAGE_MAX,
  PLACES,
  Staked,
  Told,
  type AskActs,
  type AskChain,
  type AskHandovers,
  type AskHeldBy,
  type AskObject,
  type AskTransfers,
  type AskSentBy,
  type AskSince,
  type AskStakes,
  type AskTx,
  type Happened,
  type Ordered,
  type Want,
} from '../ledger.messages.ts';
import { shown, standing } from '../lifecycle.ts';
import { Fate, SOUND } from '../fate.ts';
import { BATCH_MAX } from '../holding.ts';
import { assert } from '#lib/assert.ts';
import { Certified } from '../sending.messages.ts';
import { actIn, actKey, fateKey, Said, saidKey, type ActRow } from './act-records.ts';
import { tellObject } from './ask-object.ts';
import { rulesOf } from './epochs.ts';
import { nextSeats, standingOf } from '../stake/election.ts';
import { covered, erasedKey, readersKey } from './erasure.ts';
import { readHandovers } from './handovers.ts';
import { batchNames, offersOf } from './parcels.ts';
import {
  batchKey,
  Committed,
  Done,
  doneKey,
  Last,
  lastKey,
  Page,
  pageKey,
  TxRow,
  txKey,
  acksKey,
  certRow,
  key,
  keptIn,
} from './records.ts';
import { readAll, type Values } from './reads.ts';
import { tellTransfers } from './transfers.ts';
import { answerTo, isDelegate, type Effects, type Ledger, type Offerer } from './state.ts';

const ANSWER_BYTES = 400_000;
const CHAIN_MAX = 16;
const HEIGHTS_MAX = 32;

type Question =
  | AskObject
  | AskTransfers
  | AskHandovers
  | AskStakes
  | AskActs
  | AskChain
  | AskTx
  | AskSince
  | AskSentBy
  | AskHeldBy;

export function asked(ledger: Ledger, question: Question, at: Moment): Effects {
  if (at.from === undefined && at.ticket === undefined) return [];
  const asker = { from: at.from ?? at.ticket!.asker, ticket: at.ticket };
  switch (question.kind) {
    case 'ledger.chain':
      return chain(ledger, asker, question);
    case 'ledger.ask':
      return tell(ledger, asker, question);
    case 'ledger.since':
      return since(ledger, asker, question);
    case 'ledger.stakes':
      return [answerTo(asker, stakesOf(ledger))];
    case 'ledger.handovers':
      return handovers(ledger, asker, question);
    case 'ledger.acts':
      return actsFrom(ledger, asker, question);
    case 'ledger.transfers':
      return tellTransfers(ledger, asker, question);
    case 'ledger.object':
      return tellObject(ledger, asker, question);
    case 'ledger.sent-by':
      return sentBy(ledger, asker, question);
    default:
      return heldBy(ledger, asker, question);
  }
}

function chain({ reads, head }: Ledger, asker: Offerer, { from, count }: AskChain): Effects {
  const length = Math.max(0, Math.min(count, CHAIN_MAX, head.height - from + 1));
  const keys = Array.from({ length }, (_, i) => batchKey(from + i));
  return readAll(reads, keys, (rows) => {
    const batches = within(rows).map((row) => whole(Committed, row));
    return [answerTo(asker, Chained.of({ height: head.height, batches }))];
  });
}

/** The first rows, until one is missing or there is enough. */
function within(rows: Values): Uint8Array[] {
  const first: Uint8Array[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (row === undefined || (first.length > 0 && bytes + row.length > ANSWER_BYTES)) break;
    bytes += row.length;
    first.push(row);
  }
  return first;
}

const UNKNOWN = {
  state: 'FRESH',
  cause: undefined,
  cover: undefined,
  manifest: undefined,
  cert: undefined,
  proof: undefined,
  quorum: undefined,
  expiresAt: undefined,
  fate: SOUND,
} as const;

function tell(ledger: Ledger, asker: Offerer, { txId, without }: AskTx): Effects {
  const { reads, head } = ledger;
  return readAll(reads, [txKey(key(txId))], ([bytes]) => {
    if (bytes === undefined)
      return [answerTo(asker, Told.of({ txId, known: 'unknown', ...UNKNOWN }))];
    const row = whole(TxRow, bytes);
    const { ordered } = row;
    const isBrief = without === 'proof';
    const keys = [
      fateKey(key(txId)),
      certRow(key(row.cert)),
      readersKey(key(txId)),
      ...(ordered === undefined || without !== undefined ? [] : [batchKey(ordered.height)]),
    ];
    return readAll(reads, keys, ([fateBytes, cert, readers, batch]) => {
      const fate = fateBytes === undefined ? SOUND : whole(Fate, fateBytes);
      // Of what was erased there are no capsules any more.
      const certified =
        cert === undefined ? undefined : covered(shownOf(cert, isBrief), readers, undefined);
      return [answerTo(asker, toldOf(txId, row, fate, stampOf(head.at).wallMs, certified, batch))];
    });
  });
}

const shownOf = (cert: Uint8Array, isBrief: boolean): Shown =>
  isBrief ? { cert: undefined, ...keptIn(cert) } : whole(Certified, cert);

/** What is told of a certificate: with its acks, or without. */
type Shown = Pick<Certified, 'cover' | 'manifest'> & {
  readonly cert: Certified['cert'] | undefined;
};

function toldOf(
  txId: Uint8Array,
  { order, cause, expiresAt, ordered, effect }: TxRow,
  fate: Fate,
  nowMs: number,
  certified: Shown | undefined,
  batchBytes: Uint8Array | undefined,
): Told {
  const committed = batchBytes === undefined ? undefined : whole(Committed, batchBytes);
  const isOver = order !== 'REJECTED' && nowMs >= expiresAt;
  return Told.of({
    txId,
    known: ordered === undefined ? 'certified' : 'ordered',
    state: isOver ? 'EXPIRED' : shown(standing(order, fate.health)),
    cause: isOver ? txId : cause,
    cover: certified?.cover,
    manifest: certified?.manifest,
    cert: certified?.cert,
    proof: committed === undefined ? undefined : proofOf(committed.batch, ordered!.index),
    quorum: committed?.quorum,
    expiresAt,
    fate,
    effect,
  });
}

/** Who has what at stake, and who would order next. */
function stakesOf(ledger: Ledger): Staked {
  const { head, stakes, self } = ledger;
  const { height } = head;
  const rules = rulesOf(ledger);
  const standing = stakes.delegates.map((_, i) => standingOf(stakes, rules, i, height));
  const next = [...nextSeats(self.genesis, stakes, rules, height)];
  const nodes = self.genesis.delegates.map(({ node }) => node);
  return Staked.of({ height, nodes, stakes, standing, next, rules });
}

/** The batches before that epoch and the next ones: what began each. */
function handovers({ reads, stakes }: Ledger, asker: Offerer, { epoch }: AskHandovers): Effects {
  const first = Math.max(1, epoch);
  const length = Math.max(0, Math.min(PAGE_MAX, stakes.epoch - first + 1));
  return readHandovers(reads, first, first + length - 1, (handed) => [
    answerTo(asker, HandedOver.of({ handovers: handed })),
  ]);
}

/** Acts by their numbers: first which, then what. */
function actsFrom({ reads, acts, self }: Ledger, asker: Offerer, { from }: AskActs): Effects {
  const first = Math.max(1, from);
  const length = Math.max(0, Math.min(PAGE_MAX, acts.count - first + 1));
  const said = Array.from({ length }, (_, i) => saidKey(first + i));
  return readAll(reads, said, (rows) => {
    const ids = rows.flatMap((row) => (row === undefined ? [] : [key(whole(Said, row).id)]));
    return readAll(reads, ids.map(actKey), (found) => {
      const ordered = within(found).map((row) => orderedOf(actIn(self.genesis, row)));
      return [answerTo(asker, Acted.of({ next: first + ordered.length, acts: ordered }))];
    });
  });
}

function orderedOf({ signed, ordered }: ActRow): Ordered {
  assert(ordered !== undefined, 'what has a number was ordered');
  return { ...ordered, signed };
}

/** From a number on: the first batch that did something, of so many heights. */
function since({ reads, head }: Ledger, asker: Offerer, { number }: AskSince): Effects {
  const from = Math.max(1, Math.floor(number / PLACES));
  const length = Math.max(0, Math.min(HEIGHTS_MAX, head.height - from + 1));
  const keys = Array.from({ length }, (_, i) => doneKey(from + i));
  return readAll(reads, keys, (rows) => {
    const happened: Happened[] = [];
    let read = 0;
    while (read < rows.length && happened.length === 0) {
      const row = rows[read++];
      if (row !== undefined)
        happened.push(...whole(Done, row).filter((each) => each.number >= number));
    }
    const next = read === 0 ? number : (from + read) * PLACES;
    return [answerTo(asker, HappenedSince.of({ next, happened }))];
  });
}

function sentBy(ledger: Ledger, asker: Offerer, { sender, page }: AskSentBy): Effects {
  const who = key(sender);
  if (page !== undefined) return listed(ledger, asker, who, [page]);
  return readAll(ledger.reads, [lastKey(who, false)], ([last]) =>
    listed(ledger, asker, who, last === undefined ? [] : [whole(Last, last).page]),
  );
}

function heldBy(ledger: Ledger, asker: Offerer, { holder, pages }: AskHeldBy): Effects {
  const last = ledger.lastHeld.get(holder);
  const newest = last === undefined ? [] : [last];
  return listed(ledger, asker, holder, pages.length > 0 ? pages : newest);
}

/** What is somebody's on these pages, as many of them as fit into an answer. */
function listed({ reads }: Ledger, asker: Offerer, who: string, pages: readonly number[]): Effects {
  return readAll(reads, pages.map(pageKey), (rows) => {
    const txs: Uint8Array[] = [];
    let next: number | undefined;
    for (const row of rows) {
      const page = row === undefined ? undefined : whole(Page, row);
      const own = page?.of.find((each) => each.who === who);
      if (page === undefined || own === undefined) continue;
      if (txs.length + own.at.length > BATCH_MAX) break;
      txs.push(...own.at.map((at) => page.txs[at]!));
      next = own.before;
    }
    return [answerTo(asker, Listed.of({ txs, next }))];
  });
}

/** Another delegate's ledger wants certificates and acts: as many of those that are here as fit, with their batches. */
export function wanted(ledger: Ledger, { certs }: Want, { from }: Moment): Effects {
  const { reads } = ledger;
  if (from === undefined || !isDelegate(ledger, from)) return [];
  const asker = { from, ticket: undefined };
  const names = certs.map(key);
  return readAll(reads, [...names.map(certRow), ...names.map(actKey)], (rows) => {
    const found = some(rows.slice(0, names.length)).map((row) => whole(Certified, row));
    const acts = some(rows.slice(names.length)).map(
      (row) => actIn(ledger.self.genesis, row).signed,
    );
    const refs = [...new Set(found.flatMap(batchNames))];
    const txs = found.map(({ cert }) => key(cert.txId));
    const beside = [...txs.map(readersKey), ...txs.map(erasedKey)];
    return readAll(reads, [...refs.map(acksKey), ...beside], (values) => {
      const [batches, covers] = [values.slice(0, refs.length), values.slice(refs.length)];
      const certified = found.map((each, i) => covered(each, covers[i], covers[txs.length + i]));
      return [
        ...offer(asker, certified, refs, batches),
        ...acts.map((act) => answerTo(asker, OfferAct.of({ act }))),
      ];
    });
  });
}

const some = (rows: Values): Uint8Array[] => within(rows.filter((row) => row !== undefined));

/** In as many messages as it takes. */
function offer(
  to: Offerer,
  certified: readonly Certified[],
  refs: readonly string[],
  batches: Values,
): Effects {
  const rows = new Map<string, Uint8Array>();
  for (const [i, name] of refs.entries()) {
    const row = batches[i];
    if (row !== undefined) rows.set(name, row);
  }
  return offersOf(certified, rows).map((each) => answerTo(to, each));
}

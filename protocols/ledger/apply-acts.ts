/**
 * What the acts of a batch do, in their order: read first, then decided together with everything else of the batch.
 *
 *   entries of acts --> the acts --> the transactions that they are about --> decideAct, one after another
 *
 * What an act means follows from the order alone (fate.ts). One that means something is numbered, and told to whoever
 * follows acts; one that does not, only that it stood here.
 */
import { stampOf } from '#algorithms/clock/hlc.ts';
import { assert } from '#lib/assert.ts';
import { same } from '#lib/bytes.ts';
import { accusedOf } from '../accusation.ts';
import { actId, type Saying, type Says, type SignedAct } from '../act.ts';
import { auditFault, Reported, reported } from '../audit/said.ts';
import type { CityHead, Entry } from '../city-batch.ts';
import { toBytes, whole } from '../codec.ts';
import { forget, put, type Write } from '../effect.ts';
import { Fate, meaning, SOUND, type AboutTx } from '../fate.ts';
import { PLACES, type Happened } from '../ledger.messages.ts';
import { shown, standing as lifecycle } from '../lifecycle.ts';
import { newestOf } from '../policy-book.ts';
import type { OpEffect } from '../objects/op.ts';
import type { NodeAddress } from '../subjects.ts';
import type { Stakes } from '../stake/stakes.ts';
import { delegateOf, isAboutTx } from './act-check.ts';
import {
  accusedKey,
  actBytes,
  ActCount,
  ACT_COUNT,
  actIn,
  actKey,
  auditedKey,
  fateKey,
  openActKey,
  Payee,
  payeeKey,
  Said,
  saidKey,
  type ActRow,
} from './act-records.ts';
import type { End } from './ends.ts';
import { isTimely } from './epochs.ts';
import { erasureWrites } from './erasure.ts';
import { bytesOf } from './live.ts';
import { placeWrites } from './pages.ts';
import { readSurely } from './reads.ts';
import { key, TxRow, txKey } from './records.ts';
import { ownStake, penalised, type OfStakes } from './stake-acts.ts';
import type { Effects, Ledger } from './state.ts';

interface Standing {
  row: TxRow;
  fate: Fate;
}

/** What acts of one batch are decided on. */
export interface ActsAtHand {
  readonly acts: ReadonlyMap<string, ActRow>;
  readonly standings: Map<string, Standing>;
  readonly audited: Map<string, Reported>;
  /** Nodes that were convicted before. */
  readonly accused: Set<string>;
  /** Whose account gets what nodes earn, as they said it last. */
  readonly payees: Map<string, Uint8Array>;
  /** After the acts that were decided. */
  stakes: Stakes | undefined;
}

export const NO_ACTS: ActsAtHand = {
  acts: new Map(),
  standings: new Map(),
  audited: new Map(),
  accused: new Set(),
  payees: new Map(),
  stakes: undefined,
};

export function readActs(
  ledger: Ledger,
  entries: readonly Entry[],
  then: (at: ActsAtHand) => Effects,
): Effects {
  const ids = entries.map(({ cert }) => key(cert));
  return readSurely(ledger.reads, ids.map(actKey), (rows) => {
    const acts = new Map<string, ActRow>();
    for (const [i, row] of rows.entries())
      if (row !== undefined) acts.set(ids[i]!, actIn(ledger.self.genesis, row));
    return readAbout(ledger, acts, then);
  });
}

function readAbout(
  ledger: Ledger,
  acts: ReadonlyMap<string, ActRow>,
  then: (at: ActsAtHand) => Effects,
): Effects {
  const all = [...acts.values()].map(({ signed }) => signed);
  const about = [
    ...new Set(all.flatMap(({ act }) => (act.about === undefined ? [] : [key(act.about)]))),
  ];
  const auditors = all.flatMap((signed) => delegateOf(ledger, signed)?.node ?? []);
  const accused = all.flatMap(({ act: { what } }) => convictedBy(what) ?? []);
  const nodes = all.flatMap(({ act: { what } }) => (what.says === 'payee' ? [what.node] : []));
  const keys = [
    ...about.flatMap((txId) => [txKey(txId), fateKey(txId)]),
    ...auditors.map(auditedKey),
    ...accused.map(accusedKey),
    ...nodes.map(payeeKey),
  ];
  return readSurely(ledger.reads, keys, (found) => {
    const rows = found.slice(0, found.length - nodes.length);
    const payees = new Map<string, Uint8Array>();
    for (const [i, node] of nodes.entries()) {
      const row = found[rows.length + i];
      if (row !== undefined) payees.set(node, whole(Payee, row).to);
    }
    const standings = new Map<string, Standing>();
    for (const [i, txId] of about.entries()) {
      const [row, fate] = rows.slice(2 * i, 2 * i + 2);
      if (row === undefined) continue;
      const had = fate === undefined ? SOUND : whole(Fate, fate);
      standings.set(txId, { row: whole(TxRow, row), fate: had });
    }
    const audited = new Map<string, Reported>();
    for (const [i, node] of auditors.entries()) {
      const row = rows[2 * about.length + i];
      if (row !== undefined) audited.set(node, whole(Reported, row));
    }
    const before = accused.filter((_, i) => rows[rows.length - accused.length + i] !== undefined);
    const convictedBefore = new Set(before);
    return then({
      acts,
      standings,
      audited,
      accused: convictedBefore,
      payees,
      stakes: undefined,
    });
  });
}

/** Whom an act convicts; a bad manifest is its transaction's fate, and nobody's fault. */
export const convictedBy = (what: Says): NodeAddress | undefined =>
  what.says === 'accuse' ? accusedOf(what.fault) : undefined;

export interface ActOutcome {
  readonly happened: readonly Happened[];
  readonly writes: readonly Write[];
  /** Something ends by then. */
  readonly end?: End | undefined;
  /** That meant something. */
  readonly said: readonly SignedAct[];
  /** Other certificates of what was decided: nobody needs them in the order any more. */
  readonly spent?: readonly string[];
}

const NOTHING: ActOutcome = { happened: [], writes: [], said: [] };

/** What the act of an entry does where it stands. */
export function decideAct(
  ledger: Ledger,
  hand: ActsAtHand,
  head: CityHead,
  { cert }: Entry,
  index: number,
  /** Of errands, by act. */
  effects: ReadonlyMap<string, OpEffect>,
): ActOutcome {
  const id = key(cert);
  const row = hand.acts.get(id);
  assert(row !== undefined, 'an act is on the disk before its batch is applied');
  if (row.ordered !== undefined) return NOTHING;
  ledger.acts.open.delete(id);
  const at = stampOf(head.at).wallMs;
  hand.stakes ??= ledger.stakes;
  const ordered = { ...row, ordered: { height: head.height, at } };
  const place = { number: head.height * PLACES + index, cause: cert };
  const done = mean(ledger, hand, row.signed, head, place, effects.get(id));
  return {
    ...(done ?? NOTHING),
    writes: [
      put(actKey(id), actBytes(ledger.self.genesis, ordered)),
      forget(openActKey(id)),
      ...(done === undefined ? [] : [...done.writes, ...countWrites(ledger, id)]),
    ],
    said: done === undefined ? [] : [row.signed],
  };
}

/** What it did stands with the objects of the batch. */
const moved = (effect: OpEffect | undefined): Done | undefined =>
  effect === 'done' ? { happened: [], writes: [] } : undefined;

function countWrites({ acts }: Ledger, id: string): Write[] {
  const count = ++acts.count;
  return [
    put(saidKey(count), toBytes(Said, { id: bytesOf(id) })),
    put(ACT_COUNT, toBytes(ActCount, { count })),
  ];
}

type Place = Pick<Happened, 'number' | 'cause'>;
type Done = Omit<ActOutcome, 'said'>;

function mean(
  ledger: Ledger,
  hand: ActsAtHand,
  signed: SignedAct,
  head: CityHead,
  place: Place,
  effect: OpEffect | undefined,
): Done | undefined {
  const { what } = signed.act;
  const atMs = stampOf(head.at).wallMs;
  switch (what.says) {
    case 'audit':
      return audited(ledger, hand, signed, what, atMs);
    case 'bond':
    case 'unbond':
    case 'draw':
      return ofStakes(ledger, hand, signed, what);
    case 'take':
    case 'settle':
    case 'earned':
    case 'wages':
      return moved(effect);
    case 'payee':
      return named(hand, what);
    case 'accuse':
      if (!isAboutTx(what)) return convicted(ledger, hand, signed, what, head);
      return ofTx(ledger, hand, signed, what, atMs, place);
    default:
      return ofTx(ledger, hand, signed, what, atMs, place);
  }
}

/** What a delegate does with what it has at stake. */
function ofStakes(
  ledger: Ledger,
  hand: ActsAtHand,
  signed: SignedAct,
  what: OfStakes,
): Done | undefined {
  const after = ownStake(ledger, hand.stakes!, delegateOf(ledger, signed), what);
  if (after === undefined) return undefined;
  hand.stakes = after;
  return { happened: [], writes: [] };
}

/** A node says to whose account goes what it earns; what it said already means nothing again. */
function named({ payees }: ActsAtHand, { node, to }: Saying<'payee'>): Done | undefined {
  const before = payees.get(node);
  if (before !== undefined && same(before, to)) return undefined;
  payees.set(node, to);
  return { happened: [], writes: [put(payeeKey(node), toBytes(Payee, { to }))] };
}

/** What a delegate found: each holder and span once. */
function audited(
  ledger: Ledger,
  hand: ActsAtHand,
  signed: SignedAct,
  what: Saying<'audit'>,
  atMs: number,
): Done | undefined {
  const by = delegateOf(ledger, signed)?.node;
  if (by === undefined || auditFault(ledger.self.genesis, what, by, atMs) !== undefined)
    return undefined;
  const told = reported(hand.audited.get(by), what);
  if (told === undefined) return undefined;
  hand.audited.set(by, told);
  return { happened: [], writes: [put(auditedKey(by), toBytes(Reported, told))] };
}

/** Once, and in time: evidence is anybody's to bring again, and shows no more than it did. */
function convicted(
  ledger: Ledger,
  hand: ActsAtHand,
  signed: SignedAct,
  what: Saying<'accuse'>,
  head: CityHead,
): Done | undefined {
  const node = accusedOf(what.fault);
  if (node === undefined || hand.accused.has(node)) return undefined;
  if (!isTimely(ledger, what.fault)) return undefined;
  hand.accused.add(node);
  hand.stakes = penalised(ledger, hand.stakes!, signed, what, head);
  return { happened: [], writes: [put(accusedKey(node), toBytes(Said, { id: actId(signed) }))] };
}

function ofTx(
  ledger: Ledger,
  hand: ActsAtHand,
  signed: SignedAct,
  what: AboutTx,
  atMs: number,
  place: Place,
): Done | undefined {
  const txId = signed.act.about!;
  const had = hand.standings.get(key(txId));
  if (had === undefined || had.row.order === 'POH_ACK') return undefined;
  const { order, expiresAt } = had.row;
  const by = delegateOf(ledger, signed)?.node;
  const { turns } = newestOf(ledger.book).policy.repair;
  const after = meaning({ order, expiresAt, fate: had.fate }, what, by, atMs, turns);
  if (after === undefined) return undefined;
  const row = { ...had.row, expiresAt: after.expiresAt };
  hand.standings.set(key(txId), { row, fate: after.fate });
  const happened = {
    ...place,
    txId,
    state: shown(lifecycle(order, after.fate.health)),
    from: shown(lifecycle(order, had.fate.health)),
  };
  const moved = what.says === 'repair-ack' ? placeWrites(ledger, txId, what.renewal.holders) : [];
  return {
    happened: [happened],
    end: row.expiresAt === expiresAt ? undefined : { txId, expiresAt: row.expiresAt },
    writes: [
      put(fateKey(key(txId)), toBytes(Fate, after.fate)),
      ...(row.expiresAt === expiresAt ? [] : [put(txKey(key(txId)), toBytes(TxRow, row))]),
      ...moved,
      ...(what.says === 'erase' ? erasureWrites(key(txId), signed) : []),
    ],
  };
}

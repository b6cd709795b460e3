/**
 * The transactions that wait for their place in the order: what a ledger has to know of them at once.
 *
 *   tx --> live { standing, expires at, slot, certificates }      slot: who has the sender's number, if anybody
 *   certificate --> live
 *
 * A transaction is here from its first certificate until the order has decided it, or none of its certificates can
 * be ordered any more (fit.ts); then it is on the disk only. All certificates of one transaction share its record, all
 * transactions of one (sender, seq) share their slot. Names are hexadecimal text, which maps find fastest. Below 1 KB
 * each (bench/lifecycle.bench.ts).
 */
import { assert } from '#lib/assert.ts';
import { unhex } from '#lib/bytes.ts';
import type { Entry } from '../city-batch.ts';
import type { Asking } from '../objects/execute.ts';
import { BEGIN, step, type Cause, type EventName, type Standing } from '../lifecycle.ts';
import { key, slotKey, type Open, type Winner } from './records.ts';

/** Beyond this certificates are declined (`busy`) until the order has caught up. */
export const LIVE_MAX = 100_000;
/** Different certificates of one transaction, by placements of one delegate, that a ledger holds. */
export const CERTS_MAX = 4;

export interface Slot {
  readonly name: string;
  winner: Winner | undefined;
  /** Live transactions that want it. */
  wanted: number;
}

/** A certificate: by its digest. */
export interface Waiting extends Pick<Open, 'prover' | 'version' | 'until' | 'spared'> {
  readonly cert: string;
}

export interface Live {
  readonly txId: string;
  readonly expiresAt: number;
  readonly slot: Slot;
  /** What it asks of objects. */
  readonly errand: Asking | undefined;
  certs: readonly Waiting[];
  standing: Standing;
}

export interface LiveTable {
  readonly txs: Map<string, Live>;
  readonly byCert: Map<string, Live>;
  readonly slots: Map<string, Slot>;
}

const CERTIFIED = step(BEGIN, 'certified');

export const emptyTable = (): LiveTable => ({
  txs: new Map(),
  byCert: new Map(),
  slots: new Map(),
});

/** A certificate is here. `winner`: who has its slot on the disk, if the table does not know better. */
export function addLive(
  table: LiveTable,
  cert: string,
  open: Open,
  winner: Winner | undefined,
): Live {
  const txId = key(open.txId);
  const live = table.txs.get(txId) ?? begin(table, txId, open, winner);
  if (!table.byCert.has(cert)) {
    const { prover, version, until, spared } = open;
    live.certs = [...live.certs, { cert, prover, version, until, spared }];
    table.byCert.set(cert, live);
  }
  return live;
}

function begin(table: LiveTable, txId: string, open: Open, winner: Winner | undefined): Live {
  const name = slotKey(key(open.sender), open.seq);
  const slot = table.slots.get(name) ?? { name, winner, wanted: 0 };
  table.slots.set(name, slot);
  slot.wanted++;
  const errand = errandOf(open);
  const live = { txId, expiresAt: open.expiresAt, slot, errand, certs: [], standing: CERTIFIED };
  table.txs.set(txId, live);
  return live;
}

const errandOf = ({ txId, sender, asked }: Open): Asking | undefined =>
  asked === undefined ? undefined : { does: 'op', txId, sender, ...asked };

/** The order has decided: from now on it is on the disk only. */
export function removeLive(table: LiveTable, live: Live): void {
  table.txs.delete(live.txId);
  for (const { cert } of live.certs) table.byCert.delete(cert);
  if (--live.slot.wanted === 0) table.slots.delete(live.slot.name);
}

/** One that cannot be ordered any more; with its last one the transaction waits no longer. */
export function removeCert(table: LiveTable, live: Live, cert: string): void {
  if (live.certs.length === 1) return removeLive(table, live);
  live.certs = live.certs.filter((each) => each.cert !== cert);
  table.byCert.delete(cert);
}

export interface Moved {
  readonly event: EventName;
  readonly cause: Cause;
}

/**
 * What its place in a batch of this time does to a transaction: a function of what was ordered before, and so
 * the same on every node. `cause` names what anyone can check.
 */
export function eventOf({ txId, expiresAt, slot }: Live, batch: string, atMs: number): Moved {
  if (atMs >= expiresAt) return { event: 'expired', cause: txId as Cause };
  const { winner } = slot;
  if (winner !== undefined && key(winner.txId) !== txId) {
    return { event: 'conflict-lost', cause: key(winner.batch) as Cause };
  }
  return { event: 'committed', cause: batch as Cause };
}

/** Certificates that wait, as the order wants to hear of them. */
export const entriesOf = (table: LiveTable): Entry[] =>
  [...table.byCert].map(([cert, { txId }]) => ({ txId: bytesOf(txId), cert: bytesOf(cert) }));

export function bytesOf(name: string): Uint8Array {
  const bytes = unhex(name);
  assert(bytes !== undefined, 'a name in a table is hexadecimal');
  return bytes;
}

export function liveInvariants({ txs, byCert, slots }: LiveTable): void {
  let [certs, wanted] = [0, 0];
  for (const { certs: own, standing } of txs.values()) {
    certs += own.length;
    assert(standing.order === 'POH_ACK', 'who waits has its certificate and no place yet');
  }
  for (const slot of slots.values()) wanted += slot.wanted;
  assert(certs === byCert.size, 'each certificate is of one transaction');
  assert(wanted === txs.size, 'each transaction wants one slot');
}

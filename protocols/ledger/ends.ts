/**
 * Ends: what was committed is EXPIRED when the time of the batches has passed it, on every ledger at the same height.
 *
 *   committed, or extended, in batch h --> end/<minute of its end>/<h>  before --> the page of that minute before
 *                                              ^
 *   live/ends/<minute>   its newest page ------'
 *
 *   a batch whose time is past that minute --> its newest page is read, its transactions are looked at, it is gone
 *
 * What happens so has its place in the order behind the entries of that batch, and so a number, and is part of the
 * state. A transaction whose end was moved stands in two pages; by the first it is not over. Of each minute one page
 * is taken with a batch, of so many minutes, with so many transactions: what is left comes with the next. So an end is
 * told within a minute of the batches' time where not too many end at once; who asks is told at once (ask.ts).
 *
 * In memory: a number for each minute in which something ends.
 */
import { stampOf } from '#algorithms/clock/hlc.ts';
import { ENTRIES_MAX, height, type CityHead } from '../city-batch.ts';
import { list, optional, record, toBytes, whole, type Infer } from '../codec.ts';
import { forget, put, type Write } from '../effect.ts';
import { PLACES, type Happened } from '../ledger.messages.ts';
import { digest } from '../terms.ts';
import { bytesOf } from './live.ts';
import { readSurely } from './reads.ts';
import { key, LIVE, TxRow, txKey } from './records.ts';
import type { Effects, Ledger } from './state.ts';

const MINUTE_MS = 60_000;
const MINUTES_MAX = 64;
const ENDED_MAX = PLACES - ENTRIES_MAX;

export const ENDS = `${LIVE}ends/`;
const Newest = record({ height });
const EndPage = record({ before: optional(height), txs: list(digest, ENTRIES_MAX) });
const pageKeyOf = (minute: number, at: number): string => `end/${minute}/${at}`;

/** Whose time ends when. */
export interface End {
  readonly txId: Uint8Array;
  readonly expiresAt: number;
}

interface Due {
  readonly minute: number;
  readonly height: number;
  readonly page: Infer<typeof EndPage>;
}

/** What a batch may find over: pages, and the rows of what stands on them. */
export interface EndsAtHand {
  readonly pages: readonly Due[];
  readonly rows: ReadonlyMap<string, TxRow>;
}
const NOTHING_DUE: EndsAtHand = { pages: [], rows: new Map() };

export function restoreEnd(ledger: Ledger, name: string, bytes: Uint8Array): void {
  const minute = Number(name.slice(ENDS.length));
  ledger.ends.set(minute, whole(Newest, bytes).height);
  ledger.firstEnd = Math.min(ledger.firstEnd, minute);
}

/** Reads what is due by the time of a batch. */
export function readDue(
  ledger: Ledger,
  { at }: CityHead,
  then: (hand: EndsAtHand) => Effects,
): Effects {
  const last = Math.floor(stampOf(at).wallMs / MINUTE_MS);
  if (!(ledger.firstEnd < last)) return then(NOTHING_DUE);
  const due = [...ledger.ends].filter(([minute]) => minute < last).toSorted(([a], [b]) => a - b);
  const newest = due.slice(0, MINUTES_MAX);
  const keys = newest.map(([minute, of]) => pageKeyOf(minute, of));
  return readSurely(ledger.reads, keys, (rows) => {
    const all = rows.map((row, i) => dueOf(newest[i]!, row!));
    return readRows(ledger, withinBound(all), then);
  });
}

const dueOf = ([minute, of]: readonly [number, number], row: Uint8Array): Due => ({
  minute,
  height: of,
  page: whole(EndPage, row),
});

/** The first ones, as many as have a place behind the entries of a batch. */
function withinBound(all: readonly Due[]): readonly Due[] {
  let count = 0;
  const end = all.findIndex(({ page }) => (count += page.txs.length) > ENDED_MAX);
  return end < 0 ? all : all.slice(0, end);
}

function readRows(
  ledger: Ledger,
  pages: readonly Due[],
  then: (hand: EndsAtHand) => Effects,
): Effects {
  const ids = [...new Set(pages.flatMap(({ page }) => page.txs.map(key)))];
  return readSurely(ledger.reads, ids.map(txKey), (found) => {
    const rows = new Map(ids.map((id, i) => [id, whole(TxRow, found[i]!)]));
    return then({ pages, rows });
  });
}

interface Outcome {
  readonly happened: readonly Happened[];
  readonly writes: readonly Write[];
}

/** What is over by a batch; and what came to have an end in it. */
export function decideEnds(
  ledger: Ledger,
  head: CityHead,
  hand: EndsAtHand,
  begun: readonly End[],
): Outcome {
  const atMs = stampOf(head.at).wallMs;
  const over = [...hand.rows].filter(
    ([, { order, expiresAt }]) => order === 'COMMITTED' && expiresAt <= atMs,
  );
  const happened = over.map(([id], i): Happened => {
    const txId = bytesOf(id);
    const number = head.height * PLACES + ENTRIES_MAX + i;
    return { number, txId, state: 'EXPIRED', from: 'COMMITTED', cause: txId };
  });
  const writes = over.map(([id, row], i) => {
    const after = { ...row, order: 'EXPIRED', cause: happened[i]!.txId } as const;
    return put(txKey(id), toBytes(TxRow, after));
  });
  for (const each of hand.pages) writes.push(...taken(ledger, each));
  if (hand.pages.length > 0) ledger.firstEnd = firstOf(ledger);
  for (const [minute, txs] of byMinute(begun)) writes.push(...added(ledger, minute, head, txs));
  return { happened, writes };
}

/** A page was looked at: the one before it is the newest of its minute now. */
function taken({ ends }: Ledger, { minute, height: of, page }: Due): Write[] {
  const gone = forget(pageKeyOf(minute, of));
  if (page.before === undefined) {
    ends.delete(minute);
    return [gone, forget(ENDS + minute)];
  }
  ends.set(minute, page.before);
  return [gone, newestIs(minute, page.before)];
}

const newestIs = (minute: number, of: number): Write =>
  put(ENDS + minute, toBytes(Newest, { height: of }));

function added(
  ledger: Ledger,
  minute: number,
  { height: of }: CityHead,
  txs: readonly Uint8Array[],
): Write[] {
  const page = { before: ledger.ends.get(minute), txs };
  ledger.ends.set(minute, of);
  ledger.firstEnd = Math.min(ledger.firstEnd, minute);
  return [put(pageKeyOf(minute, of), toBytes(EndPage, page)), newestIs(minute, of)];
}

function byMinute(begun: readonly End[]): Map<number, Uint8Array[]> {
  const minutes = new Map<number, Uint8Array[]>();
  for (const { txId, expiresAt } of begun) {
    const minute = Math.floor(expiresAt / MINUTE_MS);
    minutes.set(minute, [...(minutes.get(minute) ?? []), txId]);
  }
  return minutes;
}

function firstOf({ ends }: Ledger): number {
  let first = Infinity;
  for (const minute of ends.keys()) first = Math.min(first, minute);
  return first;
}

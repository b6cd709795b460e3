/**
 * Pages: which transactions somebody sent, and which rows somebody was given, newest first.
 *
 * What came together stands on one page, and each person on it has the number of its page before: so a list costs
 * one write for all, and is read page by page from the newest on. What is renewed later is on a page of its own;
 * whoever reads asks the ledger who has a row now.
 *
 *   page 30, 31 | 32 and the last pages of all who stand on 1 to 32 | 33, 34 ...
 *
 * Nearly every holder of a small city stands on each page. Which page is somebody's last is known here while this life
 * lasts, and is written each `MARKED` pages; after a restart the pages since then are read, and say the rest.
 */
import { toBytes, whole } from '../codec.ts';
import { put, type Write } from '../effect.ts';
import type { Values } from './reads.ts';
import { Last, lastKey, Page, PAGES, pageKey } from './records.ts';
import type { Ledger } from './state.ts';

/** Somebody on a page, and which of its transactions are theirs. */
export interface OnPage {
  readonly who: string;
  readonly isHolder: boolean;
  readonly at: readonly number[];
}

export type Paged = Pick<Ledger, 'pages' | 'lastHeld' | 'lastSent'>;

export function pageWrites(
  ledger: Paged,
  txs: readonly Uint8Array[],
  of: readonly OnPage[],
): Write[] {
  const page = ++ledger.pages;
  const entries = of.map(({ who, isHolder, at }) => {
    const last = isHolder ? ledger.lastHeld : ledger.lastSent;
    const before = last.get(who);
    last.set(who, page);
    return { who, before, at };
  });
  return [
    put(pageKey(page), toBytes(Page, { txs, of: entries })),
    put(PAGES, toBytes(Last, { page })),
    ...of.flatMap(({ who, isHolder }) => (isHolder ? [] : [lastIs(who, false, page)])),
    ...(page % MARKED === 0 ? marks(ledger, page) : []),
  ];
}

export const MARKED = 32;

const lastIs = (who: string, isHolder: boolean, page: number): Write =>
  put(lastKey(who, isHolder), toBytes(Last, { page }));

function marks({ lastHeld }: Paged, page: number): Write[] {
  const since = [...lastHeld].filter(([, last]) => last > page - MARKED);
  return since.map(([who, last]) => lastIs(who, true, last));
}

/** Those since the last mark, in their order. */
export const unmarkedKeys = ({ pages }: Pick<Paged, 'pages'>): readonly string[] =>
  Array.from({ length: pages % MARKED }, (_, i) => pageKey(pages - (pages % MARKED) + 1 + i));

/** What stands on these, in the order of their keys, is newer than what was marked. */
export function readUnmarked({ pages, lastHeld }: Paged, rows: Values): void {
  for (const [i, row] of rows.entries()) {
    const of = row === undefined ? [] : whole(Page, row).of;
    for (const { who } of of) if (isHolder(who)) lastHeld.set(who, pages - rows.length + 1 + i);
  }
}

/** The address of a node has dots in it, the name of a sender none. */
const isHolder = (who: string): boolean => who.includes('.');

/** Rows of a transaction were given to others. */
export function placeWrites(ledger: Paged, txId: Uint8Array, holders: readonly string[]): Write[] {
  if (holders.length === 0) return [];
  const each = [...new Set(holders)].map((who) => ({ who, isHolder: true, at: [0] }));
  return pageWrites(ledger, [txId], each);
}

/**
 * Pages: which transactions somebody sent, and which rows somebody was given, newest first.
 *
 * What came together stands on one page, and each person on it has the number of its page before: so a list costs
 * one write for all, and is read page by page from the newest on. What is renewed later is on a page of its own;
 * whoever reads asks the ledger who has a row now.
 *
 *   page 1, 2 ... 512 | 513, and who stood on 1 and on none since | 514, and who stood on 2 and on none since ...
 *
 * Nearly every holder of a small city stands on each page. Which page is somebody's last is known here while this life
 * lasts, and is written when that page is no longer one of the last `RECENT`; after a restart these are read, and say the
 * rest. So what a transaction has to be written grows with its city only where a holder is given nothing for so long.
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

export type Paged = Pick<Ledger, 'pages' | 'lastHeld' | 'lastSent' | 'recentPages'>;

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
  remember(
    ledger,
    page,
    of.flatMap(({ who, isHolder }) => (isHolder ? [who] : [])),
  );
  return [
    put(pageKey(page), toBytes(Page, { txs, of: entries })),
    put(PAGES, toBytes(Last, { page })),
    ...of.flatMap(({ who, isHolder }) => (isHolder ? [] : [lastIs(who, false, page)])),
    ...leaving(ledger, page - RECENT),
  ];
}

/** Of some 4 KB each: read in milliseconds after a restart. */
export const RECENT = 512;

const lastIs = (who: string, isHolder: boolean, page: number): Write =>
  put(lastKey(who, isHolder), toBytes(Last, { page }));

const remember = ({ recentPages }: Paged, page: number, holders: readonly string[]): void =>
  void recentPages.set(page, holders);

/** Who stood on a page that is not recent any more, and on none since. */
function leaving({ recentPages, lastHeld }: Paged, page: number): Write[] {
  const left = (recentPages.get(page) ?? []).filter((who) => lastHeld.get(who) === page);
  recentPages.delete(page);
  return left.map((who) => lastIs(who, true, page));
}

/** In their order. */
export function recentKeys({ pages }: Pick<Paged, 'pages'>): readonly string[] {
  const length = Math.min(pages, RECENT);
  return Array.from({ length }, (_, i) => pageKey(pages - length + 1 + i));
}

/** What stands on these, in the order of their keys, is newer than what was written of anybody. */
export function readRecent(ledger: Paged, rows: Values): void {
  for (const [i, row] of rows.entries()) {
    const page = ledger.pages - rows.length + 1 + i;
    const of = row === undefined ? [] : whole(Page, row).of;
    const holders = of.flatMap(({ who }) => (isHolder(who) ? [who] : []));
    for (const who of holders) ledger.lastHeld.set(who, page);
    remember(ledger, page, holders);
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

/**
 * Pages: which transactions somebody sent, and which rows somebody was given, newest first.
 *
 * What came together stands on one page, and each person on it has the number of its page before: so a list costs
 * one write for all, and is read page by page from the newest on. What is renewed later is on a page of its own;
 * whoever reads asks the ledger who has a row now.
 */
import { toBytes } from '../codec.ts';
import { put, type Write } from '../effect.ts';
import { Last, lastKey, Page, PAGES, pageKey } from './records.ts';
import type { Ledger } from './state.ts';

/** Somebody on a page, and which of its transactions are theirs. */
export interface OnPage {
  readonly who: string;
  readonly isHolder: boolean;
  readonly at: readonly number[];
}

export function pageWrites(
  ledger: Ledger,
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
  const lasts = of.map(({ who, isHolder }) => put(lastKey(who, isHolder), toBytes(Last, { page })));
  return [
    put(pageKey(page), toBytes(Page, { txs, of: entries })),
    put(PAGES, toBytes(Last, { page })),
    ...lasts,
  ];
}

/** Rows of a transaction were given to others. */
export function placeWrites(ledger: Ledger, txId: Uint8Array, holders: readonly string[]): Write[] {
  if (holders.length === 0) return [];
  const each = [...new Set(holders)].map((who) => ({ who, isHolder: true, at: [0] }));
  return pageWrites(ledger, [txId], each);
}

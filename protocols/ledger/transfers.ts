/**
 * Transfers that began here, by numbers: the first is 1. Whoever drives them (courier/) asks from where it was.
 *
 *   live/transfers     how many have begun
 *   transfer/<n>       the transaction
 */
import { count, record, toBytes, whole, type Infer } from '../codec.ts';
import { put, type Write } from '../effect.ts';
import { PAGE_MAX, Transfers, type AskTransfers } from '../ledger.messages.ts';
import { digest } from '../terms.ts';
import { readAll } from './reads.ts';
import { LIVE } from './records.ts';
import { answerTo, type Effects, type Ledger, type Offerer } from './state.ts';

export const TRANSFERS = `${LIVE}transfers`;
const rowOf = (nth: number): string => `transfer/${nth}`;
const Count = record({ count: count(Number.MAX_SAFE_INTEGER) });
const Begun = record({ txId: digest });
type Begun = Infer<typeof Begun>;

export function transfersIn(kept: ReadonlyMap<string, Uint8Array>): number {
  const row = kept.get(TRANSFERS);
  return row === undefined ? 0 : whole(Count, row).count;
}

/** These have begun: numbered once what they stand in is applied. */
export function transferWrites(ledger: Ledger, begun: readonly Uint8Array[]): Write[] {
  if (begun.length === 0) return [];
  const rows = begun.map((txId): Write => put(rowOf(++ledger.transfers), toBytes(Begun, { txId })));
  return [...rows, put(TRANSFERS, toBytes(Count, { count: ledger.transfers }))];
}

/** From a number on; those whose batch is not on the disk yet are told later. */
export function tellTransfers(ledger: Ledger, asker: Offerer, { from }: AskTransfers): Effects {
  const first = Math.max(1, from);
  const length = Math.max(0, Math.min(PAGE_MAX, ledger.transfers - first + 1));
  const keys = Array.from({ length }, (_, i) => rowOf(first + i));
  return readAll(ledger.reads, keys, (rows) => {
    const end = rows.findIndex((row) => row === undefined);
    const here = rows.slice(0, end < 0 ? rows.length : end);
    const txs = here.map((row): Begun['txId'] => whole(Begun, row!).txId);
    return [answerTo(asker, Transfers.of({ next: first + txs.length, txs }))];
  });
}

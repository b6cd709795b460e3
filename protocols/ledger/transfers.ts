/**
 * Transfers that began here, by the city that they are to and by numbers: the first is 1. Whoever drives them (courier/) asks
 * from where it was, for each city by itself: so one that is gone keeps nobody waiting but those who send there.
 *
 *   live/transfers/<city>     how many have begun
 *   transfer/<city>/<n>       the transaction
 *
 * To a city that is none of the network nothing is sent (`no-city`): no word of it would count.
 */
import { count, record, toBytes, whole, type Infer } from '../codec.ts';
import { put, type Write } from '../effect.ts';
import { PAGE_MAX, Transfers, type AskTransfers } from '../ledger.messages.ts';
import type { Place } from '../subjects.ts';
import { digest } from '../terms.ts';
import { readAll } from './reads.ts';
import { LIVE } from './records.ts';
import { answerTo, type Effects, type Ledger, type Offerer } from './state.ts';

const TRANSFERS = `${LIVE}transfers/`;
const rowOf = (to: Place, nth: number): string => `transfer/${to}/${nth}`;
const Count = record({ count: count(Number.MAX_SAFE_INTEGER) });
const Begun = record({ txId: digest });

/** Of each city that any have begun to. */
export type Counts = Map<Place, number>;

export interface Away {
  readonly txId: Uint8Array;
  readonly to: Place;
}

export function transfersIn(kept: ReadonlyMap<string, Uint8Array>): Counts {
  const counts: Counts = new Map();
  for (const [key, row] of kept)
    if (key.startsWith(TRANSFERS))
      counts.set(key.slice(TRANSFERS.length) as Place, whole(Count, row).count);
  return counts;
}

/** These have begun: numbered once what they stand in is applied. */
export function transferWrites({ transfers, self }: Ledger, begun: readonly Away[]): Write[] {
  const { neighbours = [] } = self;
  const byCity = Map.groupBy(begun, ({ to }) => to);
  const writes: Write[] = [];
  for (const { place } of neighbours) {
    const away = byCity.get(place);
    if (away === undefined) continue;
    let nth = transfers.get(place) ?? 0;
    for (const { txId } of away) writes.push(put(rowOf(place, ++nth), toBytes(Begun, { txId })));
    transfers.set(place, nth);
    writes.push(put(TRANSFERS + place, toBytes(Count, { count: nth })));
  }
  return writes;
}

/** From a number on; those whose batch is not on the disk yet are told later. */
export function tellTransfers(ledger: Ledger, asker: Offerer, { to, from }: AskTransfers): Effects {
  const first = Math.max(1, from);
  const last = ledger.transfers.get(to) ?? 0;
  const length = Math.max(0, Math.min(PAGE_MAX, last - first + 1));
  const keys = Array.from({ length }, (_, i) => rowOf(to, first + i));
  return readAll(ledger.reads, keys, (rows) => {
    const end = rows.findIndex((row) => row === undefined);
    const here = rows.slice(0, end < 0 ? rows.length : end);
    const txs = here.map((row): Infer<typeof Begun>['txId'] => whole(Begun, row!).txId);
    return [answerTo(asker, Transfers.of({ next: first + txs.length, txs }))];
  });
}

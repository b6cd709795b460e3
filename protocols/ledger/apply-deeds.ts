/**
 * What a batch asks of objects: found first, read, executed together, and told with the outcomes of its entries.
 *
 *   entries --(which of them will be committed)--> deeds --(objects.ts)--> execute --> effect of each, objects after
 *
 * Which are committed is said by the same rule as in apply.ts, before anything is changed: so what is to be executed is known
 * while the ledger is as it was before the batch.
 */
import { hex } from '#lib/bytes.ts';
import type { Entry } from '../city-batch.ts';
import { execute, namesOf, type Deed, type Objects, type Where } from '../objects/execute.ts';
import type { OpEffect } from '../objects/op.ts';
import { eventOf, type Slot } from './live.ts';
import { objectsAt, readObjects, type ObjectsAtHand } from './objects.ts';
import { readSurely } from './reads.ts';
import { key } from './records.ts';
import type { Effects, Ledger, LedgerSays } from './state.ts';

/** What a batch does to objects. */
export interface Deeds {
  readonly hand: ObjectsAtHand;
  /** By transaction. */
  readonly effects: ReadonlyMap<string, OpEffect>;
  readonly after: Objects;
}

/** The deeds of a batch of that time, in its order. */
export function deedsIn({ table }: Ledger, entries: readonly Entry[], atMs: number): Deed[] {
  const seen = new Set<string>();
  const won = new Map<Slot, string>();
  return entries.flatMap(({ cert }) => {
    const live = table.byCert.get(key(cert));
    if (live === undefined || seen.has(live.txId)) return [];
    seen.add(live.txId);
    const { txId, slot, deed } = live;
    const isFirst = (won.get(slot) ?? txId) === txId;
    if (!isFirst || eventOf(live, '', atMs).event !== 'committed') return [];
    won.set(slot, txId);
    return deed === undefined ? [] : [deed];
  });
}

/** Reads what they need, and says what comes of them. */
export function doDeeds(
  { reads, mapPages, head }: Ledger,
  deeds: readonly Deed[],
  where: Where,
  then: (done: Deeds) => Effects,
): Effects {
  const reading = {
    read: (keys: readonly string[], goOn: Parameters<typeof readSurely<LedgerSays>>[2]) =>
      readSurely(reads, keys, goOn),
    known: (way: string) => mapPages.get(way),
    at: head.height,
  };
  return readObjects(reading, deeds.flatMap(namesOf), (hand) => {
    const { effects, after } = execute(deeds, objectsAt(hand), where);
    const byTx = new Map(deeds.map(({ txId }, i) => [hex(txId), effects[i]!]));
    return then({ hand, effects: byTx, after });
  });
}

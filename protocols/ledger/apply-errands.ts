/**
 * What a batch asks of objects: found first, read, executed together, and told with the outcomes of its entries.
 *
 *   entries --(which of them will be committed)--> errands --(objects.ts)--> execute --> effect of each, objects after
 *
 * Which are committed is said by the same rule as in apply.ts, before anything is changed: so what is to be executed is known
 * while the ledger is as it was before the batch.
 */
import { hex } from '#lib/bytes.ts';
import type { Entry } from '../city-batch.ts';
import { execute, namesOf, type Errand, type Objects, type Where } from '../objects/execute.ts';
import type { OpEffect } from '../objects/op.ts';
import { eventOf, type Slot } from './live.ts';
import { objectsAt, readObjects, type ObjectsAtHand } from './objects.ts';
import { readSurely } from './reads.ts';
import { key } from './records.ts';
import type { Effects, Ledger, LedgerSays } from './state.ts';

/** What a batch does to objects. */
export interface Errands {
  readonly hand: ObjectsAtHand;
  /** By transaction. */
  readonly effects: ReadonlyMap<string, OpEffect>;
  readonly after: Objects;
}

/** The errands of a batch of that time, in its order. */
export function errandsIn({ table }: Ledger, entries: readonly Entry[], atMs: number): Errand[] {
  const seen = new Set<string>();
  const won = new Map<Slot, string>();
  return entries.flatMap(({ cert }) => {
    const live = table.byCert.get(key(cert));
    if (live === undefined || seen.has(live.txId)) return [];
    seen.add(live.txId);
    const { txId, slot, errand } = live;
    const isFirst = (won.get(slot) ?? txId) === txId;
    if (!isFirst || eventOf(live, '', atMs).event !== 'committed') return [];
    won.set(slot, txId);
    return errand === undefined ? [] : [errand];
  });
}

/** Reads what they need, and says what comes of them. */
export function doErrands(
  { reads, mapPages, head }: Ledger,
  errands: readonly Errand[],
  where: Where,
  then: (done: Errands) => Effects,
): Effects {
  const reading = {
    read: (keys: readonly string[], goOn: Parameters<typeof readSurely<LedgerSays>>[2]) =>
      readSurely(reads, keys, goOn),
    known: (way: string) => mapPages.get(way),
    at: head.height,
  };
  return readObjects(reading, errands.flatMap(namesOf), (hand) => {
    const { effects, after } = execute(errands, objectsAt(hand), where);
    const byTx = new Map(errands.map(({ txId }, i) => [hex(txId), effects[i]!]));
    return then({ hand, effects: byTx, after });
  });
}

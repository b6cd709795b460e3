/**
 * What a batch asks of objects: found first, read, executed together, and told with the outcomes of its entries.
 *
 *   entries --(which of them will be committed; acts)--> errands --(objects.ts)--> execute --> effects, objects after
 *
 * Which are committed is said by the same rule as in apply.ts, before anything is changed: so what is to be executed is known
 * while the ledger is as it was before the batch.
 */
import { hex } from '#lib/bytes.ts';
import { isAct, type Entry } from '../city-batch.ts';
import {
  execute,
  namesOf,
  type Asking,
  type Errand,
  type Objects,
  type Where,
} from '../objects/execute.ts';
import { escrowName } from '../objects/object.ts';
import type { OpEffect } from '../objects/op.ts';
import { settleOf, takeOf } from '../objects/transfer.ts';
import { payrollErrand } from './act-of-payroll.ts';
import type { ActsAtHand } from './apply-acts.ts';
import { eventOf, type Slot } from './live.ts';
import type { Turned } from './map-parts.ts';
import { leavesOf, objectsAt, readObjects, type ObjectsAtHand } from './objects.ts';
import { readSurely } from './reads.ts';
import { key } from './records.ts';
import type { Effects, Ledger } from './state.ts';
import type { Away } from './transfers.ts';
import { turn } from './turning.ts';

/** An errand, and the transaction or act that it is of. */
interface Of {
  readonly id: string;
  readonly errand: Errand;
}

/** What a batch does to objects. */
export interface Errands {
  readonly hand: ObjectsAtHand;
  /** By transaction, or act. */
  readonly effects: ReadonlyMap<string, OpEffect>;
  readonly after: Objects;
  /** The pages of the map that change with them, and the new root. */
  readonly turned: Turned | undefined;
  /** Transfers that begin in this batch. */
  readonly begun: readonly Away[];
}

/** The errands of a batch of that time, in its order. */
export function errandsIn(
  ledger: Ledger,
  entries: readonly Entry[],
  hand: ActsAtHand,
  atMs: number,
): Of[] {
  const seen = new Set<string>();
  const won = new Map<Slot, string>();
  return entries.flatMap((entry): readonly Of[] => {
    const id = key(entry.cert);
    if (isAct(entry)) return errandOfAct(ledger, id, hand);
    const live = ledger.table.byCert.get(id);
    if (live === undefined || seen.has(live.txId)) return [];
    seen.add(live.txId);
    const { txId, slot, errand } = live;
    const isFirst = (won.get(slot) ?? txId) === txId;
    if (!isFirst || eventOf(live, '', atMs).event !== 'committed') return [];
    won.set(slot, txId);
    return errand === undefined ? [] : [{ id: txId, errand }];
  });
}

function errandOfAct(ledger: Ledger, id: string, { acts }: ActsAtHand): readonly Of[] {
  const { self } = ledger;
  const row = acts.get(id);
  if (row === undefined || row.ordered !== undefined) return [];
  const { what } = row.signed.act;
  const { place } = self.genesis;
  const errand =
    what.says === 'take'
      ? takeOf(what, place)
      : what.says === 'settle'
        ? settleOf(what, place)
        : payrollErrand(ledger, row.signed);
  return errand === undefined ? [] : [{ id, errand }];
}

/** Reads what they need, and says what comes of them. */
export function doErrands(
  ledger: Ledger,
  of: readonly Of[],
  where: Where,
  then: (done: Errands) => Effects,
): Effects {
  const { reads, mapPages, head } = ledger;
  const known = (way: string) => mapPages.get(way);
  const reading = { reads, read: readSurely, known, at: head.height };
  const errands = of.map(({ errand }) => errand);
  return readObjects(reading, errands.flatMap(namesOf), (hand) => {
    const { effects, after } = execute(errands, objectsAt(hand), where);
    const byId = new Map(of.map(({ id }, i) => [id, effects[i]!]));
    const begun = errands.filter(
      (errand, i): errand is Asking => errand.does === 'op' && effects[i] === 'done',
    );
    const away = begun.flatMap(({ txId, to }) =>
      after.has(hex(escrowName(txId))) ? [{ txId, to }] : [],
    );
    if (after.size === 0)
      return then({ hand, effects: byId, after, turned: undefined, begun: away });
    return turn(ledger, hand, leavesOf(after), (turned) =>
      then({ hand, effects: byId, after, turned, begun: away }),
    );
  });
}

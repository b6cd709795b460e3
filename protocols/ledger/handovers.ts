/** The batches that handed a city over to those who order in its epochs, from the disk: what a lineage is made of. */
import { toBytes, whole } from '../codec.ts';
import type { Effect } from '../effect.ts';
import { Handover } from '../lineage.ts';
import { HandedAt, handoverKey } from './epochs.ts';
import { readAll, type Reads } from './reads.ts';
import { batchKey, Committed } from './records.ts';
import type { LedgerSays } from './state.ts';

/** Of hand-overs in one answer. */
const ANSWER_BYTES = 400_000;

/** What began the epochs from `first` to `last`, as many as fit; none where there are none. */
export function readHandovers(
  reads: Reads,
  first: number,
  last: number,
  then: (handovers: readonly Handover[]) => readonly Effect<LedgerSays>[],
): readonly Effect<LedgerSays>[] {
  const length = Math.max(0, last - first + 1);
  const keys = Array.from({ length }, (_, i) => handoverKey(first + i));
  return readAll(reads, keys, (rows) => {
    const heights = rows.flatMap((row) => (row === undefined ? [] : [whole(HandedAt, row).height]));
    return readAll(reads, heights.map(batchKey), (found) => then(firstOf(found)));
  });
}

/** Until one is missing, or there is enough. */
function firstOf(rows: readonly (Uint8Array | undefined)[]): Handover[] {
  const handovers: Handover[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (row === undefined) break;
    const { batch, quorum } = whole(Committed, row);
    const each = { head: batch.head, quorum };
    bytes += toBytes(Handover, each).length;
    if (handovers.length > 0 && bytes > ANSWER_BYTES) break;
    handovers.push(each);
  }
  return handovers;
}

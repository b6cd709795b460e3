/**
 * The placements that S1 has drawn, as they lie on its disk: by transaction, until their list is no longer
 * valid. Loaded whole at a start; so a restart draws none a second time.
 */
import { nameText, readName } from '#algorithms/identity.ts';
import { count, record, toBytes, whole, type Infer } from '../codec.ts';
import { forget, keep, NOTHING, put, type Effect } from '../effect.ts';
import { isValidBeside, type EligibleHead } from '../eligibility.ts';
import { Placement } from '../manifest.ts';
import { Resolved } from '../policy.ts';
import { unixMs } from '../terms.ts';

/** So many transactions of half a minute, two kilobytes each; beyond that the ingress asks again. */
export const PLACED_MAX = 16_384;
/** Forgotten in one commit. */
const FORGOTTEN_MAX = 1_024;
const PREFIX = 'placed/';
const FORGET = 'forget';

export const Placed = record({
  placement: Placement,
  terms: Resolved,
  /** Of the list: by these it is known whether it is still valid. */
  number: count(Number.MAX_SAFE_INTEGER),
  at: unixMs,
});
export type Placed = Infer<typeof Placed>;

/** By the text of the transaction's id; the oldest first. */
export type PlacedTable = Map<string, Placed>;

export function loaded(kept: ReadonlyMap<string, Uint8Array>): PlacedTable {
  const all: [string, Placed][] = [];
  for (const [key, bytes] of kept) {
    const name = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : '';
    if (readName(name) !== undefined) all.push([name, whole(Placed, bytes)]);
  }
  return new Map(all.toSorted(([, a], [, b]) => a.number - b.number));
}

/** Said `kept` under the name of the transaction. */
export function keepPlaced(txId: Uint8Array, placed: Placed): Effect<never> {
  const name = nameText(txId);
  return keep(name, put(PREFIX + name, toBytes(Placed, placed)));
}

/** Forgets those whose list is no longer valid beside the newest. */
export function forgetOld(
  table: PlacedTable,
  newest: Pick<EligibleHead, 'number' | 'at'>,
): readonly Effect<never>[] {
  const old: string[] = [];
  for (const [name, placed] of table) {
    if (old.length === FORGOTTEN_MAX) break;
    if (!isValidBeside(placed, newest)) old.push(name);
  }
  for (const name of old) table.delete(name);
  return old.length === 0 ? NOTHING : [keep(FORGET, ...old.map((name) => forget(PREFIX + name)))];
}

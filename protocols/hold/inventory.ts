/**
 * What a holder remembers of what it holds: a filter over ids of transactions, and how much room there is.
 *
 *   start, every hour, or when crowded:   measure --> list, page after page --> a new filter
 *   meanwhile:                            the old one is asked, both take what comes in
 *   every five seconds:                   measure --> the node's heart hears how much room there is
 *
 * Of all pieces only the store's index knows where they are. The filter, two bytes a transaction, says
 * which are surely not there, so that a piece that comes in for the first time costs no look at the disk,
 * and tells others where to ask. Nothing is taken out of it: the store evicts without a word, and a
 * "yes" too many costs one look. What was evicted leaves with the next new filter.
 *
 * Safety: never "surely not" for a piece that is held; until the first filter is complete everything may
 * be. Cost, 300 000 pieces: 1 MB, 2 MB while a new filter is made.
 */
import { cuckooFilter, isCrowded, type CuckooFilter } from '#algorithms/filter/cuckoo.ts';
import { filterKey, KEY_BYTES } from '#algorithms/filter/filter-key.ts';
import { EMPTY } from '#lib/bytes.ts';
import {
  list,
  measure,
  NOTHING,
  send,
  wake,
  type Effect,
  type Moment,
  type PiecePage,
  type PieceTally,
} from '../effect.ts';
import {
  FILTER_PART_BYTES,
  HolderFilter,
  type DescribeHolder,
  type HolderFilter as Filter,
} from '../holder.messages.ts';
import { HeartRoom } from '../presence.messages.ts';
import type { Address } from '../subjects.ts';
import { txIdOfKey } from './held-piece.ts';

export const RENEW_WAKE = 'inventory';
export const ROOM_WAKE = 'room';
const LIST_ID = 'inventory';
const ROOM_ID = 'room';
const RENEW_MS = 3_600_000;
/** How often the heart hears of the room there is: it may have forgotten, so it hears the same again. */
const ROOM_MS = 5_000;
/** A crowded filter is not made anew more often than this. */
const CROWDED_MS = 60_000;
/** Room for what comes in until the next filter; and what a filter can be made for. */
const ITEMS_MIN = 1_024;
const ITEMS_MAX = 15_000_000;
/** A filter that was written is shown as it was for so long. */
const SHOWN_MS = 10_000;

interface Made {
  readonly filter: CuckooFilter;
  /** Something has found no place: from then on nothing is surely not there. */
  isFull: boolean;
}

export interface Inventory {
  readonly key: Uint8Array;
  /** Absent until the first list is complete. */
  made: Made | undefined;
  /** In the making. */
  next: Made | undefined;
  /** When the last one was begun. */
  begunAt: number;
  /** What `holder.describe` is shown. */
  shown: { readonly version: number; readonly bytes: Uint8Array; readonly at: number };
  /** Of what came in, for whether what is shown is still true. */
  changes: number;
  shownChanges: number;
  fullUntil: number;
  fullMs: number;
  readonly fullness: Fullness;
}

/**
 * Who has refused a piece for want of room has none, whatever is free: what is free was not enough. For so long; each
 * time twice as long as before, and at most, until something finds room.
 */
export interface Fullness {
  readonly fullMs: number;
  readonly fullMsMax: number;
}

type Did = readonly Effect<never>[];

export function beginInventory(fullness: Fullness, at: Moment): readonly [Inventory, Did] {
  const shown = { version: 0, bytes: EMPTY, at: 0 };
  const inventory: Inventory = {
    key: at.entropy.bytes(KEY_BYTES),
    made: undefined,
    next: undefined,
    begunAt: at.now,
    shown,
    changes: 0,
    shownChanges: 0,
    fullUntil: 0,
    fullMs: fullness.fullMs,
    fullness,
  };
  return [inventory, [...renew(), wake(ROOM_WAKE, ROOM_MS)]];
}

/** `RENEW_WAKE`, too: the way to a new filter begins with how large it must be. */
export const renew = (): Did => [measure(LIST_ID), wake(RENEW_WAKE, RENEW_MS)];

/** What there is, once more. */
export const relist = (): Did => [measure(LIST_ID)];

/** `ROOM_WAKE`. */
export const measureRoom = (): Did => [measure(ROOM_ID), wake(ROOM_WAKE, ROOM_MS)];

/** A piece found no room: the heart hears it now, so that the next list leaves us out. */
export function foundNoRoom(inventory: Inventory, { now }: Moment): Did {
  if (now < inventory.fullUntil) return NOTHING;
  inventory.fullUntil = now + inventory.fullMs;
  inventory.fullMs = Math.min(inventory.fullness.fullMsMax, 2 * inventory.fullMs);
  return [measure(ROOM_ID)];
}

/** How much there is; a list begins where that was asked for one and none is under way. */
export function measured(
  inventory: Inventory,
  heart: Address,
  { id, tally }: { readonly id: string; readonly tally: PieceTally },
  at: Moment,
): readonly Effect<HeartRoom>[] {
  const { pieces } = tally;
  const bytesFree = at.now < inventory.fullUntil ? 0 : tally.bytesFree;
  const room = send(heart, HeartRoom.of({ bytesFree, pieces }));
  return id === LIST_ID ? [room, ...beginList(inventory, pieces, at)] : [room];
}

function beginList(inventory: Inventory, pieces: number, { now }: Moment): Did {
  if (inventory.next !== undefined) return NOTHING;
  const items = Math.min(ITEMS_MAX, Math.max(ITEMS_MIN, Math.ceil(pieces * 1.25)));
  inventory.next = { filter: cuckooFilter(filterKey(inventory.key), items, 12), isFull: false };
  inventory.begunAt = now;
  return [list(LIST_ID)];
}

/** One page more of what there is. */
export function listed(inventory: Inventory, { pieces, next }: PiecePage): Did {
  for (const { key } of pieces) {
    const txId = txIdOfKey(key);
    if (txId !== undefined && inventory.next !== undefined) insert(inventory.next, txId);
  }
  if (next !== undefined) return [list(LIST_ID, next)];
  inventory.made = inventory.next;
  inventory.next = undefined;
  inventory.changes++;
  return NOTHING;
}

/** Something of this transaction is held from now on. */
export function add(inventory: Inventory, txId: Uint8Array, { now }: Moment): Did {
  const { made, next, begunAt } = inventory;
  inventory.changes++;
  inventory.fullMs = inventory.fullness.fullMs;
  for (const each of [made, next]) if (each !== undefined) insert(each, txId);
  const isCrowdedNow = made !== undefined && (made.isFull || isCrowded(made.filter));
  const isDue = isCrowdedNow && next === undefined && now - begunAt >= CROWDED_MS;
  if (isDue) inventory.begunAt = now;
  return isDue ? [measure(LIST_ID)] : NOTHING;
}

/** Once for all rows of a transaction: a filter takes the same item eight times at most. */
function insert(made: Made, txId: Uint8Array): void {
  if (made.filter.has(txId)) return;
  if (made.filter.insert(txId) === 'full') made.isFull = true;
}

/** False only where nothing of the transaction is held. */
export const mayHave = ({ made }: Inventory, txId: Uint8Array): boolean =>
  made === undefined || made.isFull || made.filter.has(txId);

/** A part of the filter as it was at some moment of late; nothing before the first one is complete. */
export function describe(
  inventory: Inventory,
  asked: DescribeHolder,
  { now }: Moment,
): Filter | undefined {
  // A filter that has not taken everything would say no to what is held.
  if (inventory.made === undefined || inventory.made.isFull) return undefined;
  const isOld = now - inventory.shown.at >= SHOWN_MS && asked.version !== inventory.shown.version;
  const isChanged = inventory.shownChanges !== inventory.changes;
  if (inventory.shown.version === 0 || (isOld && isChanged)) {
    show(inventory, inventory.made.filter, now);
  }
  const { version, bytes } = inventory.shown;
  const parts = Math.ceil(bytes.length / FILTER_PART_BYTES);
  const part = asked.version === version && asked.part < parts ? asked.part : 0;
  const from = part * FILTER_PART_BYTES;
  const shown = bytes.slice(from, from + FILTER_PART_BYTES);
  return HolderFilter.of({ version, key: inventory.key, part, parts, bytes: shown });
}

function show(inventory: Inventory, filter: CuckooFilter, now: number): void {
  const { shown, changes } = inventory;
  inventory.shown = { version: shown.version + 1, bytes: filter.write(), at: now };
  inventory.shownChanges = changes;
}

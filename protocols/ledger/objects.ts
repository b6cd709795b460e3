/**
 * The objects of a city as its ledger keeps them: read for a batch, changed by it, under one root.
 *
 *   names that a batch may touch --> their rows | the pages on their ways --(execute)--> rows and pages that changed
 *                                                                                   '--> root
 *
 * All of it is in the commit of the batch. Nothing is ever scanned: a batch costs a row for each object and some
 * log16(objects) pages, of which those used last are in memory, at most `PAGES_MAX`. A ledger that lost its disk has the same
 * objects again when it has applied the same batches; what was there before the first one is in the genesis.
 */
import { EMPTY_PAGE, rootOf, wanted, type Leaf, type Page } from '#algorithms/merkle/sparse.ts';
import { EMPTY } from '#lib/bytes.ts';
import { lru, type Lru } from '#lib/lru.ts';
import { assert } from '#lib/assert.ts';
import { toBytes, whole } from '../codec.ts';
import { put, type Write } from '../effect.ts';
import type { Genesis } from '../genesis.ts';
import type { Objects } from '../objects/execute.ts';
import { endowed, objectHash } from '../objects/object.ts';
import { bytesOf } from './live.ts';
import { asOf, mapKey, objectKey, ObjectRow, PageRow, readPage } from './object-records.ts';
import { turnedAtOnce, type Turned } from './map-parts.ts';
import type { readAll, Reads } from './reads.ts';
import { key } from './records.ts';
import type { Effects } from './state.ts';

const PAGES_MAX = 2_048;

export type PageCache = Lru<string, PageRow>;
export const pageCache = (): PageCache => lru(PAGES_MAX);

/** What was read of objects; by their names and ways. */
export interface ObjectsAtHand {
  readonly objects: ReadonlyMap<string, ObjectRow>;
  readonly rows: ReadonlyMap<string, PageRow>;
  /** The pages that these rows have, as of the batch that was asked for. */
  readonly pages: ReadonlyMap<string, Page>;
}

export interface Reading {
  readonly reads: Reads;
  readonly read: typeof readAll;
  /** Pages that need not be read. */
  readonly known?: (way: string) => PageRow | undefined;
  /** After which batch: the last one, or the one before. */
  readonly at: number;
}

/** Objects, and the pages on the ways to them: whether they are there or not. */
export function readObjects(
  reading: Reading,
  names: readonly Uint8Array[],
  then: (hand: ObjectsAtHand) => Effects,
): Effects {
  const texts = [...new Set(names.map(key))];
  if (texts.length === 0) return then({ objects: new Map(), rows: new Map(), pages: new Map() });
  return reading.read(reading.reads, texts.map(objectKey), (values) => {
    const objects = new Map<string, ObjectRow>();
    for (const [i, row] of values.entries())
      if (row !== undefined) objects.set(texts[i]!, whole(ObjectRow, row));
    const hand = { objects, rows: new Map(), pages: new Map() };
    return readPages(reading, texts.map(bytesOf), hand, () => then(hand));
  });
}

/** There is none yet. */
const FIRST: PageRow = { height: 0, now: EMPTY, before: undefined };

interface Gathered {
  readonly rows: Map<string, PageRow>;
  readonly pages: Map<string, Page>;
}

/** One page further on each way, until all of them end in what is here. */
function readPages(
  reading: Reading,
  names: readonly Uint8Array[],
  found: Gathered,
  then: () => Effects,
): Effects {
  const ways = new Set<string>();
  for (const name of names) {
    const way = followed(reading, name, found);
    if (way !== undefined) ways.add(way);
  }
  if (ways.size === 0) return then();
  const asked = [...ways];
  return reading.read(reading.reads, asked.map(mapKey), (values) => {
    for (const [i, value] of values.entries()) {
      assert(value !== undefined || asked[i] === '', 'a page that another one names is here');
      take(reading, asked[i]!, value === undefined ? FIRST : whole(PageRow, value), found);
    }
    return readPages(reading, names, found, then);
  });
}

/** As far as pages are known: the one that has to be read next on the way of a name. */
function followed(reading: Reading, name: Uint8Array, found: Gathered): string | undefined {
  for (;;) {
    const way = wanted(found.pages, name);
    const row = way === undefined ? undefined : reading.known?.(way);
    if (way === undefined || row === undefined) return way;
    take(reading, way, row, found);
  }
}

function take({ at }: Reading, way: string, row: PageRow, { rows, pages }: Gathered): void {
  const parts = asOf(row, at);
  rows.set(way, row);
  pages.set(way, parts === undefined ? EMPTY_PAGE : readPage(parts));
}

export const objectsAt = ({ objects }: ObjectsAtHand): Objects =>
  new Map([...objects].map(([name, { now }]) => [name, now]));

export interface Changed {
  readonly writes: readonly Write[];
  readonly root: Uint8Array;
}

export const leavesOf = (after: Objects): Leaf[] =>
  [...after].map(([name, object]) => ({ name: bytesOf(name), value: objectHash(object) }));

/** What a batch of that height makes of objects, of the pages that change, and of the root over all. */
export function changeObjects(
  cache: PageCache,
  { objects, rows }: ObjectsAtHand,
  after: Objects,
  { root, pages }: Turned,
  height: number,
): Changed {
  const writes = [...after].map(([name, now]) =>
    put(objectKey(name), toBytes(ObjectRow, { height, now, before: objects.get(name)?.now })),
  );
  for (const [way, now] of pages) {
    const row = { height, now, before: rows.get(way)?.now };
    cache.put(way, row);
    writes.push(put(mapKey(way), toBytes(PageRow, row)));
  }
  return { writes, root };
}

/** What a city has before its first batch. */
export function objectsOf({ endowments = [] }: Genesis): Changed {
  const after = new Map(endowed(endowments).map(({ name, object }) => [key(name), object]));
  if (after.size === 0) return { writes: [], root: rootOf(EMPTY_PAGE) };
  const hand = { objects: new Map(), rows: new Map(), pages: new Map([['', EMPTY_PAGE]]) };
  const turned = turnedAtOnce(hand.pages, leavesOf(after));
  return changeObjects(pageCache(), hand, after, turned, 0);
}

/**
 * The map over all objects, changed by a batch: at once where little changes, else in parts that do not meet, on the pool.
 *
 *   leaves | pages on their ways --(by the first place on the way)--> parts --(a job each)--> pages of each part
 *                                                                                '--> the first page, and with it the root
 *
 * Names are hashes, so the parts are of one size; below the first page no way of one leads into another. So the result is the one of
 * `changed`, whatever is computed where (a property). What goes to the pool and comes back is one block of bytes for each part:
 * pages as they are kept, so that nobody reads them only to copy them.
 */
import { changed, rootOf, type Leaf, type Page, type Pages } from '#algorithms/merkle/sparse.ts';
import { HASH_BYTES } from '#algorithms/hash/hash.ts';
import { text, utf8 } from '#lib/bytes.ts';
import type { Plain } from '../effect.ts';
import { readPage, writePage } from './object-records.ts';

/** Jobs for one batch. */
export const PARTS = 4;

/** Pages by their ways, as they are kept. */
export type Written = ReadonlyMap<string, Uint8Array>;

export interface Turned {
  readonly root: Uint8Array;
  readonly pages: Written;
}

export interface PartInput {
  readonly part: number;
  /** Pages, and leaves (name and value), one after another. */
  readonly pages: Uint8Array;
  readonly leaves: Uint8Array;
}
export type PartOutput = Pick<PartInput, 'part' | 'pages'>;

/** All of it here. */
export function turnedAtOnce(pages: Pages, leaves: readonly Leaf[]): Turned {
  const after = changed(pages, leaves);
  const written = new Map([...after].map(([way, page]) => [way, writePage(page)]));
  return { root: rootOf(after.get('')!), pages: written };
}

/** Which part has the ways that begin so. */
const partOf = (place: number): number => place % PARTS;

/** One for each part that has anything to do, with the pages on its ways. */
export function partsOf(pages: Written, leaves: readonly Leaf[]): PartInput[] {
  const parts = Map.groupBy(leaves, ({ name }) => partOf(name[0]! >> 4));
  const own = Map.groupBy(pages, ([way]) =>
    way === '' ? undefined : partOf(Number.parseInt(way[0]!, 16)),
  );
  const first = own.get(undefined) ?? [];
  return [...parts].map(([part, some]) => ({
    part,
    pages: pack([...first, ...(own.get(part) ?? [])]),
    leaves: packLeaves(some),
  }));
}

/** What the pool does of it. */
export function changePart({ part, pages, leaves }: PartInput): PartOutput {
  const own = new Map([...unpack(pages)].map(([way, page]) => [way, readPage(page)]));
  const after = [...changed(own, unpackLeaves(leaves))];
  return { part, pages: pack(after.map(([way, page]) => [way, writePage(page)])) };
}

/** What all parts came to: of the first page each has places of its own. */
export function joined(before: Page, done: readonly PartOutput[]): Turned {
  const first = new Map(before);
  const pages = new Map<string, Uint8Array>();
  for (const { part, pages: packed } of done) {
    for (const [way, page] of unpack(packed)) {
      if (way !== '') pages.set(way, page);
      else
        for (const [place, is] of readPage(page)) if (partOf(place) === part) first.set(place, is);
    }
  }
  return { root: rootOf(first), pages: pages.set('', writePage(first)) };
}

/** Of each page: the length of its way, the way, the length of the page in two bytes, the page. */
function pack(pages: Iterable<readonly [string, Uint8Array]>): Uint8Array {
  const all = [...pages].map(([way, page]) => [utf8(way), page] as const);
  const packed = new Uint8Array(
    all.reduce((sum, [way, page]) => sum + way.length + page.length + 3, 0),
  );
  let at = 0;
  for (const [way, page] of all) {
    packed[at++] = way.length;
    packed.set(way, at);
    at += way.length;
    packed[at++] = page.length >> 8;
    packed[at++] = page.length & 0xff;
    packed.set(page, at);
    at += page.length;
  }
  return packed;
}

function* unpack(packed: Uint8Array): Iterable<readonly [string, Uint8Array]> {
  for (let at = 0; at < packed.length;) {
    const way = text(packed.subarray(at + 1, at + 1 + packed[at]!));
    at += 1 + way.length;
    const length = (packed[at]! << 8) | packed[at + 1]!;
    at += 2;
    yield [way, packed.subarray(at, at + length)];
    at += length;
  }
}

const LEAF_BYTES = 2 * HASH_BYTES;

function packLeaves(leaves: readonly Leaf[]): Uint8Array {
  const packed = new Uint8Array(leaves.length * LEAF_BYTES);
  for (const [i, { name, value }] of leaves.entries()) {
    packed.set(name, i * LEAF_BYTES);
    packed.set(value, i * LEAF_BYTES + HASH_BYTES);
  }
  return packed;
}

const unpackLeaves = (packed: Uint8Array): Leaf[] =>
  Array.from({ length: packed.length / LEAF_BYTES }, (_, i) => ({
    name: packed.subarray(i * LEAF_BYTES, i * LEAF_BYTES + HASH_BYTES),
    value: packed.subarray(i * LEAF_BYTES + HASH_BYTES, (i + 1) * LEAF_BYTES),
  }));

export const MAP_JOBS = {
  'ledger.map': (input: Plain): Plain =>
    changePart(input as unknown as PartInput) as unknown as Plain,
} as const;

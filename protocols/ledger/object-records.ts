/**
 * What a ledger keeps of objects, beside records.ts.
 *
 *   object/<name>    an object
 *   map/<way>        a page of the map over all objects (algorithms/merkle/sparse.ts)
 *
 * Each row says what it is since which batch, and what it was before that one. So the objects before the last batch can be
 * proved as well: it is their root that the head of that batch has, and no head says yet what came after it.
 *
 * A page is its parts by ascending place: one byte (the place; and 16 for a leaf), then name and value of a leaf, or the root of
 * the page below.
 */
import type { Page, Part } from '#algorithms/merkle/sparse.ts';
import { HASH_BYTES } from '#algorithms/hash/hash.ts';
import { height } from '../city-batch.ts';
import { bytes, optional, record, type Infer } from '../codec.ts';
import { CityObject } from '../objects/object.ts';

export const objectKey = (name: string): string => `object/${name}`;
export const mapKey = (way: string): string => `map/${way}`;

export const ObjectRow = record({ height, now: CityObject, before: optional(CityObject) });
export type ObjectRow = Infer<typeof ObjectRow>;

const PLACES = 16;
const LEAF = 16;
const LEAF_BYTES = 1 + 2 * HASH_BYTES;
const pageBytes = bytes(0, PLACES * LEAF_BYTES);
export const PageRow = record({ height, now: pageBytes, before: optional(pageBytes) });
export type PageRow = Infer<typeof PageRow>;

/** As a batch finds it that comes after that height; `undefined` while it was not there. */
export const asOf = <T>(
  row: { readonly height: number; readonly now: T; readonly before?: T | undefined },
  at: number,
): T | undefined => (row.height <= at ? row.now : row.before);

export function writePage(page: Page): Uint8Array {
  const written = new Uint8Array(page.size * LEAF_BYTES);
  let end = 0;
  for (let place = 0; place < PLACES; place++) {
    const part = page.get(place);
    if (part === undefined) continue;
    const hashes = 'name' in part ? [part.name, part.value] : [part.root];
    written[end++] = 'name' in part ? place | LEAF : place;
    for (const each of hashes) written.set(each, (end += HASH_BYTES) - HASH_BYTES);
  }
  return written.slice(0, end);
}

export function readPage(written: Uint8Array): Page {
  const page = new Map<number, Part>();
  for (let at = 0; at < written.length;) {
    const tag = written[at++]!;
    const first = written.subarray(at, (at += HASH_BYTES));
    if (tag < LEAF) page.set(tag, { root: first });
    else page.set(tag - LEAF, { name: first, value: written.subarray(at, (at += HASH_BYTES)) });
  }
  return page;
}

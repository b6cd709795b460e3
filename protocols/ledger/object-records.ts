/**
 * What a ledger keeps of objects, beside records.ts.
 *
 *   object/<name>    an object
 *   map/<way>        a page of the map over all objects (algorithms/merkle/sparse.ts)
 *
 * Each row says what it is since which batch, and what it was before that one. So the objects before the last batch can be
 * proved as well: it is their root that the head of that batch has, and no head says yet what came after it.
 */
import type { Page, Part } from '#algorithms/merkle/sparse.ts';
import { height } from '../city-batch.ts';
import { count, either, list, optional, record, type Infer } from '../codec.ts';
import { CityObject } from '../objects/object.ts';
import { digest } from '../terms.ts';

export const objectKey = (name: string): string => `object/${name}`;
export const mapKey = (way: string): string => `map/${way}`;

export const ObjectRow = record({ height, now: CityObject, before: optional(CityObject) });
export type ObjectRow = Infer<typeof ObjectRow>;

const PLACES = 16;
const place = count(PLACES - 1);
const Parts = list(
  either('is', {
    leaf: record({ place, name: digest, value: digest }),
    page: record({ place, root: digest }),
  }),
  PLACES,
);
export const PageRow = record({ height, now: Parts, before: optional(Parts) });
export type PageRow = Infer<typeof PageRow>;

/** As a batch finds it that comes after that height; `undefined` while it was not there. */
export const asOf = <T>(
  row: { readonly height: number; readonly now: T; readonly before?: T | undefined },
  at: number,
): T | undefined => (row.height <= at ? row.now : row.before);

export const partsOf = (page: Page): PageRow['now'] =>
  [...page].map(([at, part]) =>
    'name' in part
      ? { is: 'leaf', place: at, name: part.name, value: part.value }
      : { is: 'page', place: at, root: part.root },
  );

export const pageOf = (parts: PageRow['now']): Page =>
  new Map(
    parts.map((part): [number, Part] =>
      part.is === 'leaf'
        ? [part.place, { name: part.name, value: part.value }]
        : [part.place, { root: part.root }],
    ),
  );

/**
 * The cities of a municipality as one member knows them: how far each is taken in, and the heads after that.
 *
 *   taken in --> head, head, ... head <-- quorum        what is proved: up to the highest quorum
 *
 * A row of heads is taken when it begins where what is known ends, or before: then by its links it is the same chain.
 * Bound: `HEADS_MAX` heads of each city beyond what is taken in.
 */
import { same } from '#lib/bytes.ts';
import type { Seat } from '../committee.ts';
import { headDigest, NONE, type CityHead, type Quorum } from '../city-batch.ts';
import {
  HEADS_MAX,
  type CityTop,
  type Municipality,
  type Span,
  type Taken,
} from '../municipality-batch.ts';

export interface City {
  readonly place: Municipality['cities'][number]['place'];
  /** What is taken in. */
  height: number;
  digest: Uint8Array;
  /** Who orders after that; those of its genesis, where nobody else was named. */
  seats: readonly Seat[] | undefined;
  readonly heads: Map<number, CityHead>;
  readonly quorums: Map<number, Quorum>;
}

export const newCity = (place: City['place']): City => ({
  place,
  height: 0,
  digest: NONE,
  seats: undefined,
  heads: new Map(),
  quorums: new Map(),
});

/** How far the city is known to have come. */
export const topOf = ({ height, heads }: City): number => height + heads.size;

/** Whether a row would tell us anything, and continues what we know. */
export function isNews(city: City, { heads }: CityTop): boolean {
  const [first, last] = [heads[0]!, heads.at(-1)!];
  if (last.height <= topOf(city) || first.height > topOf(city) + 1) return false;
  if (last.height > city.height + HEADS_MAX) return false;
  return heads.every((head) => follows(city, head));
}

/** Whether a head stands on what we know, as far as we know it. */
function follows(city: City, head: CityHead): boolean {
  const before = digestAt(city, head.height - 1);
  return before === undefined || same(head.prev, before);
}

export function digestAt(city: City, at: number): Uint8Array | undefined {
  if (at === city.height) return city.digest;
  const head = city.heads.get(at);
  return head === undefined ? undefined : headDigest(head);
}

/** A verified row. */
export function takeRow(city: City, top: CityTop): boolean {
  if (!isNews(city, top)) return false;
  for (const head of top.heads) if (head.height > city.height) city.heads.set(head.height, head);
  city.quorums.set(top.heads.at(-1)!.height, top.quorum);
  return true;
}

/** What somebody lacks who has come to this height. */
export function rowAfter(city: City, height: number): CityTop | undefined {
  const [last] = [...city.quorums.keys()].toSorted((a, b) => b - a);
  if (last === undefined || last <= height || height < city.height) return undefined;
  const all = Array.from({ length: last - height }, (_, i) => city.heads.get(height + 1 + i)!);
  const end = all.findIndex(({ next }) => next !== undefined);
  const heads = end < 0 ? all : all.slice(0, end + 1);
  const quorum = city.quorums.get(heads.at(-1)!.height);
  return quorum && { heads, quorum };
}

/** Everything up to a height, if it is here. */
export function taken(city: City, to: number): Taken | undefined {
  if (topOf(city) < to) return undefined;
  const from = city.height + 1;
  const heads = Array.from({ length: to - city.height }, (_, i) =>
    headDigest(city.heads.get(from + i)!),
  );
  return { city: city.place as Taken['city'], from, heads, seats: seatsUpTo(city, to) };
}

/** Who orders since the last end of an epoch up to a height; nothing where no epoch ends there. */
function seatsUpTo({ height, heads }: City, to: number): CityHead['next'] {
  for (let at = to; at > height; at--) {
    const { next } = heads.get(at)!;
    if (next !== undefined) return next;
  }
  return undefined;
}

/** A span is taken in. Whoever lacked heads of it has them no more to give, and needs none. */
export function takeIn(city: City, { to, top, seats }: Span): void {
  city.height = to;
  city.digest = top;
  city.seats = seats ?? city.seats;
  for (const at of city.heads.keys()) if (at <= to) city.heads.delete(at);
  for (const at of city.quorums.keys()) if (at <= to) city.quorums.delete(at);
}

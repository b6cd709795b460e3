/**
 * The genesis of a network, as a bridge needs it: who may sign on each level, and with how much stake. It is read from the same
 * bytes that everybody else has, so a bridge is set up with one hash.
 *
 * The members of a level are chosen among those of the parts below it, in turns: each part, in the order of their names,
 * gives the one of the most stake that it has left (of equals the first by name), until there are as many as there may be.
 * They vote by their place in the order of their names.
 */
import { Reader } from './reader.ts';

export interface Member {
  readonly node: string;
  readonly stake: bigint;
  readonly suite: string;
  readonly key: Uint8Array;
}

export interface City {
  readonly place: string;
  readonly members: readonly Member[];
}

export interface World {
  readonly network: Uint8Array;
  readonly cities: readonly City[];
  readonly sizes: readonly [municipality: number, continent: number, globe: number];
}

export function readWorld(bytes: Uint8Array): World {
  const reader = new Reader(bytes);
  reader.record(5);
  reader.skip(); // version
  const network = reader.bytes();
  const cities = Array.from({ length: reader.list() }, () => readCity(reader));
  reader.record(3);
  const sizes = [reader.uint(), reader.uint(), reader.uint()] as const;
  reader.skip(); // coins
  reader.end();
  return { network, cities, sizes };
}

function readCity(reader: Reader): City {
  const fields = reader.list();
  reader.skip(2); // version, network
  const place = reader.text();
  const members = Array.from({ length: reader.list() }, () => readMember(reader));
  reader.skip(fields - 4); // who grants, and what accounts begin with
  return { place, members };
}

function readMember(reader: Reader): Member {
  reader.record(4);
  const [node, stake] = [reader.text(), reader.u64()];
  reader.record(2);
  const [suite, key] = [reader.text(), reader.bytes()];
  reader.skip(); // what it draws with
  return { node, stake, suite, key };
}

/** Who votes on each level above a city. */
export interface Levels {
  readonly municipality: { readonly name: string; readonly members: readonly Member[] };
  readonly continent: { readonly name: string; readonly members: readonly Member[] };
  readonly globe: { readonly name: string; readonly members: readonly Member[] };
}

export const GLOBE = 'globe';

export function levelsOf({ cities, sizes }: World, place: string): Levels {
  const [ofMunicipality, ofContinent, ofGlobe] = sizes;
  const municipality = (name: string): Member[] =>
    chosen(
      cities.filter((city) => partOf(city.place, 2) === name).map(({ members }) => members),
      ofMunicipality,
    );
  const continent = (name: string): Member[] => {
    const below = cities.filter((city) => partOf(city.place, 1) === name);
    return chosen(
      distinct(below.map((city) => partOf(city.place, 2))).map(municipality),
      ofContinent,
    );
  };
  const all = distinct(cities.map((city) => partOf(city.place, 1)));
  const [ours, around] = [partOf(place, 2), partOf(place, 1)];
  return {
    municipality: { name: ours, members: municipality(ours) },
    continent: { name: around, members: continent(around) },
    globe: { name: GLOBE, members: chosen(all.map(continent), ofGlobe) },
  };
}

/** All delegates of the cities of a municipality: whoever seals there is one of them. */
export const delegatesOf = ({ cities }: World, municipality: string): Member[] =>
  cities.flatMap(({ place, members }) => (partOf(place, 2) === municipality ? members : []));

/** `asia.ishikawa` of `asia.ishikawa.komatsu`. */
const partOf = (place: string, words: number): string => place.split('.').slice(0, words).join('.');
const distinct = (names: readonly string[]): string[] => [...new Set(names)].toSorted();

const byName = (a: Member, b: Member): number => (a.node < b.node ? -1 : 1);
const byStake = (a: Member, b: Member): number =>
  a.stake === b.stake ? byName(a, b) : a.stake > b.stake ? -1 : 1;

function chosen(parts: readonly (readonly Member[])[], size: number): Member[] {
  const left = parts.map((part) => part.toSorted(byStake));
  const taken: Member[] = [];
  for (let turn = 0; taken.length < size && left.some((part) => part.length > turn); turn++)
    taken.push(...left.flatMap((part) => part.slice(turn, turn + 1)));
  return taken.slice(0, size).toSorted(byName);
}

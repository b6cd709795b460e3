/** What is damaged: the city of a drill, or all cities of a drill of several; who lives where, from the files of the founding. */
import type { CityClient } from '#dapp/client.ts';
import { continentOf, type Place } from '#protocols/subjects.ts';
import type { Housed } from '#simulations/chaos/scenarios.ts';
import { folderOf, readFounded, townsIn, type City } from '../city/found.ts';
import { sharesOfDrill, sharesOfWorld, type Member } from '../city/layout.ts';
import { Unfit } from '../unfit.ts';
import type { Whereabouts } from '../whereabouts.ts';
import { withCity } from '../with-city.ts';

export interface Damaged {
  readonly place: Place;
  /** In the data folder. */
  readonly folder: string;
  readonly housed: readonly Housed[];
  /** By the policy of the founding: when a repair is due. */
  readonly startAt: number;
}

export function damagedIn(
  data: string,
  named: string | undefined,
): { readonly isWorld: boolean; readonly cities: readonly Damaged[] } {
  const founded = readFounded(data);
  const [first] = founded.cities as readonly [City];
  const isWorld = founded.cities.length > 1;
  const shares = isWorld
    ? sharesOfWorld(townsIn(founded))
    : sharesOfDrill(first.members, first.processes);
  if (!first.isDrill || shares === undefined)
    throw new Unfit(
      `the city in ${data} is not for drills: start one with 'city-chain up --drill'`,
    );
  if (isWorld && named !== undefined)
    throw new Unfit('--city names one city, expected none: all cities of this drill are damaged');
  const cities = founded.cities.map((city) => damagedOf(city, first, shares));
  return { isWorld, cities };
}

function damagedOf(city: City, first: City, shares: readonly Member[][]): Damaged {
  const { place } = city.genesis;
  const home = continentOf(place);
  const own = new Set(city.members.map(({ node }) => node));
  const housed = shares.flatMap((share, i) => {
    const members = share.filter(({ node }) => own.has(node));
    if (members.length === 0) return [];
    const continent = continentOf(members[0]!.node);
    return {
      id: `p${i + 1}`,
      nodes: members.map(({ node }) => node),
      delegates: members.filter(({ role }) => role === 'delegate').length,
      isAbroad: members.every(({ node }) => continentOf(node) !== home),
      continent,
    };
  });
  const folder = folderOf('', place, first.genesis.place);
  return { place, folder, housed, startAt: city.firstPolicy.repair.startAt };
}

/** A client of each city, at the bus of its continent. */
export async function withCities<T>(
  options: Whereabouts,
  [next, ...others]: readonly Damaged[],
  work: (clients: readonly CityClient[]) => Promise<T>,
): Promise<T> {
  if (next === undefined) return work([]);
  return withCity({ ...options, city: next.place }, (city) =>
    withCities(options, others, (clients) => work([city, ...clients])),
  );
}

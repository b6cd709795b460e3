/** The levels above a city, by its place: derived from the genesis of the network once, however often they are asked for. */
import { oncePer } from '#lib/once.ts';
import type { Chain } from '../jolteon/certify.ts';
import type { Municipality } from '../municipality-batch.ts';
import { continentOf, type Place } from '../subjects.ts';
import { continentIn, globeIn, municipalityIn, municipalityOf, type World } from '../world.ts';

export const UPPER = ['municipality', 'continent', 'globe'] as const;
export type Upper = (typeof UPPER)[number];

export interface Levels {
  readonly municipality: Municipality | undefined;
  readonly continent: Chain | undefined;
  readonly globe: Chain;
}

const globeOf = oncePer(globeIn);
/** Of each city that was asked for. */
const known = oncePer((_world: World) => new Map<Place, Levels>());

export function levelsOf(world: World, place: Place): Levels {
  const all = known(world);
  const found = all.get(place) ?? {
    municipality: municipalityIn(world, municipalityOf(place)),
    continent: continentIn(world, continentOf(place)),
    globe: globeOf(world),
  };
  if (world.cities.some((city) => city.place === place)) all.set(place, found);
  return found;
}

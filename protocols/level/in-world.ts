/** The levels of a network as their delegates need them, from its genesis (world.ts). */
import { address, continentOf, type Address, type Place } from '../subjects.ts';
import {
  continentIn,
  globeIn,
  municipalityIn,
  municipalityOf,
  type ContinentGenesis,
  type GlobeGenesis,
  type World,
} from '../world.ts';
import { continentBelow, municipalityBelow } from './below.ts';
import type { Level, Role } from './state.ts';

/** Above what a round takes: a few crossings of a continent, or of the globe, a few signatures, and the disk. */
const PATIENCE_MS = { continent: 700, globe: 2_000 } as const;

export const continentLevel = (genesis: ContinentGenesis): Level => ({
  ...genesis,
  role: 'continent',
  below: genesis.municipalities.map(municipalityBelow),
  patienceMs: PATIENCE_MS.continent,
});

export const globeLevel = (genesis: GlobeGenesis): Level => ({
  ...genesis,
  role: 'globe',
  below: genesis.continents.map(continentBelow),
  patienceMs: PATIENCE_MS.globe,
});

/** The delegates of a level, by the actors that they are there. */
export const delegatesOf = (
  { members }: Pick<ContinentGenesis, 'members'>,
  role: Role,
): Address[] => members.map(({ node }) => address(node, role));

/** All who are members of a level above a city, by the actors that they are there. */
export function membersAbove(world: World, at: Place): Address[] {
  const municipality = municipalityIn(world, municipalityOf(at));
  const continent = continentIn(world, continentOf(at));
  // Whoever has sealed in some epoch.
  const below = municipality?.cities.flatMap(({ delegates }) => delegates) ?? [];
  const sealers = below.map(({ node }) => address(node, 'municipality'));
  const orderers = continent === undefined ? [] : delegatesOf(continent, 'continent');
  return [...sealers, ...orderers, ...delegatesOf(globeIn(world), 'globe')];
}

/**
 * The genesis of a network: its cities, and by one rule everybody above them. Whoever has it needs nothing else to check
 * whatever any level of this network ever signed.
 *
 *   World  cities (genesis of each) | members of a level, at most | coins
 *            |
 *            |- municipality  asia.ishikawa   cities whose places begin so     members: delegates of these cities
 *            |- continent     asia            municipalities that begin so     members: those of these municipalities
 *            '- globe         globe           all continents                   members: those of these continents
 *
 * The members of a level are chosen among those of the parts below it, in turns: each part in the order of their names gives
 * the one of the most stake that it has left (of equals the first by name), until the level has as many as it may have. So
 * each part is heard where there is room. A member votes with the stake that it has in its city.
 *
 * Safety of a level: less than a third of the stake *of its members* is faulty. Where all delegates are members that follows
 * from the same of each city; where some are left out it is one more assumption, and the larger a level, the better.
 *
 * Coins (abba/) are dealt at foundation: whoever founded the network has seen every share, and could foretell them. Then he
 * could make agreements of a municipality slow, together with whoever delays its messages; no coin makes them wrong.
 */
import { G2_BYTES } from '#algorithms/threshold/bls12381.ts';
import { same } from '#lib/bytes.ts';
import { seatsOf } from './abba/seats.ts';
import { weightsOf } from './abba/tally.ts';
import { bytes, count, list, record, type Infer } from './codec.ts';
import { DELEGATES_MAX, FIRST_EPOCH, Genesis, type Delegate } from './genesis.ts';
import type { Chain } from './jolteon/certify.ts';
import { CITIES_MAX, municipalityName, type Municipality } from './municipality-batch.ts';
import { continentOf, placeOf, type NodeAddress, type Place } from './subjects.ts';
import { CONTINENTS_MAX } from './terms.ts';

export const WORLD_CITIES_MAX = 4_096;
/** The level above all continents; none of them is called so. */
export const GLOBE = 'globe';
const COIN_BYTES_MAX = 2 * DELEGATES_MAX * G2_BYTES;

/** So many members at most. */
const sizes = count(DELEGATES_MAX);

export const World = record({
  version: count(1),
  /** That of all its cities. */
  network: bytes(1, 64),
  /** In the order of their places. */
  cities: list(Genesis, WORLD_CITIES_MAX),
  sizes: record({ municipality: sizes, continent: sizes, globe: sizes }),
  /** Of each municipality, in the order of their names: a commitment to a key for all seats (abba/seats.ts). */
  coins: list(record({ name: municipalityName, key: bytes(0, COIN_BYTES_MAX) }), WORLD_CITIES_MAX),
});
export type World = Infer<typeof World>;

/** What coins are dealt for. */
export type Founding = Omit<World, 'coins'>;

export interface ContinentGenesis extends Chain {
  readonly municipalities: readonly Municipality[];
}
export interface GlobeGenesis extends Chain {
  readonly continents: readonly ContinentGenesis[];
}

/** `asia.ishikawa`, of a city of it. */
export const municipalityOf = (at: Place): string => at.slice(0, at.lastIndexOf('.'));

/** Names in their order, each once. */
const distinct = (names: readonly string[]): string[] => [...new Set(names)].toSorted();

export const municipalitiesOf = ({ cities }: Pick<World, 'cities'>): string[] =>
  distinct(cities.map(({ place }) => municipalityOf(place)));
export const continentsOf = ({ cities }: Pick<World, 'cities'>): string[] =>
  distinct(cities.map(({ place }) => continentOf(place)));

const byName = (a: Pick<Delegate, 'node'>, b: Pick<Delegate, 'node'>): number =>
  a.node < b.node ? -1 : 1;
const byStake = (a: Delegate, b: Delegate): number =>
  a.stake === b.stake ? byName(a, b) : a.stake > b.stake ? -1 : 1;

/** Of several parts in turns, each time the one of the most stake. */
export function chosen(parts: readonly (readonly Delegate[])[], size: number): Delegate[] {
  const left = parts.map((part) => part.toSorted(byStake));
  const longest = Math.max(0, ...left.map(({ length }) => length));
  const inTurns = Array.from({ length: longest }, (_, turn) =>
    left.flatMap((part) => part.slice(turn, turn + 1)),
  );
  return inTurns.flat().slice(0, size).toSorted(byName);
}

/** Known before there is a coin. */
export function municipalityMembers({ cities, sizes: of }: Founding, name: string): Delegate[] {
  const parts = cities.filter(({ place }) => municipalityOf(place) === name);
  return chosen(
    parts.map(({ delegates }) => delegates),
    of.municipality,
  );
}

export const genesisOf = ({ cities }: Pick<World, 'cities'>, at: Place): Genesis | undefined =>
  cities.find(({ place }) => place === at);

export function municipalityIn(world: World, name: string): Municipality | undefined {
  const coin = world.coins.find((each) => each.name === name);
  if (coin === undefined) return undefined;
  const cities = world.cities.filter(({ place }) => municipalityOf(place) === name);
  return {
    network: world.network,
    name,
    epoch: FIRST_EPOCH,
    members: municipalityMembers(world, name),
    size: world.sizes.municipality,
    coin: coin.key,
    cities,
  };
}

export function continentIn(world: World, name: string): ContinentGenesis | undefined {
  const names = municipalitiesOf(world).filter((each) => each.startsWith(`${name}.`));
  const municipalities = names.map((each) => municipalityIn(world, each)!);
  if (municipalities.length === 0) return undefined;
  const members = chosen(
    municipalities.map((each) => each.members),
    world.sizes.continent,
  );
  return { network: world.network, name, epoch: FIRST_EPOCH, members, municipalities };
}

export function globeIn(world: World): GlobeGenesis {
  const continents = continentsOf(world).map((name) => continentIn(world, name)!);
  const members = chosen(
    continents.map((each) => each.members),
    world.sizes.globe,
  );
  return { network: world.network, name: GLOBE, epoch: FIRST_EPOCH, members, continents };
}

/** The levels of which a delegate is a member, besides its city. */
export interface Memberships {
  readonly municipality?: Municipality | undefined;
  readonly continent?: ContinentGenesis | undefined;
  readonly globe?: GlobeGenesis | undefined;
}

export function membershipsOf(world: World, node: NodeAddress): Memberships {
  const at = placeOf(node);
  const mine = <L extends Pick<Chain, 'members'>>(level: L | undefined): L | undefined =>
    level?.members.some((each) => each.node === node) === true ? level : undefined;
  return {
    municipality: mine(municipalityIn(world, municipalityOf(at))),
    continent: mine(continentIn(world, continentOf(at))),
    globe: mine(globeIn(world)),
  };
}

/** Whether a world is one; what its keys are apart: those of coins are for whoever tosses them. */
export function isWorld(world: World): boolean {
  const { version, network, cities, sizes: of, coins } = world;
  if (version !== 1 || cities.length === 0 || !isAscending(cities.map(({ place }) => place)))
    return false;
  if (!cities.every((city) => isCity(city, network))) return false;
  if (continentsOf(world).length > CONTINENTS_MAX || continentsOf(world).includes(GLOBE))
    return false;
  if (of.municipality === 0 || of.continent === 0 || of.globe === 0) return false;
  const names = municipalitiesOf(world);
  return (
    coins.length === names.length &&
    coins.every(({ name, key }, i) => name === names[i] && isCoin(world, name, key))
  );
}

const isAscending = (names: readonly string[]): boolean =>
  names.every((name, i) => i === 0 || names[i - 1]! < name);

const isCity = ({ version, network, place, delegates }: Genesis, of: Uint8Array): boolean =>
  version === 1 &&
  same(network, of) &&
  delegates.length > 0 &&
  isAscending(delegates.map(({ node }) => node)) &&
  delegates.every(({ node, stake }) => placeOf(node) === place && stake > 0n);

/** As long as its seats make it. */
function isCoin(world: World, name: string, key: Uint8Array): boolean {
  const cities = world.cities.filter(({ place }) => municipalityOf(place) === name);
  if (cities.length > CITIES_MAX) return false;
  const stakes = municipalityMembers(world, name).map(({ stake }) => stake);
  return key.length === seatsOf(weightsOf(stakes)).threshold * G2_BYTES;
}

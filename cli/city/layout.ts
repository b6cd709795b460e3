/**
 * Who there is in the cities on this machine: their delegates, their lights, and their anchors of each continent.
 *
 *   d1 d2 d3 d4      delegates, in the city; one a process where there are as many
 *   l01 ... l50      lights, in the city
 *   a1 a2 a3         anchors, each in a city of its continent; b1 b2 b3 those of the next city, which meet them there
 *
 * A process's share is every so-many-th node of this list, so each gets some of each role. Where roles are to
 * be damaged one by one (`up --drill`) each delegate has a process of its own, so have the anchors of each other
 * continent, and lights and anchors of this one share the rest. In a drill of several cities all lights and anchors of a
 * continent share one process, whichever city they are of.
 */
import type { Cluster, Continent } from '#config/cluster.ts';
import {
  continentOf,
  nodeAddress,
  place,
  placeOf,
  type NodeAddress,
  type Place,
} from '#protocols/subjects.ts';

export type Role = 'delegate' | 'light' | 'anchor';

export interface Member {
  readonly node: NodeAddress;
  readonly role: Role;
}

/** Who is in one of the cities of a cluster. */
export interface Town {
  readonly at: Place;
  readonly members: readonly Member[];
}

/** Where the anchors of a continent stand when they are not in the city's own place. */
const ANCHOR_PLACES: Readonly<Record<Continent, string>> = {
  africa: 'africa.nairobi.nairobi',
  asia: 'asia.tokyo.chiyoda',
  europe: 'europe.ile-de-france.paris',
  northamerica: 'northamerica.ontario.toronto',
  oceania: 'oceania.new-south-wales.sydney',
  southamerica: 'southamerica.sao-paulo.sao-paulo',
};

const CONTINENTS = Object.keys(ANCHOR_PLACES) as Continent[];

/** Of anchors, by city: no delegate or light is called so. */
const LETTERS = [...'abcefghi'];

/** `number`: which city of its network, from 0. */
export function membersOf(
  at: Place,
  { delegates, lights, anchors }: Pick<Cluster, 'delegates' | 'lights' | 'anchors'>,
  number = 0,
): Member[] {
  const letter = LETTERS[number]!;
  return [
    ...named(at, 'delegate', 'd', delegates),
    ...CONTINENTS.flatMap((continent) =>
      named(place(ANCHOR_PLACES[continent]), 'anchor', letter, anchors[continent] ?? 0),
    ),
    ...named(at, 'light', 'l', lights),
  ];
}

function named(at: Place, role: Role, letter: string, count: number): Member[] {
  const digits = String(count).length;
  return Array.from({ length: count }, (_, i) => ({
    node: nodeAddress(at, `${letter}${String(i + 1).padStart(digits, '0')}`),
    role,
  }));
}

/** Of the processes that lights and anchors of this continent share in a drill, where nobody says how many. */
const SHARED = 4;

/** Those of a drill that have one role: a delegate, or the anchors of another continent. */
function singles(members: readonly Member[]): Member[][] {
  const home = continentOf(placeOf(members[0]!.node));
  const delegates = members.filter(({ role }) => role === 'delegate').map((each) => [each]);
  const abroad = members.filter(
    ({ role, node }) => role === 'anchor' && continentOf(placeOf(node)) !== home,
  );
  return [...delegates, ...Map.groupBy(abroad, ({ node }) => continentOf(placeOf(node))).values()];
}

export const processesOfDrill = (members: readonly Member[]): number =>
  singles(members).length + SHARED;

/** What each process of a drill of several cities hosts: nobody of two continents. */
export function sharesOfWorld(towns: readonly Town[]): Member[][] {
  const members = towns.flatMap((town) => town.members);
  const delegates = members.filter(({ role }) => role === 'delegate').map((each) => [each]);
  const others = members.filter(({ role }) => role !== 'delegate');
  const byContinent = Map.groupBy(others, ({ node }) => continentOf(placeOf(node)));
  return [...delegates, ...byContinent.values()];
}

/** What each process of a drill hosts; `undefined` where there are too few processes. */
export function sharesOfDrill(
  members: readonly Member[],
  processes: number,
): Member[][] | undefined {
  const own = singles(members);
  const count = processes - own.length;
  if (count < 1) return undefined;
  const alone = new Set(own.flat());
  const rest = members.filter((each) => !alone.has(each));
  const shared = Array.from({ length: count }, (_, i) => rest.filter((_, at) => at % count === i));
  return [...own, ...shared];
}

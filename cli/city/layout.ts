/**
 * Who there is in a city on this machine: its delegates, its lights, and the anchors of each continent.
 *
 *   d1 d2 d3 d4      delegates, in the city; one a process where there are as many
 *   l01 ... l50      lights, in the city
 *   a1 a2 a3         anchors, each in a city of its continent
 *
 * A process's share is every so-many-th node of this list, so each gets some of each role.
 */
import { CONTINENTS, type Cluster, type Continent } from '#config/cluster.ts';
import { nodeAddress, place, type NodeAddress, type Place } from '#protocols/subjects.ts';

export type Role = 'delegate' | 'light' | 'anchor';

export interface Member {
  readonly node: NodeAddress;
  readonly role: Role;
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

export function membersOf(
  at: Place,
  { delegates, lights, anchors }: Pick<Cluster, 'delegates' | 'lights' | 'anchors'>,
): Member[] {
  return [
    ...named(at, 'delegate', 'd', delegates),
    ...CONTINENTS.flatMap((continent) =>
      named(place(ANCHOR_PLACES[continent]), 'anchor', 'a', anchors[continent] ?? 0),
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

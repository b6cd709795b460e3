/**
 * Which city a node of this process belongs to: what metrics of several cities are told apart by. Places do not say:
 * an anchor stands in another city than the one that it keeps for.
 */
import { placeOf, type NodeAddress, type Place } from '#protocols/subjects.ts';

export interface Cities {
  readonly all: readonly Place[];
  readonly of: (node: NodeAddress) => Place;
}

export const citiesOf = (
  nodes: readonly NodeAddress[],
  of: (node: NodeAddress) => Place = placeOf,
): Cities => ({ all: [...new Set(nodes.map(of))].toSorted(), of });

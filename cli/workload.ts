/** What a cluster is there for: which nodes there are, and what runs on each. */
import type { NodeAddress, Place } from '#protocols/subjects.ts';
import type { AnyActor } from '#runtime/actor.ts';
import type { PieceOptions } from '#runtime/pieces/open.ts';
import { ringNodeTree, ringOf } from '#supervision/tree.ts';
import { nodesOf, shareOf } from './shares.ts';

export interface Workload {
  readonly nodes: readonly NodeAddress[];
  /** What the cluster does, in a few words for its operator. */
  readonly line: string;
  /** Those of one process, of so many. */
  readonly shareOf: (index: number, processes: number) => readonly NodeAddress[];
  /** Nodes of a city that do its work, and follow its operator's policy; the others only hold. */
  readonly delegates?: readonly NodeAddress[];
  readonly anchors?: readonly NodeAddress[];
  /** Whose member a node is: anchors stand in other places. */
  readonly cityOf?: (node: NodeAddress) => Place;
}

/** A workload that runs in this process. */
export interface Hosted extends Workload {
  readonly treeOf: (node: NodeAddress) => AnyActor;
  /** How much a node may hold, where it is not as much as a light. */
  readonly piecesOf?: (node: NodeAddress) => PieceOptions;
}

export function ringWorkload(at: Place, count: number): Hosted {
  const nodes = nodesOf(at, count);
  const line = `${nodes.length} nodes turn one ring of ${ringOf(nodes).slots} slots`;
  return {
    nodes,
    line,
    shareOf: (index, processes) => shareOf(nodes, index, processes),
    treeOf: (node) => ringNodeTree(node, nodes),
  };
}

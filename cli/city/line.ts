/** The cities of a network as `up` and its processes share them: who there is, and who hosts whom. It takes no secrets, and no founding. */
import type { NodeAddress } from '#protocols/subjects.ts';
import { shareOf } from '../shares.ts';
import type { Workload } from '../workload.ts';
import { sharesOfDrill, sharesOfWorld, type Town } from './layout.ts';

/** The cities one after another; each process has its share of each of them, but in a drill of several. */
export function lineOf(towns: readonly Town[], isDrill: boolean): Workload {
  const lines = towns.map((town) => lineOfTown(town, isDrill));
  const shares = isDrill && towns.length > 1 ? sharesOfWorld(towns) : undefined;
  const cityOf = new Map(
    towns.flatMap(({ at, members }) => members.map(({ node }) => [node, at] as const)),
  );
  const all = (of: (line: TownLine) => readonly NodeAddress[]): NodeAddress[] => lines.flatMap(of);
  return {
    nodes: all(({ nodes }) => nodes),
    line: lines.map(({ line }) => line).join('; '),
    delegates: all(({ delegates }) => delegates),
    anchors: all(({ anchors }) => anchors),
    cityOf: (node) => cityOf.get(node)!,
    shareOf: (index, processes) =>
      shares === undefined
        ? all((line) => line.shareOf(index, processes))
        : (shares[index] ?? []).map(({ node }) => node),
  };
}

type TownLine = Required<Omit<Workload, 'cityOf'>>;

function lineOfTown({ at, members }: Town, isDrill: boolean): TownLine {
  const those = (role: string): NodeAddress[] =>
    members.filter((each) => each.role === role).map(({ node }) => node);
  const [delegates, lights, anchors] = [those('delegate'), those('light'), those('anchor')];
  const line = `${delegates.length} delegates, ${lights.length} lights and ${anchors.length} anchors keep the transactions of ${at}`;
  const nodes = members.map(({ node }) => node);
  return {
    nodes,
    line,
    delegates,
    anchors,
    shareOf: (index, processes) =>
      isDrill
        ? (sharesOfDrill(members, processes)?.[index] ?? []).map(({ node }) => node)
        : shareOf(nodes, index, processes),
  };
}

/**
 * Decide: which turns are committed and which are skipped. After Babel, Chursin, Danezis, Kichidis, Kokoris-Kogias,
 * Koshy, Sonnino, Tian, "Mysticeti: Reaching the Limits of Latency with Uncertified DAGs" (2024), sections 3.2 to 3.4,
 * with one leader a round.
 *
 *   round R            R + 1                  R + 2
 *   the leader's  <--  votes: stand on it <-- certificates: stand on votes for it
 *   vertex L           and do not reject it   by more than two thirds of the stake
 *
 *   direct     more than two thirds did not vote in round R + 1: SKIP. Or made certificates in R + 2: COMMIT.
 *   indirect   otherwise the first later turn from R + 3 on that is not skipped is the anchor. As long as it is
 *              undecided, so is R. If a certificate for L is in its causal history: COMMIT, if not: SKIP.
 *
 * Safety, with less than a third of the stake faulty. Who is honest has one vertex a round, and it votes for one
 * vertex of a turn at most. (1) So no two vertices of one turn have certificates, and no certificate can be where more
 * than two thirds did not vote: both would share an honest vote. (2) If certificates of round R + 2 by more than two
 * thirds are somewhere, every vertex of R + 3 stands on one of an honest author, which is the only one that this author
 * has; so every anchor finds one. (3) By (1) and (2) direct decisions agree, and indirect ones with them; and anchors
 * agree by induction from above. Whoever decides the same turn decides the same, whatever part of the graph it has.
 *
 * Who leads a round is the same for all of a graph: it follows from the batch at its floor (stake/turns.ts), so those who
 * decide from there on agree on it as they agree on that batch. A vote says for whose turn it is; one that was made
 * before its author had applied that batch may be for another's, and is none then. So a vertex votes for one author of a
 * round, whoever looks at it.
 *
 * Nothing is remembered between two calls: `decided` may be called at any time, any number of times.
 */
import {
  areQuorum,
  haveHonest,
  leaderIn,
  verticesAt,
  verticesOf,
  type Graph,
  type Named,
} from './graph.ts';
import type { Self } from '../self.ts';

export type Decision =
  | { readonly is: 'commit'; readonly leader: Named }
  | { readonly is: 'skip' }
  | { readonly is: 'undecided' };

const SKIP: Decision = { is: 'skip' };
const UNDECIDED: Decision = { is: 'undecided' };
/** From a turn to its anchor. */
const WAVE = 3;

/** What each turn after the floor came to, in order, as far as that is known without a gap. */
export function decided(graph: Graph, plant?: Self['plant']): readonly Decision[] {
  const all = decisions(graph, plant);
  const end = all.findIndex(({ is }) => is === 'undecided');
  return end < 0 ? all : all.slice(0, end);
}

/** What each turn from the floor to the top is; the first is of round floor + 1. */
export function decisions(graph: Graph, plant?: Self['plant']): readonly Decision[] {
  const { floor, top } = graph;
  const all: Decision[] = Array.from({ length: top - floor }, () => UNDECIDED);
  // The highest round may have certificates before more than two thirds have made theirs.
  for (let turn = top; turn > floor; turn--) {
    const found = direct(graph, turn, plant);
    all[turn - floor - 1] = found.is === 'undecided' ? indirect(graph, turn, all, plant) : found;
  }
  return all;
}

/** The vertex of that turn for which a vertex of the next round votes, by its name. */
export function voteOf(graph: Graph, { round, parents, vertex }: Named): string | undefined {
  const { turn, rejects } = vertex.content;
  const leader = leaderIn(graph, round - 1);
  return rejects || turn !== leader ? undefined : parents.get(leader);
}

function direct(graph: Graph, turn: number, plant: Self['plant']): Decision {
  const votes = verticesAt(graph, turn + 1);
  const blamers = votes.filter((vote) => voteOf(graph, vote) === undefined);
  const blames = blamers.map(({ author }) => author);
  const areFewEnough = plant === 'skip-on-few-blames';
  if (areFewEnough ? haveHonest(graph, blames) : areQuorum(graph, blames)) return SKIP;
  const above = verticesAt(graph, turn + 2);
  for (const leader of verticesOf(graph, turn, leaderIn(graph, turn))) {
    const certificates = above.filter((each) => isCertificate(graph, each.parents, leader));
    const isOneEnough = plant === 'commit-on-one-certificate' && certificates.length > 0;
    const by = certificates.map(({ author }) => author);
    if (isOneEnough || areQuorum(graph, by)) return { is: 'commit', leader };
  }
  return UNDECIDED;
}

/** Whether more than two thirds of those on whom somebody of the round after the next stands voted for it. */
export function isCertificate(
  graph: Graph,
  parents: ReadonlyMap<number, string>,
  leader: Named,
): boolean {
  const voters: number[] = [];
  for (const [author, name] of parents) {
    const vote = graph.byName.get(name);
    if (vote !== undefined && voteOf(graph, vote) === leader.name) voters.push(author);
  }
  return areQuorum(graph, voters);
}

function indirect(
  graph: Graph,
  turn: number,
  later: readonly Decision[],
  plant: Self['plant'],
): Decision {
  const { floor, top } = graph;
  for (let round = turn + WAVE; round <= top; round++) {
    const anchor = later[round - floor - 1]!;
    if (anchor.is === 'skip') continue;
    return anchor.is === 'commit' ? byAnchor(graph, turn, anchor.leader, plant) : UNDECIDED;
  }
  return UNDECIDED;
}

function byAnchor(graph: Graph, turn: number, anchor: Named, plant: Self['plant']): Decision {
  const above = historyAt(graph, anchor, turn + 2);
  for (const leader of verticesOf(graph, turn, leaderIn(graph, turn))) {
    const isFound = above.some(({ parents }) =>
      plant === 'indirect-by-votes'
        ? [...parents.values()].some(
            (name) => voteOf(graph, graph.byName.get(name)!) === leader.name,
          )
        : isCertificate(graph, parents, leader),
    );
    if (isFound) return { is: 'commit', leader };
  }
  return SKIP;
}

/** The vertices of a round in the causal history of a later one. */
export function historyAt({ byName }: Graph, from: Named, round: number): readonly Named[] {
  let level: ReadonlyMap<string, Named> = new Map([[from.name, from]]);
  for (let at = from.round; at > round; at--) {
    const below = new Map<string, Named>();
    for (const { parents } of level.values())
      for (const name of parents.values()) below.set(name, byName.get(name)!);
    level = below;
  }
  return [...level.values()];
}

/** The vertex of a turn for which more than two thirds are seen to have voted: no other can ever be committed. */
export function backedIn(graph: Graph, turn: number): Named | undefined {
  const votes = verticesAt(graph, turn + 1);
  return verticesOf(graph, turn, leaderIn(graph, turn)).find((leader) =>
    areQuorum(
      graph,
      votes.filter((vote) => voteOf(graph, vote) === leader.name).map(({ author }) => author),
    ),
  );
}

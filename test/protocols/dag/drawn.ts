/**
 * Drawn DAGs, for the rules that decide. Method: rounds of vertices whose parents are chosen by chance, with authors
 * that say two vertices in a round, and with an outcast: an author on whose vertices hardly anybody else stands for a
 * while, though it itself stands on others. Without the outcast chance never finds a certificate that nobody saw, and
 * so not what is wrong with one certificate that commits.
 *
 * A view is what one delegate may have: some vertices, and all that they stand on.
 */
import { leaderOf, type Committee } from '#protocols/committee.ts';
import {
  emptyGraph,
  leaderIn,
  named,
  place,
  type Graph,
  type Named,
} from '#protocols/dag/graph.ts';
import { contentDigest } from '#protocols/dag/vertex.ts';
import { nodeAddress } from '#protocols/subjects.ts';
import { seeded } from '#test/runtime/manual.ts';
import { KOMATSU } from './world.ts';

export const committeeOf = (...stakes: readonly bigint[]): Committee => ({
  epoch: 0,
  members: stakes.map((stake, i) => {
    const key = new Uint8Array(32).fill(i + 1);
    const node = nodeAddress(KOMATSU, `d${i}`);
    return { node, stake, signing: { suite: 'ed25519', key }, vrf: key };
  }),
});

const SIGNATURE = new Uint8Array(64);
const FOUR = committeeOf(1n, 1n, 1n, 1n);

/** A vertex on these; `mark` tells two of one author and round apart. */
export function vertexOn(
  author: number,
  round: number,
  parents: readonly Named[],
  { rejects = false, mark = 0, turn = leaderOf(FOUR, Math.max(1, round - 1)) } = {},
): Named {
  const content = {
    parents: parents
      .toSorted((a, b) => a.author - b.author)
      .map((each) => ({ author: each.author, digest: each.digest })),
    turn: parents.length === 0 ? undefined : turn,
    rejects,
    at: new Uint8Array(8).fill(mark),
    entries: [],
    change: undefined,
    closes: false,
  };
  const head = { place: KOMATSU, epoch: 0, author, round, content: contentDigest(content) };
  return named({ head: { ...head, sealed: undefined }, content, signature: SIGNATURE });
}

export interface Drawn {
  readonly committee: Committee;
  readonly rounds: readonly (readonly Named[])[];
  readonly below: (bound: number) => number;
}

export function drawDag(seed: number, rounds = 14, hasOutcast = true): Drawn {
  const { below } = seeded(seed * 7_919 + 17);
  const faulty = 1 + below(2);
  const count = 3 * faulty + 1;
  const committee = committeeOf(...Array.from({ length: count }, () => 1n));
  const graph = emptyGraph(committee, 0);
  const all: Named[][] = [];
  let outcast = below(count);
  const areLate = seed % 4 === 0;
  const shownPercent = [2, 30][below(2)]!;
  for (let round = 1; round <= rounds; round++) {
    if (below(4) === 0) outcast = below(count);
    const before = all.at(-1) ?? [];
    const said: Named[] = [];
    for (let author = 0; author < count; author++) {
      const variants = author < faulty && below(3) === 0 ? 2 : 1;
      for (let mark = 0; mark < variants; mark++) {
        const isShown = (of: number): boolean =>
          !hasOutcast || of !== outcast || of === author || below(100) < shownPercent;
        const parents = round === 1 ? [] : chosen(before, author, count, faulty, isShown, below);
        // Whose turn it was may not be known to it.
        const isLate = areLate && below(20) === 0;
        const turn = isLate ? below(count) : leaderIn(graph, round - 1);
        const leads = parents.some((each) => each.author === turn);
        const rejects = leads && below(12) === 0;
        said.push(vertexOn(author, round, parents, { rejects, mark, turn }));
      }
    }
    all.push(said);
  }
  return { committee, rounds: all, below };
}

/** As few as may be, or all: its own author's, and of the others whoever is shown; one vertex of each. */
function chosen(
  before: readonly Named[],
  author: number,
  count: number,
  faulty: number,
  isShown: (author: number) => boolean,
  below: (bound: number) => number,
): readonly Named[] {
  const most = below(3) === 0 ? count : count - faulty;
  const authors = Array.from({ length: count }, (_, i) => i).filter((each) => each !== author);
  for (let i = authors.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [authors[i], authors[j]] = [authors[j]!, authors[i]!];
  }
  const shown = authors.filter(isShown);
  const order = [author, ...shown, ...authors.filter((each) => !shown.includes(each))];
  const taken = order.slice(0, Math.max(count - faulty, Math.min(most, 1 + shown.length)));
  return taken.map((each) => {
    const of = before.filter((vertex) => vertex.author === each);
    return of[below(of.length)]!;
  });
}

/** What somebody has who has these, and all that they stand on. */
export function viewOf({ committee, rounds }: Drawn, tops: readonly Named[]): Graph {
  const byName = new Map(rounds.flat().map((each) => [each.name, each]));
  const had = new Map<string, Named>();
  const take = (vertex: Named): void => {
    if (had.has(vertex.name)) return;
    had.set(vertex.name, vertex);
    for (const name of vertex.parents.values()) take(byName.get(name)!);
  };
  for (const each of tops) take(each);
  const graph = emptyGraph(committee, 0);
  for (const vertex of [...had.values()].toSorted((a, b) => a.round - b.round))
    place(graph, vertex);
  return graph;
}

/** Some vertices of some rounds: early views and late ones, narrow and wide. */
export function drawView(drawn: Drawn): Graph {
  const { rounds, below } = drawn;
  const upTo = 1 + below(rounds.length);
  const tops = rounds.slice(Math.max(0, upTo - 1 - below(3)), upTo).flat();
  const some = tops.filter(() => below(3) > 0);
  return viewOf(drawn, some.length === 0 ? [tops[below(tops.length)]!] : some);
}

/**
 * The graph: vertices that are verified and that stand on what is here. Their causal history is here as well, down
 * to the floor.
 *
 *   round    floor | floor + 1  ...                        top: the highest round with more than two thirds
 *   A          .   |  A6 <-- A7 <-- A8
 *   B          .   |  B6 <-/   \- B8          B has two of round 8: an equivocation, both are kept
 *   C          .   |  C6 <-- C7    B8'
 *
 * Rounds up to the floor are decided: nobody asks any more what stood there. Later rounds need no vertex of theirs but
 * for their parents, so a delegate that has the batches up to a round begins there with nothing (follow.ts).
 *
 * Bound: rounds are let go from below as batches are applied; of a round and author there are as many vertices as
 * sync.ts lets in. The graph changes in place.
 */
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { leaderBeside, type Committee } from '../committee.ts';
import { isQuorum, stakeOf } from '../genesis.ts';
import { digestOf, type Vertex } from './vertex.ts';

/** A vertex with what it is called by. */
export interface Named {
  readonly name: string;
  readonly digest: Uint8Array;
  readonly vertex: Vertex;
  readonly author: number;
  readonly round: number;
  /** By author. */
  readonly parents: ReadonlyMap<number, string>;
}

export interface Graph {
  readonly committee: Committee;
  readonly whole: bigint;
  /** The round before the first one: who speaks in that stands on nothing. */
  readonly since: number;
  floor: number;
  top: number;
  readonly rounds: Map<number, Map<number, Named[]>>;
  readonly byName: Map<string, Named>;
  /** By the batch that they seal and their author. */
  readonly seals: Map<string, Map<number, Named>>;
  /** Members whose turns others have, by the last batch (stake/turns.ts). */
  passed: ReadonlySet<number>;
  /** By round, as far as they were asked for. */
  readonly leaders: Map<number, number>;
  /** When the vertices of the floor's round were made, by name: the next round is looked at by them. */
  stampsAtFloor: ReadonlyMap<string, Uint8Array>;
}

export function named(vertex: Vertex): Named {
  const { head, content } = vertex;
  const digest = digestOf(vertex);
  const parents = new Map(content.parents.map((each) => [each.author, hex(each.digest)]));
  return { name: hex(digest), digest, vertex, author: head.author, round: head.round, parents };
}

export const emptyGraph = (committee: Committee, since: number): Graph => ({
  committee,
  whole: stakeOf({ delegates: committee.members }),
  since,
  floor: since,
  top: since,
  rounds: new Map(),
  byName: new Map(),
  seals: new Map(),
  passed: new Set(),
  leaders: new Map(),
  stampsAtFloor: new Map(),
});

export function leaderIn({ leaders, committee, passed }: Graph, round: number): number {
  const known = leaders.get(round) ?? leaderBeside(committee, round, passed);
  leaders.set(round, known);
  return known;
}

/** Of every round above the floor, by the batch that stood there. */
export function passOver(graph: Graph, passed: ReadonlySet<number>): void {
  graph.passed = passed;
  graph.leaders.clear();
}

export const verticesAt = ({ rounds }: Graph, round: number): readonly Named[] =>
  [...(rounds.get(round)?.values() ?? [])].flat();

export const verticesOf = ({ rounds }: Graph, round: number, author: number): readonly Named[] =>
  rounds.get(round)?.get(author) ?? [];

/** Whether these members have more than two thirds of the stake. */
export function areQuorum(graph: Graph, members: Iterable<number>): boolean {
  return isQuorum(stakeOfAll(graph, members), graph.whole);
}

/** Whether so much of the stake that somebody honest is among them. */
export const haveHonest = (graph: Graph, members: Iterable<number>): boolean =>
  stakeOfAll(graph, members) * 3n > graph.whole;

function stakeOfAll({ committee }: Graph, members: Iterable<number>): bigint {
  let part = 0n;
  for (const member of new Set(members)) part += committee.members[member]!.stake;
  return part;
}

/** What it stands on and is not here. */
export const missingOf = ({ floor, byName }: Graph, { round, parents }: Named): string[] =>
  round - 1 <= floor ? [] : [...parents.values()].filter((name) => !byName.has(name));

/** When a vertex was made that is here, or stood at the floor. */
export const stampIn = ({ byName, stampsAtFloor }: Graph, name: string): Uint8Array | undefined =>
  byName.get(name)?.vertex.content.at ?? stampsAtFloor.get(name);

/** A vertex all of whose parents are here takes its place. */
export function place(graph: Graph, vertex: Named): void {
  const { rounds, byName, seals } = graph;
  if (byName.has(vertex.name) || vertex.round <= graph.floor) return;
  assert(missingOf(graph, vertex).length === 0, 'a vertex stands on what is here');
  byName.set(vertex.name, vertex);
  const round = rounds.get(vertex.round) ?? new Map<number, Named[]>();
  rounds.set(
    vertex.round,
    round.set(vertex.author, [...verticesOf(graph, vertex.round, vertex.author), vertex]),
  );
  const { sealed } = vertex.vertex.head;
  if (sealed !== undefined) {
    const by = seals.get(hex(sealed)) ?? new Map<number, Named>();
    seals.set(hex(sealed), by.set(vertex.author, by.get(vertex.author) ?? vertex));
  }
  if (vertex.round > graph.top && areQuorum(graph, round.keys())) graph.top = vertex.round;
}

/** Rounds up to this one are decided: they are let go. */
export function raiseFloor(graph: Graph, floor: number): void {
  if (floor <= graph.floor) return;
  graph.floor = floor;
  graph.top = Math.max(graph.top, floor);
  graph.stampsAtFloor = new Map(
    verticesAt(graph, floor).map(({ name, vertex }) => [name, vertex.content.at]),
  );
  for (const [round, authors] of graph.rounds) {
    if (round > floor) continue;
    for (const vertex of [...authors.values()].flat()) forget(graph, vertex);
    graph.rounds.delete(round);
  }
  for (const round of graph.leaders.keys()) if (round <= floor) graph.leaders.delete(round);
}

function forget({ byName, seals }: Graph, { name, author, vertex }: Named): void {
  byName.delete(name);
  const { sealed } = vertex.head;
  const by = sealed === undefined ? undefined : seals.get(hex(sealed));
  if (by?.get(author)?.name !== name) return;
  by.delete(author);
  if (by.size === 0) seals.delete(hex(sealed!));
}

/** What must be true between any two steps. */
export function invariants(graph: Graph): void {
  for (const [round, authors] of graph.rounds) {
    assert(round > graph.floor, 'what is below the floor is gone');
    for (const of of authors.values())
      for (const each of of) assert(missingOf(graph, each).length === 0, 'histories are whole');
  }
  assert(graph.top >= graph.floor, 'the top is not below the floor');
}

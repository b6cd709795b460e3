/** Which round comes next, and the refusals of what is no vertex. */
import { describe, expect, it } from 'vitest';
import { NO_PROBE } from '#lib/probe.ts';
import { NONE } from '#protocols/city-batch.ts';
import { emptyGraph, place, raiseFloor, type Graph, type Named } from '#protocols/dag/graph.ts';
import { BEHIND_MAX, nextRound } from '#protocols/dag/pace.ts';
import type { City } from '#protocols/dag/state.ts';
import { vertexFault, type Vertex } from '#protocols/dag/vertex.ts';
import type { Self } from '#protocols/self.ts';
import { committeeOf, vertexOn } from './drawn.ts';
import { KOMATSU } from './world.ts';

const committee = committeeOf(1n, 1n, 1n, 1n);

/** So many rounds, whole but for the last one, of which there are `last` vertices. */
function wholeUpTo(rounds: number, last = 4): Graph {
  const graph = emptyGraph(committee, 0);
  let before: Named[] = [];
  for (let round = 1; round <= rounds; round++) {
    const authors = [0, 1, 2, 3].slice(0, round === rounds ? last : 4);
    before = authors.map((author) => vertexOn(author, round, before));
    for (const vertex of before) place(graph, vertex);
  }
  return graph;
}

const next = (graph: Graph, spoken: number, muteUntil = 0, plant?: Self['plant']) =>
  nextRound({ graph, spoken, muteUntil, self: { probe: NO_PROBE, plant } } as City);

describe('the next round', () => {
  it('is the first, and then the one after ours as soon as ours is whole', () => {
    expect(next(emptyGraph(committee, 0), 0)).toBe(1);
    expect(next(wholeUpTo(5), 5)).toBe(6);
    expect(next(wholeUpTo(5, 2), 5)).toBeUndefined();
    expect(next(wholeUpTo(6, 2), 5)).toBe(6);
  });

  it('jumps over none, however far the others are; a planted bug does', () => {
    expect(next(wholeUpTo(9), 5)).toBe(6);
    expect(next(wholeUpTo(9), 5, 0, 'round-jumping')).toBe(10);
    expect(next(wholeUpTo(5 + BEHIND_MAX), 5)).toBe(6);
  });

  it('is at the top for whoever was away too long, or cannot stand on anything lower any more', () => {
    expect(next(wholeUpTo(6 + BEHIND_MAX), 5)).toBe(7 + BEHIND_MAX);
    const graph = wholeUpTo(9);
    raiseFloor(graph, 6);
    expect(next(graph, 6)).toBe(10);
    expect(next(graph, 7)).toBe(8);
    raiseFloor(graph, 9);
    expect(next(graph, 7)).toBeUndefined();
  });

  it('is none up to where we may have spoken', () => {
    expect(next(wholeUpTo(9), 5, 10)).toBeUndefined();
    expect(next(wholeUpTo(9), 5, 9)).toBe(10);
  });
});

const fault = (of: Vertex) => vertexFault(KOMATSU, committee, 0, of);

const on = (...all: readonly Named[]) => fault(vertexOn(1, 2, all).vertex);

describe('what is no vertex', () => {
  const parents = [0, 1, 2].map((author) => vertexOn(author, 1, []));
  const { vertex } = vertexOn(1, 2, parents);
  const head = (changed: Partial<Vertex['head']>) =>
    fault({ ...vertex, head: { ...vertex.head, ...changed } });

  it('is refused by its name', () => {
    expect(fault(vertex)).toBeUndefined();
    expect(head({ place: 'asia.tokyo.chiyoda' as typeof KOMATSU })).toBe('wrong-place');
    expect(head({ epoch: 1 })).toBe('wrong-epoch');
    expect(head({ author: 4 })).toBe('wrong-author');
    expect(head({ round: 0 })).toBe('wrong-round');
    expect(head({ content: NONE })).toBe('wrong-content');
  });

  it('stands on too little, on one author twice, on strangers, or on something in the first round', () => {
    const [a, b, c] = parents as [Named, Named, Named];
    expect(on(a, b)).toBe('wrong-parents');
    expect(on(a, b, b)).toBe('wrong-parents');
    expect(on(a, b, vertexOn(7, 1, []))).toBe('wrong-parents');
    expect(fault(vertexOn(1, 1, [a, b, c]).vertex)).toBe('wrong-parents');
    expect(fault(vertexOn(1, 2, [a, b, c], { rejects: true, turn: 3 }).vertex)).toBe(
      'wrong-parents',
    );
    expect(fault(vertexOn(1, 2, [a, b, c], { turn: 4 }).vertex)).toBe('wrong-parents');
  });
});

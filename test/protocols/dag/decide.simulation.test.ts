/**
 * What decides is the same for everybody, whatever part of the DAG they have. Method: drawn DAGs (drawn.ts) and many
 * views of each; what two views decide may differ in length only. Each planted bug of the rules must be seen to break that.
 */
import { describe, expect, it } from 'vitest';
import { decided, decisions } from '#protocols/dag/decide.ts';
import type { Graph } from '#protocols/dag/graph.ts';
import type { DagPlant } from '#protocols/dag/plants.ts';
import { drawDag, drawView, viewOf } from './drawn.ts';

const VIEWS = 14;
const told = (graph: Graph, plant?: DagPlant): string[] =>
  decided(graph, plant).map((each) => (each.is === 'commit' ? each.leader.name : each.is));

/** What two views of a DAG say of one turn, if they say different things. */
function quarrelIn(seed: number, plant?: DagPlant, hasOutcast = true): string | undefined {
  const drawn = drawDag(seed, 12, hasOutcast);
  let longest: string[] = [];
  const views = Array.from({ length: VIEWS }, () => drawView(drawn));
  for (const graph of [...views, viewOf(drawn, drawn.rounds.at(-1)!)]) {
    const said = told(graph, plant);
    const turn = said.findIndex((each, i) => i < longest.length && longest[i] !== each);
    if (turn >= 0) return `seed ${seed}: turn ${turn + 1} is ${said[turn]} and ${longest[turn]}`;
    if (said.length > longest.length) longest = said;
  }
  return undefined;
}

function firstQuarrel(plant: DagPlant, seeds: number, hasOutcast = true): string | undefined {
  for (let seed = 1; seed <= seeds; seed++) {
    const found = quarrelIn(seed, plant, hasOutcast);
    if (found !== undefined) return found;
  }
  return undefined;
}

describe('decisions', () => {
  it('are the same in all views of a DAG, though authors say two vertices and one is left out', () => {
    for (let seed = 1; seed <= 40; seed++) expect(quarrelIn(seed)).toBeUndefined();
  });

  it('come: most turns of a DAG whose outcast is often the leader are decided, either way', () => {
    const is = new Map<string, number>();
    for (let seed = 1; seed <= 20; seed++) {
      const drawn = drawDag(seed, 14);
      for (const each of decisions(viewOf(drawn, drawn.rounds.at(-1)!)))
        is.set(each.is, (is.get(each.is) ?? 0) + 1);
    }
    expect(is.get('commit')).toBeGreaterThan(50);
    expect(is.get('skip')).toBeGreaterThan(20);
    expect(is.get('undecided')).toBeLessThan(160);
  });

  it.each(['commit-on-one-certificate', 'skip-on-few-blames', 'indirect-by-votes'] as const)(
    'differ with the planted bug %s, within 200 DAGs',
    (plant) => expect(firstQuarrel(plant, 200)).toMatch(/^seed/),
  );
});

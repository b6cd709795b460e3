/**
 * Near first, then by rendezvous: nodes that share more leading letters of the point's geohash come
 * before those that share fewer; among equals the score decides, so that load spreads over a place.
 *
 * Only the nodes of the point's own cell are scored, and a larger cell's only where they are too few.
 * A cell is laid out for scoring when it is first needed, then kept with the snapshot.
 *
 * A node counts as far when an edge of a cell lies between (see geohash.ts): nearness here is a
 * preference, never a proof. With 4 letters (20 x 40 km) everybody in a city is about equally near.
 */
import { assert } from '#lib/assert.ts';
import { geohash, type Point } from '../place/geohash.ts';
import { rank } from './core.ts';
import { inWhole, subsetOf, type Subset } from './filter.ts';
import type { NodeTable } from './scoring.ts';
import { rankWeighted, type Weights } from './weighted.ts';

export interface GeoTable {
  readonly letters: number;
  /** The nodes of the cell with this geohash, '' for the whole earth; `undefined` for none. */
  readonly cell: (geohash: string) => Subset | undefined;
}

/** Lays out the nodes of a table, of which the i-th is at `points[i]`, by cells of `letters`. */
export function geoTable(table: NodeTable, points: readonly Point[], letters: number): GeoTable {
  assert(points.length === table.ids.length, 'each node is at a point');
  const finest = Map.groupBy(points.keys(), (node) => geohash(points[node]!, letters));
  const cells = new Map<string, Subset>();
  return {
    letters,
    cell: (prefix) => {
      const known = cells.get(prefix);
      if (known !== undefined) return known;
      const parts = [...finest].filter(([cell]) => cell.startsWith(prefix));
      if (parts.length === 0) return undefined;
      const nodes = Uint32Array.from(parts.flatMap(([, nodes]) => nodes));
      const subset = subsetOf(table, nodes);
      cells.set(prefix, subset);
      return subset;
    },
  };
}

/** Ranks nodes for a key as seen from a point: indices, best first, at most `count` of them. */
export function rankNear(
  geo: GeoTable,
  point: Point,
  key: Uint8Array,
  count: number,
  weights?: Weights,
): Uint32Array {
  const at = geohash(point, geo.letters);
  const chosen = new Set<number>();
  for (let shared = geo.letters; shared >= 0 && chosen.size < count; shared--) {
    const cell = geo.cell(at.slice(0, shared));
    if (cell === undefined) continue;
    // All of the finer cell are chosen already, and fewer than `count`: this many are enough.
    for (const node of rankCell(cell, key, count, weights)) {
      if (chosen.size < count) chosen.add(node);
    }
  }
  return Uint32Array.from(chosen);
}

function rankCell(cell: Subset, key: Uint8Array, count: number, weights?: Weights): Uint32Array {
  if (weights === undefined) return inWhole(cell, rank(cell.table, key, count));
  const own = Float64Array.from(cell.nodes, (node) => weights[node]!);
  return inWhole(cell, rankWeighted(cell.table, own, key, count));
}

/**
 * Whether a point lies within a polygon, exactly, and mostly without looking at the polygon.
 *
 * The box around it is cut into 32 x 32 cells. A cell that no edge touches is inside or outside as a
 * whole, and says so; only points in the others, some 15 of 100, are tested against the edges. That
 * test is Hao et al., "Optimal reliable point-in-polygon test" (2018), on robust predicates, and
 * coordinates are whole micro-degrees: the verdict is exact and the same everywhere. Edges belong to
 * the polygon.
 */
import isInside from 'point-in-polygon-hao';
import { assert } from '#lib/assert.ts';
import type { Point } from './geohash.ts';

/** Longitude, latitude: whole micro-degrees, in the order of GeoJSON. */
export type Vertex = readonly [lonE6: number, latE6: number];
/** Closed: the last vertex is the first. */
export type Ring = readonly Vertex[];
/** The outer ring, then holes. */
export type Polygon = readonly Ring[];

export interface Box {
  readonly west: number;
  readonly south: number;
  readonly east: number;
  readonly north: number;
}

export interface Outline {
  readonly polygon: Polygon;
  readonly box: Box;
  /** SIDE x SIDE of OUTSIDE, INSIDE or EDGE, row by row from the south-west. */
  readonly cells: Uint8Array;
}

const SIDE = 32;
const OUTSIDE = 0;
const INSIDE = 1;
const EDGE = 2;

export function outlineOf(polygon: Polygon): Outline {
  assert(polygon.length > 0 && polygon.every(isClosed), 'a polygon is of closed rings');
  const box = boxOf(polygon[0]!);
  const cells = new Uint8Array(SIDE * SIDE);
  for (const ring of polygon) {
    for (let i = 1; i < ring.length; i++) markEdge(cells, box, ring[i - 1]!, ring[i]!);
  }
  fill(cells, box, polygon);
  return { polygon, box, cells };
}

export function isWithin({ polygon, box, cells }: Outline, { lonE6, latE6 }: Point): boolean {
  const { west, south, east, north } = box;
  if (lonE6 < west || lonE6 > east || latE6 < south || latE6 > north) return false;
  const cell = cells[rowOf(box, latE6) * SIDE + columnOf(box, lonE6)];
  return cell === EDGE ? test(polygon, lonE6, latE6) : cell === INSIDE;
}

const isClosed = (ring: Ring): boolean =>
  ring.length >= 4 && ring[0]![0] === ring.at(-1)![0] && ring[0]![1] === ring.at(-1)![1];

function boxOf(ring: Ring): Box {
  const lons = ring.map(([lon]) => lon);
  const lats = ring.map(([, lat]) => lat);
  return {
    west: Math.min(...lons),
    south: Math.min(...lats),
    east: Math.max(...lons),
    north: Math.max(...lats),
  };
}

/** The library answers 0 for a point on an edge. Its types want arrays that it does not change. */
const test = (polygon: Polygon, lonE6: number, latE6: number): boolean =>
  isInside([lonE6, latE6], polygon as [number, number][][]) !== false;

const clamped = (index: number): number => Math.max(0, Math.min(SIDE - 1, index));
const columnOf = ({ west, east }: Box, lonE6: number): number =>
  clamped(Math.floor(((lonE6 - west) * SIDE) / (east - west + 1)));
const rowOf = ({ south, north }: Box, latE6: number): number =>
  clamped(Math.floor(((latE6 - south) * SIDE) / (north - south + 1)));
/** The southern edge of a row. */
const southOf = ({ south, north }: Box, row: number): number =>
  south + (row * (north - south + 1)) / SIDE;

/** Marks each cell that the edge touches, row by row; one too many does no harm. */
function markEdge(cells: Uint8Array, box: Box, a: Vertex, b: Vertex): void {
  const [low, high] = a[1] <= b[1] ? [a, b] : [b, a];
  for (let row = rowOf(box, low[1]); row <= rowOf(box, high[1]); row++) {
    const ends = [southOf(box, row), southOf(box, row + 1)].flatMap((lat) =>
      lonsAt(low, high, lat),
    );
    // A micro-degree to each side is a million times the rounding of `lonsAt`.
    const first = columnOf(box, Math.min(...ends) - 1);
    const last = columnOf(box, Math.max(...ends) + 1);
    cells.fill(EDGE, row * SIDE + first, row * SIDE + last + 1);
  }
}

/** Where an edge is at a latitude, or at its own end nearest to it; all of it where it is level. */
function lonsAt([lowLon, lowLat]: Vertex, [highLon, highLat]: Vertex, latE6: number): number[] {
  if (highLat === lowLat) return [lowLon, highLon];
  const share = (Math.max(lowLat, Math.min(highLat, latE6)) - lowLat) / (highLat - lowLat);
  return [lowLon + (highLon - lowLon) * share];
}

/**
 * Between two cells side by side that no edge touches there is no edge: one test for a run. A row
 * begins outside, since nothing of the polygon is west of its box.
 */
function fill(cells: Uint8Array, box: Box, polygon: Polygon): void {
  for (let cell = 0; cell < cells.length; cell++) {
    if (cells[cell] === EDGE) continue;
    const [row, column] = [Math.floor(cell / SIDE), cell % SIDE];
    const before = column === 0 ? OUTSIDE : cells[cell - 1]!;
    if (before !== EDGE) cells[cell] = before;
    else cells[cell] = test(polygon, ...middleOf(box, row, column)) ? INSIDE : OUTSIDE;
  }
}

function middleOf(box: Box, row: number, column: number): [number, number] {
  const { west, east } = box;
  return [west + ((column + 0.5) * (east - west + 1)) / SIDE, southOf(box, row + 0.5)];
}

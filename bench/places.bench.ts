/**
 * How many points a second find their city among 1 000 outlines, and how many stamps a second does a
 * clock give?
 *
 * Outlines are islands of 24, then 200 corners, scattered over the earth; half of the points lie in
 * the box of an outline. Beside ours: the same R-tree with the polygon test on every candidate, which
 * is what the cells of outline.ts are to spare. Both are checked to find the same cities beforehand.
 */
import Flatbush from 'flatbush';
import isInside from 'point-in-polygon-hao';
import { kept, start, tick, type Hlc } from '#algorithms/clock/hlc.ts';
import { atlasOf, type Atlas } from '#algorithms/place/atlas.ts';
import { outlineOf, type Vertex } from '#algorithms/place/outline.ts';
import type { Point } from '#algorithms/place/geohash.ts';
import { assert } from '#lib/assert.ts';
import { compare, type Bench, type Row } from './bench.ts';

const OUTLINES = 1_000;
const POINTS = 10_000;

/** Numbers in [0, 1) that are the same in each run. */
function drawn(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

const between = (next: () => number, low: number, high: number): number =>
  Math.round(low + next() * (high - low));

/** Round, with bays, and with a coast that turns by up to some 50 degrees at each corner. */
function island(next: () => number, corners: number): Vertex[] {
  const [lon, lat] = [between(next, -170e6, 170e6), between(next, -60e6, 60e6)];
  const size = between(next, 2e6, 4e6);
  const [bays, coves] = [2 * Math.PI * next(), 2 * Math.PI * next()];
  const ring = Array.from({ length: corners }, (_, i): Vertex => {
    const angle = (2 * Math.PI * i) / corners;
    const jag = (Math.PI * (next() - 0.5)) / corners;
    const reach =
      size * (0.8 + 0.12 * Math.sin(3 * angle + bays) + 0.06 * Math.sin(7 * angle + coves) + jag);
    return [Math.round(lon + reach * Math.cos(angle)), Math.round(lat + reach * Math.sin(angle))];
  });
  return [...ring, ring[0]!];
}

function atlasWith(corners: number): Atlas {
  const next = drawn(corners);
  return atlasOf(
    Array.from({ length: OUTLINES }, (_, i) => ({
      place: `a.b.c${String(i).padStart(4, '0')}`,
      name: `c${i}`,
      outlines: [outlineOf([island(next, corners)])],
    })),
  );
}

function pointsFor({ cities }: Atlas): Point[] {
  const next = drawn(7);
  return Array.from({ length: POINTS }, (_, i) => {
    const { box } = cities[i % OUTLINES]!.outlines[0]!;
    return i % 2 === 0
      ? { lonE6: between(next, box.west, box.east), latE6: between(next, box.south, box.north) }
      : { lonE6: between(next, -180e6, 180e6), latE6: between(next, -70e6, 70e6) };
  });
}

/** The same without cells: every candidate's polygon is tested. */
function plainLookup({ cities }: Atlas): (point: Point) => string | undefined {
  const index = new Flatbush(OUTLINES);
  const polygons = cities.map(({ outlines }) => outlines[0]!.polygon as [number, number][][]);
  for (const { outlines } of cities) {
    const { west, south, east, north } = outlines[0]!.box;
    index.add(west, south, east, north);
  }
  index.finish();
  return ({ lonE6, latE6 }) => {
    let first = OUTLINES;
    for (const i of index.search(lonE6, latE6, lonE6, latE6)) {
      if (i < first && isInside([lonE6, latE6], polygons[i]!) !== false) first = i;
    }
    return cities[first]?.place;
  };
}

function lookupRows(corners: number): Row[] {
  const atlas = atlasWith(corners);
  const points = pointsFor(atlas);
  const plain = plainLookup(atlas);
  assert(
    points.every((point) => atlas.cityAt(point)?.place === plain(point)),
    'both find the same city',
  );
  const each = (look: (point: Point) => unknown) => (count: number) => {
    for (let i = 0; i < count; i++) look(points[i % POINTS]!);
  };
  const micros = compare(
    { name: 'cells', run: each((point) => atlas.cityAt(point)) },
    { name: 'plain', run: each(plain) },
  );
  const [cells, without] = [micros.get('cells')!, micros.get('plain')!];
  return [
    {
      name: `points a second, ${OUTLINES} outlines of ${corners} corners`,
      value: 1 / cells,
      unit: 'M/s',
      against: 'R-tree and polygon test alone',
      ratio: without / cells,
      goal: '>= 1 M/s',
    },
  ];
}

function clockRow(): Row {
  const bounds = { aheadMsMax: 500, markAheadMs: 500 };
  const begun = start(0, 1_700_000_000_000, bounds);
  let hlc: Hlc = kept(begun.hlc, begun.keepMs!);
  let given = 0;
  const micros = compare({
    name: 'tick',
    run: (count) => {
      for (let i = 0; i < count; i++) {
        // 20 000 stamps a millisecond: the count rises, and marks are kept.
        const ticked = tick(hlc, 1_700_000_000_000 + Math.floor(given++ / 20_000), bounds);
        hlc = ticked.keepMs === undefined ? ticked.hlc : kept(ticked.hlc, ticked.keepMs);
        assert(ticked.kind === 'ticked', 'the clock ticks');
      }
    },
  });
  return {
    name: 'stamps of a hybrid clock a second',
    value: 1 / micros.get('tick')!,
    unit: 'M/s',
    goal: '>= 5 M/s',
  };
}

export const bench: Bench = {
  name: 'places',
  question: 'How many points a second find their city, and how many stamps does a clock give?',
  run: async () => [...lookupRows(24), ...lookupRows(200), clockRow()],
};

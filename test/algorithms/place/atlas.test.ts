/** The atlas: which city a point is in, and what is said about a document that is none. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { atlasOf, readAtlas, type Atlas } from '#algorithms/place/atlas.ts';
import { pointOf } from '#algorithms/place/geohash.ts';
import { isWithin, type Ring } from '#algorithms/place/outline.ts';

function shipped(): Atlas {
  const read = readAtlas(JSON.parse(readFileSync('config/places.geojson', 'utf8')) as unknown);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}
const atlas = shipped();
const cityAt = (latitude: number, longitude: number) =>
  atlas.cityAt(pointOf(latitude, longitude))?.place;

const radians = (e6: number): number => (e6 * Math.PI) / 180e6;

/** On a sphere, by the trapezoids below each edge. */
function squareKilometres(ring: Ring): number {
  let sum = 0;
  for (let i = 1; i < ring.length; i++) {
    const [[lonA, latA], [lonB, latB]] = [ring[i - 1]!, ring[i]!];
    sum += radians(lonB - lonA) * (2 + Math.sin(radians(latA)) + Math.sin(radians(latB)));
  }
  return Math.abs((sum * 6_371.0088 ** 2) / 2);
}

/** Land area in square kilometres as published, points inside, points outside but near. */
const FACTS: readonly (readonly [
  place: string,
  km2: number,
  inside: [number, number][],
  outside: [number, number][],
])[] = [
  [
    'asia.ishikawa.komatsu',
    371,
    [
      [36.4025, 136.4528],
      [36.3946, 136.4065],
      [36.325, 136.43],
    ],
    [
      [36.3028, 136.315],
      [36.4467, 136.5544],
    ],
  ],
  [
    'asia.ishikawa.kanazawa',
    469,
    [
      [36.5642, 136.6594],
      [36.578, 136.648],
      [36.613, 136.6],
    ],
    [
      [36.5197, 136.6097],
      [36.5144, 136.5656],
    ],
  ],
  [
    'asia.tokyo.tokyo',
    627,
    [
      [35.6812, 139.7671],
      [35.6896, 139.7006],
      [35.5443, 139.7683],
    ],
    [
      [35.5308, 139.697],
      [35.7031, 139.5797],
      [35.7219, 139.9311],
    ],
  ],
  [
    'asia.osaka.osaka',
    225,
    [
      [34.6873, 135.5259],
      [34.6627, 135.5015],
      [34.6654, 135.4323],
    ],
    [
      [34.5733, 135.483],
      [34.7333, 135.4064],
    ],
  ],
  [
    'asia.seoul.seoul',
    605,
    [
      [37.5663, 126.9779],
      [37.4979, 127.0276],
    ],
    [
      [37.4563, 126.7052],
      [37.4292, 126.9876],
    ],
  ],
  [
    'asia.singapore.singapore',
    735,
    [
      [1.283, 103.8513],
      [1.3644, 103.9915],
    ],
    [[1.4927, 103.7414]],
  ],
  [
    'europe.ile-de-france.paris',
    105,
    [
      [48.8584, 2.2945],
      [48.853, 2.3499],
    ],
    [
      [48.8919, 2.238],
      [48.9362, 2.3574],
    ],
  ],
  [
    'europe.england.london',
    1572,
    [
      [51.5007, -0.1246],
      [51.47, -0.4543],
      [51.4779, -0.0015],
    ],
    [
      [51.6565, -0.3903],
      [51.4461, 0.2169],
      [51.5105, -0.595],
    ],
  ],
  [
    'europe.berlin.berlin',
    891,
    [
      [52.5163, 13.3777],
      [52.5351, 13.1978],
    ],
    [
      [52.3906, 13.0645],
      [52.3667, 13.5033],
    ],
  ],
  [
    'europe.hesse.frankfurt',
    248,
    [
      [50.1071, 8.6638],
      [50.0505, 8.5717],
    ],
    [
      [50.0956, 8.7761],
      [49.9929, 8.2473],
    ],
  ],
  [
    'america.new-york.new-york',
    778,
    [
      [40.758, -73.9855],
      [40.6413, -73.7781],
      [40.8296, -73.9262],
      [40.58, -74.15],
    ],
    [
      [40.7178, -74.0431],
      [40.7357, -74.1724],
    ],
  ],
  [
    'america.california.san-francisco',
    121,
    [[37.7793, -122.4193]],
    [
      [37.8044, -122.2712],
      [37.6879, -122.4702],
    ],
  ],
  [
    'america.ontario.toronto',
    630,
    [[43.6426, -79.3871]],
    [
      [43.589, -79.6441],
      [43.6777, -79.6248],
    ],
  ],
];

describe('the atlas that is shipped', () => {
  it('has a dozen cities on three continents', () => {
    expect(atlas.cities.map(({ place }) => place)).toEqual(
      FACTS.map(([place]) => place).toSorted(),
    );
    const continents = new Set(atlas.cities.map(({ place }) => place.split('.')[0]));
    expect([...continents]).toEqual(['america', 'asia', 'europe']);
  });
  for (const [place, km2, inside, outside] of FACTS) {
    it(`knows ${place}`, () => {
      for (const [lat, lon] of inside) expect(cityAt(lat, lon), `${lat} ${lon}`).toBe(place);
      for (const [lat, lon] of outside) expect(cityAt(lat, lon), `${lat} ${lon}`).toBeUndefined();
      const { outlines } = atlas.cities.find((city) => city.place === place)!;
      const drawn = outlines.reduce((sum, { polygon }) => sum + squareKilometres(polygon[0]!), 0);
      expect(drawn / km2).toBeGreaterThan(0.8);
      expect(drawn / km2).toBeLessThan(1.25);
    });
  }
});

const square = (west: number, south: number, size: number): number[][][] => [
  [
    [west, south],
    [west + size, south],
    [west + size, south + size],
    [west, south + size],
    [west, south],
  ],
];
const feature = (place: unknown, coordinates: unknown, type = 'Polygon') => ({
  type: 'Feature',
  properties: { place, name: 'Somewhere' },
  geometry: { type, coordinates },
});
const collection = (...features: unknown[]) => ({ type: 'FeatureCollection', features });

describe('an atlas', () => {
  it('gives a point in two cities to the first in the alphabet, in whichever order they were read', () => {
    const two = [feature('a.b.z', square(0, 0, 2)), feature('a.b.c', square(1, 1, 2))];
    for (const features of [two, two.toReversed()]) {
      const read = readAtlas(collection(...features));
      if (!read.ok) throw new Error(read.error);
      const at = (lat: number, lon: number) => read.value.cityAt(pointOf(lat, lon))?.place;
      expect([at(1.5, 1.5), at(0.5, 0.5), at(2.5, 2.5), at(2.5, 0.5)]).toEqual([
        'a.b.c',
        'a.b.z',
        'a.b.c',
        undefined,
      ]);
      // Edges belong to the city.
      expect(at(3, 3)).toBe('a.b.c');
      expect(at(0, 1)).toBe('a.b.z');
    }
  });
  it('knows cities of several parts', () => {
    const read = readAtlas(
      collection(feature('a.b.c', [square(0, 0, 1), square(5, 5, 1)], 'MultiPolygon')),
    );
    if (!read.ok) throw new Error(read.error);
    expect(read.value.cityAt(pointOf(5.5, 5.5))?.place).toBe('a.b.c');
    expect(read.value.cityAt(pointOf(3, 3))).toBeUndefined();
  });
  it('finds what looking at every city would find, on a grid of overlapping squares', () => {
    const features = Array.from({ length: 100 }, (_, i) =>
      feature(`a.b.c${i}`, square((i * 7) % 31, (i * 11) % 23, 1 + (i % 4))),
    );
    const read = readAtlas(collection(...features));
    if (!read.ok) throw new Error(read.error);
    const { cities } = read.value;
    for (let i = 0; i < 3_000; i++) {
      const point = pointOf(((i * 37) % 2_700) / 100, ((i * 91) % 3_500) / 100);
      const expected = cities.find(({ outlines }) => outlines.some((one) => isWithin(one, point)));
      expect(read.value.cityAt(point)).toBe(expected);
    }
    expect(atlasOf(cities).cities).toEqual(cities);
  });
  it('says what is wrong with a document', () => {
    const good = square(0, 0, 1);
    for (const [document, complaint] of [
      [null, 'not a GeoJSON FeatureCollection'],
      [[], 'not a GeoJSON FeatureCollection'],
      [{ type: 'Feature' }, 'not a GeoJSON FeatureCollection'],
      [collection(), 'there are no features'],
      [{ type: 'FeatureCollection', features: 7 }, 'there are no features'],
      [collection('x'), 'feature 0: is not a Feature'],
      [collection({ type: 'Feature' }), 'feature 0: has no properties'],
      [collection(feature('a.b', good)), 'properties.place is "a.b", expected'],
      [collection(feature('a.b.C', good)), 'expected continent.municipality.city'],
      [collection(feature(undefined, good)), 'properties.place is missing'],
      [
        collection({ ...feature('a.b.c', good), properties: { place: 'a.b.c' } }),
        'name is missing',
      ],
      [collection({ ...feature('a.b.c', good), geometry: null }), 'a.b.c: has no geometry'],
      [collection(feature('a.b.c', good, 'Point')), 'geometry is "Point"'],
      [collection(feature('a.b.c', [])), 'has no rings'],
      [collection(feature('a.b.c', [[]])), 'ring 0 has no positions'],
      [collection(feature('a.b.c', [good[0]!.slice(0, 3)])), 'ring 0 has fewer than 4'],
      [collection(feature('a.b.c', [good[0]!.slice(0, 4)])), 'ring 0 does not end where'],
      [collection(feature('a.b.c', [[...good[0]!, [0]]])), 'ring 0 position 5 is not [longitude'],
      [collection(feature('a.b.c', [[...good[0]!, ['0', '0']]])), 'position 5 is not [longitude'],
      [collection(feature('a.b.c', square(179.5, 0, 1))), '[180.5, 0] is not on earth'],
      [collection(feature('a.b.c', [[...good[0]!, [0, Number.NaN]]])), 'is not on earth'],
      [
        collection(feature('a.b.c', good), feature('a.b.c', good)),
        'feature 1: a.b.c is there twice',
      ],
    ] as const) {
      const read = readAtlas(document);
      expect(read.ok ? 'read' : read.error).toContain(complaint);
    }
  });
});

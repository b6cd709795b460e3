/**
 * Geohash: a place on earth as a short text, whose beginning names a larger cell around it.
 *
 * Longitude and latitude are halved in turn, longitude first, and each five halvings are a letter;
 * 9 letters are a cell of about 5 x 5 metres. In integers: micro-degrees in, and each quotient of
 * integers below 2^53 has the right floor in a double.
 *
 * Caveat, inherent to it: neighbours on both sides of a cell's edge may share no beginning.
 * Reference: Niemeyer (2008), as geohash.org; base 32 without a, i, l and o.
 */
import { assert } from '#lib/assert.ts';

/** A point in millionths of a degree (11 cm), whole numbers: latitude +-90, longitude +-180. */
export interface Point {
  readonly latE6: number;
  readonly lonE6: number;
}

export const LAT_E6_MAX = 90_000_000;
export const LON_E6_MAX = 180_000_000;
export const GEOHASH_LETTERS_MAX = 9;

const LETTERS = '0123456789bcdefghjkmnpqrstuvwxyz';
const BITS_A_LETTER = 5;

export const isPoint = ({ latE6, lonE6 }: Point): boolean =>
  Number.isInteger(latE6) &&
  Number.isInteger(lonE6) &&
  Math.abs(latE6) <= LAT_E6_MAX &&
  Math.abs(lonE6) <= LON_E6_MAX;

/** The point of these degrees, to the nearest micro-degree. */
export const pointOf = (latitude: number, longitude: number): Point => ({
  latE6: Math.round(latitude * 1e6),
  lonE6: Math.round(longitude * 1e6),
});

export function geohash(point: Point, letters: number = GEOHASH_LETTERS_MAX): string {
  assert(isPoint(point), 'a point is on earth');
  assert(
    Number.isInteger(letters) && letters >= 0 && letters <= GEOHASH_LETTERS_MAX,
    'a geohash has up to 9 letters',
  );
  const bits = letters * BITS_A_LETTER;
  const lon = cellOf(point.lonE6, LON_E6_MAX, Math.ceil(bits / 2));
  const lat = cellOf(point.latE6, LAT_E6_MAX, Math.floor(bits / 2));
  let text = '';
  for (let letter = 0; letter < letters; letter++) {
    let index = 0;
    for (let i = letter * BITS_A_LETTER; i < (letter + 1) * BITS_A_LETTER; i++) {
      const [cell, width] = i % 2 === 0 ? [lon, Math.ceil(bits / 2)] : [lat, Math.floor(bits / 2)];
      index = 2 * index + ((cell >> (width - 1 - (i >> 1))) & 1);
    }
    text += LETTERS[index]!;
  }
  return text;
}

/** Which of 2^bits equal parts of [-most, most] a value lies in; the upper end in the last. */
function cellOf(value: number, most: number, bits: number): number {
  const cells = 2 ** bits;
  return Math.min(cells - 1, Math.floor(((value + most) * cells) / (2 * most)));
}

/** The edges of a geohash's cell, in micro-degrees, not rounded; `undefined` for what is none. */
export function cellEdges(text: string):
  | {
      readonly south: number;
      readonly north: number;
      readonly west: number;
      readonly east: number;
    }
  | undefined {
  let [south, north, west, east] = [-LAT_E6_MAX, LAT_E6_MAX, -LON_E6_MAX, LON_E6_MAX];
  let eastward = true;
  for (const letter of text) {
    const index = LETTERS.indexOf(letter);
    if (index < 0) return undefined;
    for (let bit = BITS_A_LETTER - 1; bit >= 0; bit--) {
      const upper = ((index >> bit) & 1) === 1;
      const middle = eastward ? (west + east) / 2 : (south + north) / 2;
      if (eastward && upper) west = middle;
      else if (eastward) east = middle;
      else if (upper) south = middle;
      else north = middle;
      eastward = !eastward;
    }
  }
  return { south, north, west, east };
}

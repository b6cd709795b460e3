/**
 * Distances for people and for estimates: metres between two points, and the least time that a
 * signal needs. In floating point, whose last bits differ between engines: nothing that nodes must
 * agree on may use it. What they must agree on is in proof.ts, in integers.
 */
import type { Point } from './geohash.ts';

/** The mean radius of the earth (IUGG). */
const EARTH_METRES = 6_371_008.8;
/** Light in fibre goes two thirds as fast as in vacuum. */
const FIBRE_METRES_A_MS = 200_000;
const RADIANS_A_MICRO_DEGREE = Math.PI / 180e6;

/** The great circle by the haversine, on a sphere: within 0.5 % of the distance on the ellipsoid. */
export function greatCircleMetres(a: Point, b: Point): number {
  const [latA, latB] = [a.latE6 * RADIANS_A_MICRO_DEGREE, b.latE6 * RADIANS_A_MICRO_DEGREE];
  const north = Math.sin((latB - latA) / 2);
  const east = Math.sin(((b.lonE6 - a.lonE6) * RADIANS_A_MICRO_DEGREE) / 2);
  const square = north * north + Math.cos(latA) * Math.cos(latB) * east * east;
  return 2 * EARTH_METRES * Math.asin(Math.min(1, Math.sqrt(square)));
}

/** No answer between these points comes sooner through fibre. */
export const leastRoundTripMs = (a: Point, b: Point): number =>
  (2 * greatCircleMetres(a, b)) / FIBRE_METRES_A_MS;

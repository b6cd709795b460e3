/**
 * Proof of place from round trips: nobody answers sooner than light travels, so each challenger who
 * measured a round trip knows a disc around itself that the node is in.
 *
 *        ,--a--.                 Of n challengers f may lie. If 2f + 1 discs share a point, and f + 1 of
 *       /   ,---+--b--.          these lie wholly within R of the claimed place, then one of those is an
 *      |   / X  |      |         honest one's, and the node is within R.
 *       \ |    /      /
 *        `+---'--c---'           A liar's node can look farther than it is, by waiting; never nearer.
 *
 * The earth is curved and flat at the poles, and the verdict must be the same on every node: so
 * points are unit vectors in Q100 fixed point, by BigInt series, and no float is used. On a sphere of
 * the smallest radius of curvature that the ellipsoid has, angles come out too large: a disc is never
 * too small. For the claimed place the largest radius is taken, so that R is never too large.
 *
 * Not proof against a node that answers through somebody near the place: that one is there.
 * Reference: Sheng et al., "BFT-PoLoc" (2024). Cost: n^2 / 2 corners against n discs, 1 ms for n = 13.
 */
import { assert } from '#lib/assert.ts';
import type { Point } from './geohash.ts';

/** Metres of distance for each microsecond of round trip: half of what light travels meanwhile. */
export const METRES_A_US = {
  /** What the internet can do: two thirds of light in vacuum. */
  fibre: 100,
  /** What nature allows, against nodes with a radio link of their own. */
  vacuum: 150,
} as const;

/** The minimum of this many probes is the distance; fewer are noise. */
export const PROBES_MIN = 10;

/** What one challenger measured: whole microseconds, rounded up, signed by both elsewhere. */
export interface Challenge {
  readonly at: Point;
  readonly roundTripsUs: readonly number[];
}

export interface PlaceClaim {
  readonly at: Point;
  readonly withinMetres: number;
}

export type PlaceVerdict =
  | {
      readonly kind: 'proven';
      /** The challenges whose discs share a point. */
      readonly witnesses: readonly number[];
    }
  | {
      readonly kind: 'unproven';
      readonly reason: 'too-few-challengers' | 'discs-disagree' | 'too-wide';
    };

/** Judges a claim by challenges of which up to `faulty` may be lies. */
export function judgePlace(
  claim: PlaceClaim,
  challenges: readonly Challenge[],
  faulty: number,
  metresAUs: number = METRES_A_US.fibre,
): PlaceVerdict {
  const usable = [...challenges.keys()].filter((i) => isUsable(challenges[i]!));
  const needed = 2 * faulty + 1;
  if (usable.length < needed) return { kind: 'unproven', reason: 'too-few-challengers' };
  const discs = usable.map((i) => discOf(challenges[i]!, metresAUs));
  const { members } = deepest(discs);
  if (members.length < needed) return { kind: 'unproven', reason: 'discs-disagree' };
  const around = vectorOf(claim.at);
  const inside = members.filter((i) => isInside(discs[i]!, around, claim.withinMetres));
  if (inside.length <= faulty) return { kind: 'unproven', reason: 'too-wide' };
  return { kind: 'proven', witnesses: members.map((i) => usable[i]!) };
}

const isUsable = ({ roundTripsUs }: Challenge): boolean =>
  roundTripsUs.length >= PROBES_MIN &&
  roundTripsUs.every((us) => Number.isSafeInteger(us) && us >= 0);

/** The smallest and the largest radius of curvature of WGS 84: across the equator, and at a pole. */
const RADIUS_METRES = { least: 6_335_439n, most: 6_399_594n } as const;

/** A cap of the sphere: all points whose product with `centre` is at least `cosine`. */
export interface Disc {
  readonly centre: Vector;
  /** The angle from the centre to the rim, in radians in Q100. */
  readonly angle: bigint;
  readonly cosine: bigint;
}

/** The disc that a node must be in to have answered this soon. */
export const discOf = ({ at, roundTripsUs }: Challenge, metresAUs: number): Disc =>
  discAround(at, Math.min(...roundTripsUs) * metresAUs);

/** All points within so many metres of a point, and few more. */
export function discAround(at: Point, metres: number): Disc {
  const angle = least(PI, angleOf(metres, RADIUS_METRES.least));
  return { centre: vectorOf(at), angle, cosine: bar(angle) };
}

export const holds = ({ centre, cosine }: Disc, point: Vector): boolean =>
  dot(centre, point) >= cosine;

/** Whether all of a disc is within so many metres of a point. */
function isInside({ centre, angle }: Disc, point: Vector, metres: number): boolean {
  const room = angleOf(metres, RADIUS_METRES.most) - angle;
  return room >= 0n && dot(centre, point) >= bar(room);
}

/** What a product must reach to be within an angle. Half a circle holds everything, rounding or not. */
const bar = (angle: bigint): bigint => (angle >= PI ? -2n * ONE : cosine(angle));

/**
 * A largest set of discs with a point in common, and such a point. The deepest place of a set of discs
 * is bounded by their rims; so it has a corner, where two rims cross, or is a whole disc, of which any
 * point of the rim will do.
 */
export function deepest(discs: readonly Disc[]): {
  readonly members: readonly number[];
  readonly point: Vector | undefined;
} {
  let found: { members: number[]; point: Vector | undefined } = { members: [], point: undefined };
  for (const point of candidates(discs)) {
    const members = [...discs.keys()].filter((i) => nearlyHolds(discs[i]!, point));
    if (members.length > found.members.length) found = { members, point };
  }
  return found;
}

function* candidates(discs: readonly Disc[]): Generator<Vector> {
  for (const [i, disc] of discs.entries()) {
    yield onRim(disc);
    for (const other of discs.slice(0, i)) {
      const corner = crossing(disc, other);
      if (corner !== undefined) yield corner;
    }
  }
}

/** 2^-44, for the rounding of corners: rims that nearly touch cross at half of the digits. */
const SLACK = 1n << 56n;
const nearlyHolds = ({ centre, cosine }: Disc, point: Vector): boolean =>
  dot(centre, point) >= cosine - SLACK;

// Vectors and angles in Q100: two rims a kilometre apart lose half of the digits and more.

export type Vector = readonly [x: bigint, y: bigint, z: bigint];

const BITS = 100n;
const ONE = 1n << BITS;
/** Pi in Q100, rounded down. */
const PI = 3_982_441_812_995_697_363_688_351_113_952n;
const HALF_CIRCLE_E6 = 180_000_000n;

const times = (a: bigint, b: bigint): bigint => (a * b) >> BITS;
const over = (a: bigint, b: bigint): bigint => (a << BITS) / b;
const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const dot = (a: Vector, b: Vector): bigint => (a[0] * b[0] + a[1] * b[1] + a[2] * b[2]) >> BITS;

function angleOf(metres: number, radius: bigint): bigint {
  assert(Number.isSafeInteger(metres) && metres >= 0, 'a distance is in whole metres');
  return (BigInt(metres) << BITS) / radius;
}

/** The unit vector of a point. */
export function vectorOf({ latE6, lonE6 }: Point): Vector {
  const lat = (BigInt(latE6) * PI) / HALF_CIRCLE_E6;
  const lon = (BigInt(lonE6) * PI) / HALF_CIRCLE_E6;
  const level = cosine(lat);
  return [times(level, cosine(lon)), times(level, sine(lon)), sine(lat)];
}

/** The power series; of an angle up to pi, 2^-100 is reached after some 40 terms. */
function series(first: bigint, square: bigint, from: bigint): bigint {
  let term = first;
  let sum = 0n;
  for (let n = from; term !== 0n; n += 2n) {
    sum += term;
    term = -times(term, square) / (n * (n + 1n));
  }
  return sum;
}

const cosine = (angle: bigint): bigint => series(ONE, times(angle, angle), 1n);
const sine = (angle: bigint): bigint => series(angle, times(angle, angle), 2n);

function root(value: bigint): bigint {
  if (value <= 0n) return 0n;
  // Newton's iteration from above falls until it has arrived.
  let guess = 1n << BigInt((value.toString(2).length >> 1) + 1);
  for (;;) {
    const next = (guess + value / guess) >> 1n;
    if (next >= guess) return guess;
    guess = next;
  }
}

/**
 * Where two rims cross, on the left of the way from one centre to the other: x = a c1 + b c2 + g n, the
 * point of both planes on the sphere, n = c1 x c2. The other crossing, on the right, is not needed:
 * around a place that discs share, the numbers of the discs whose rims follow one another both rise
 * and fall, so it has corners of both kinds.
 */
function crossing(one: Disc, two: Disc): Vector | undefined {
  const between = dot(one.centre, two.centre);
  const across = ONE - times(between, between);
  if (across <= 0n) return undefined; // The same centre, or opposite ones.
  const a = over(one.cosine - times(two.cosine, between), across);
  const b = over(two.cosine - times(one.cosine, between), across);
  const square = over(ONE - times(a, one.cosine) - times(b, two.cosine), across);
  if (square < 0n) return undefined;
  const normal = scaled(cross(one.centre, two.centre), root(square << BITS));
  return sum(scaled(one.centre, a), scaled(two.centre, b), normal);
}

/** A point of a rim, in the direction of an axis that the centre is far from. */
function onRim({ centre, angle }: Disc): Vector {
  const isPolar = centre[2] > ONE / 2n || centre[2] < -ONE / 2n;
  const axis: Vector = isPolar ? [ONE, 0n, 0n] : [0n, 0n, ONE];
  const along = dot(centre, axis);
  const across = sum(axis, scaled(centre, -along));
  const side = shrunk(across, root(dot(across, across) << BITS));
  return sum(scaled(centre, cosine(angle)), scaled(side, sine(angle)));
}

const scaled = (v: Vector, by: bigint): Vector => [
  times(v[0], by),
  times(v[1], by),
  times(v[2], by),
];
const shrunk = (v: Vector, by: bigint): Vector => [over(v[0], by), over(v[1], by), over(v[2], by)];
const cross = (a: Vector, b: Vector): Vector => [
  times(a[1], b[2]) - times(a[2], b[1]),
  times(a[2], b[0]) - times(a[0], b[2]),
  times(a[0], b[1]) - times(a[1], b[0]),
];
const sum = (...all: readonly Vector[]): Vector => [
  all.reduce((sum, [x]) => sum + x, 0n),
  all.reduce((sum, [, y]) => sum + y, 0n),
  all.reduce((sum, [, , z]) => sum + z, 0n),
];

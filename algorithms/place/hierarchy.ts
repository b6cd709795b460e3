/**
 * Places by name: globe > continent > municipality > city, written `asia.ishikawa.komatsu`; how near
 * two of them are, and by how much events make one count more. All in whole numbers.
 */
import { assert } from '#lib/assert.ts';

/** What two places have in common, nearest last. */
export const NEARNESS = ['globe', 'continent', 'municipality', 'city'] as const;
export type Nearness = (typeof NEARNESS)[number];

const LEVELS = 3;
const TOKEN = /^[a-z0-9][a-z0-9_-]{0,62}$/;

/** Whether a text names a city. */
export function isPlaceName(text: string): boolean {
  const tokens = text.split('.');
  return tokens.length === LEVELS && tokens.every((token) => TOKEN.test(token));
}

/** A place and all it lies in, the city first: `asia.ishikawa.komatsu`, `asia.ishikawa`, `asia`. */
export function ancestors(place: string): string[] {
  const tokens = place.split('.');
  return tokens.map((_, i) => tokens.slice(0, tokens.length - i).join('.'));
}

/** Whether a place lies in an area; '' is the globe. `asia.ishi` does not hold `asia.ishikawa`. */
export const liesIn = (place: string, area: string): boolean =>
  area === '' || place === area || place.startsWith(`${area}.`);

/** The smallest kind of area that holds both cities. */
export function nearness(a: string, b: string): Nearness {
  const [left, right] = [a.split('.'), b.split('.')];
  let shared = 0;
  while (shared < LEVELS && left[shared] === right[shared]) shared++;
  return NEARNESS[shared]!;
}

/** Something that happens in an area for a while: a festival, an earthquake. */
export interface PlaceEvent {
  readonly area: string;
  readonly fromMs: number;
  /** Not included. */
  readonly untilMs: number;
  /** 1500: places in the area count half as much again. */
  readonly permille: number;
}

const PERMILLE = 1_000n;

/**
 * By how much a place counts at a moment: the product of all events there and then, in permille,
 * rounded down once and within bounds. Neither depends on the order of the events.
 */
export function eventPermille(
  events: readonly PlaceEvent[],
  place: string,
  nowMs: number,
  bounds: { readonly least: number; readonly most: number },
): number {
  assert(bounds.least <= bounds.most, 'bounds are in order');
  const inForce = events.filter(
    ({ area, fromMs, untilMs }) => fromMs <= nowMs && nowMs < untilMs && liesIn(place, area),
  );
  const product = inForce.reduce((product, { permille }) => product * BigInt(permille), PERMILLE);
  const whole = product / PERMILLE ** BigInt(inForce.length);
  return Number(within(whole, BigInt(bounds.least), BigInt(bounds.most)));
}

function within(value: bigint, least: bigint, most: bigint): bigint {
  if (value < least) return least;
  return value > most ? most : value;
}

/**
 * Where the pieces of one transaction lie, as far as their being online goes.
 *
 *   lights    30 x 1 piece   in asia      each online with p (0.05 to 0.20)
 *   anchors    3 x 2 pieces  in asia      each up with q (0.999)
 *   anchors    3 x 2 pieces  in europe
 *
 * A group is a number of like devices in one place, under one operator where that matters (outages.ts).
 * The owner's layouts are written here once, by the names that the command line knows.
 */
import { assert } from '#lib/assert.ts';
import { isChance } from '#algorithms/distribution.ts';

export interface Group {
  readonly continent: string;
  /** Who runs them; devices of one operator may go together. */
  readonly operator?: string;
  readonly devices: number;
  /** A light holds one piece of a transaction, an anchor several. */
  readonly piecesEach: number;
  /** The chance that a device answers at some moment, by itself. */
  readonly online: number;
}

export interface Layout {
  /** Pieces that suffice. */
  readonly k: number;
  readonly lights: readonly Group[];
  readonly anchors: readonly Group[];
}

/** The owner's figures. */
export const K = 10;
export const LIGHTS = 30;
export const ANCHOR_UP = 0.999;

export const lightsIn = (continent: string, online: number, devices = LIGHTS): Group => ({
  continent,
  devices,
  piecesEach: 1,
  online,
});

export const anchorsIn = (
  continent: string,
  devices: number,
  piecesEach: number,
  online = ANCHOR_UP,
): Group => ({ continent, devices, piecesEach, online });

/** What each name stands for; the lights are those of the sender's city, in Asia. */
export const LAYOUTS = {
  asia: [anchorsIn('asia', 3, 4)],
  split: [anchorsIn('asia', 3, 2), anchorsIn('europe', 3, 2)],
  three: [anchorsIn('asia', 3, 2), anchorsIn('europe', 3, 2), anchorsIn('america', 3, 2)],
  five: [anchorsIn('asia', 3, 5)],
} as const satisfies Readonly<Record<string, readonly Group[]>>;

/** One of the owner's layouts, its 30 lights in Asia online with chance `p`. */
export const named = (name: keyof typeof LAYOUTS, p: number): Layout => ({
  k: K,
  lights: [lightsIn('asia', p)],
  anchors: LAYOUTS[name],
});

/** The layout with its lights online with another chance. */
export const withLights = (layout: Layout, online: number): Layout => ({
  ...layout,
  lights: layout.lights.map((group) => ({ ...group, online })),
});

/** What is left of a layout while the groups for which `isGone` holds are dark. */
export const without = (layout: Layout, isGone: (group: Group) => boolean): Layout => ({
  ...layout,
  lights: layout.lights.filter((group) => !isGone(group)),
  anchors: layout.anchors.filter((group) => !isGone(group)),
});

export const continentsOf = ({ lights, anchors }: Layout): string[] => [
  ...new Set([...anchors, ...lights].map(({ continent }) => continent)),
];

export const piecesIn = (groups: readonly Group[]): number =>
  groups.reduce((pieces, { devices, piecesEach }) => pieces + devices * piecesEach, 0);

export const piecesOf = ({ lights, anchors }: Layout): number =>
  piecesIn(lights) + piecesIn(anchors);

export function assertLayout(layout: Layout): void {
  assert(Number.isInteger(layout.k) && layout.k > 0, 'k is a whole number above 0');
  for (const { devices, piecesEach, online } of [...layout.lights, ...layout.anchors]) {
    assert(Number.isInteger(devices) && devices >= 0, 'a number of devices is whole');
    assert(Number.isInteger(piecesEach) && piecesEach > 0, 'a device holds pieces');
    assert(isChance(online), 'a chance is 0 to 1');
  }
}

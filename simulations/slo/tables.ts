/** What the report shows, as data: the owner's nine figures, what they leave open, and curves over p. */
import { alarms, mixed, ninesOf, readFails } from './availability.ts';
import {
  LAYOUTS,
  named,
  piecesOf,
  withLights,
  without,
  type Group,
  type Layout,
} from './layout.ts';

/** The owner's chances that a light is online. */
export const CHANCES: readonly number[] = [0.05, 0.1, 0.2];
/** The floors that figures are given for; k + 2 is the owner's. */
export const FLOORS: readonly number[] = [12, 14, 16];
/** Asia alone for the first 30 days, with Europe for the 150 after: six months. */
const ALONE_DAYS = 30;
const SPLIT_DAYS = 150;

export interface OwnersRow {
  readonly p: number;
  readonly asia: number;
  readonly split: number;
  readonly sixMonths: number;
}

/** Chances of failure; the owner prints one less each. */
export const ownersTable = (): OwnersRow[] =>
  CHANCES.map((p) => {
    const asia = readFails(named('asia', p));
    const split = readFails(named('split', p));
    const sixMonths = mixed([
      { days: ALONE_DAYS, fails: asia },
      { days: SPLIT_DAYS, fails: split },
    ]);
    return { p, asia, split, sixMonths };
  });

export interface LayoutRow {
  readonly name: string;
  readonly p: number;
  readonly fails: number;
  /** While Europe, where no light of this transaction is, is dark; `undefined` where nothing is there. */
  readonly failsWithoutEurope: number | undefined;
}

const isInEurope = ({ continent }: Group): boolean => continent === 'europe';

/** The owner's layouts beside those that survive more. */
export const layoutsTable = (): LayoutRow[] =>
  (Object.keys(LAYOUTS) as (keyof typeof LAYOUTS)[]).flatMap((name) =>
    CHANCES.map((p) => {
      const layout = named(name, p);
      return {
        name,
        p,
        fails: readFails(layout),
        failsWithoutEurope: layout.anchors.some(isInEurope)
          ? readFails(without(layout, isInEurope))
          : undefined,
      };
    }),
  );

export interface Sensitivity {
  readonly p: number;
  readonly fails: number;
  readonly alarms: readonly number[];
}

/** What a layout does as its lights are online more or less. */
export const sensitivity = (
  layout: Layout,
  chances: readonly number[],
  floors: readonly number[] = FLOORS,
): Sensitivity[] =>
  chances.map((p) => {
    const at = withLights(layout, p);
    return { p, fails: readFails(at), alarms: floors.map((floor) => alarms(at, floor)) };
  });

/** Anchors that are up less and more than the owner's. */
export const ANCHORS_UP: readonly number[] = [0.99, 0.999, 0.9999];
/** From lights that hardly anybody leaves on to those of an evening. */
const SPREAD: readonly number[] = [0.02, 0.05, 0.08, 0.1, 0.15, 0.2, 0.3];
/** Above k: the owner's floor, and two that are too high. */
const ABOVE: readonly number[] = [2, 4, 6];

export interface SpreadRow {
  readonly p: number;
  /** For each of `ANCHORS_UP`. */
  readonly nines: readonly number[];
  readonly alarms: readonly number[];
}

export interface Spread {
  readonly floors: readonly number[];
  readonly rows: readonly SpreadRow[];
}

/** How much hangs on what is only assumed: lights online, anchors up, and where the floor is. */
export function spread(layout: Layout): Spread {
  const floors = ABOVE.map((above) => layout.k + above).filter(
    (floor) => floor <= piecesOf(layout),
  );
  const up = ANCHORS_UP.map((online) => withAnchors(layout, online));
  return {
    floors,
    rows: sensitivity(layout, SPREAD, floors).map(({ p, alarms: rings }) => ({
      p,
      nines: up.map((at) => ninesOf(readFails(withLights(at, p)))),
      alarms: rings,
    })),
  };
}

const withAnchors = (layout: Layout, online: number): Layout => ({
  ...layout,
  anchors: layout.anchors.map((group) => Object.assign({}, group, { online })),
});

/** 0 to 0.3 in steps: where lights are, and a little beyond. */
export const CURVE: readonly number[] = Array.from({ length: 31 }, (_, i) => i / 100);

export interface Change {
  readonly name: string;
  readonly layout: Layout;
  /** Bytes stored for each byte sent. */
  readonly stored: number;
}

/** What one step more would be: "how many nines do I have, and what would one more cost". */
export function changesTo(layout: Layout): Change[] {
  const [lights, anchors] = [layout.lights[0], layout.anchors[0]];
  const all: (readonly [name: string, layout: Layout | undefined])[] = [
    ['as it is', layout],
    [
      '10 lights more',
      lights && { ...layout, lights: [grown(lights, 10), ...layout.lights.slice(1)] },
    ],
    [
      'a piece more on each anchor',
      anchors && { ...layout, anchors: layout.anchors.map(withPieceMore) },
    ],
    [
      'an anchor more on each continent',
      anchors && { ...layout, anchors: layout.anchors.map((group) => grown(group, 1)) },
    ],
    [
      'the first anchors on one more continent',
      anchors && { ...layout, anchors: [...layout.anchors, { ...anchors, continent: 'another' }] },
    ],
  ];
  return all.flatMap(([name, changed]) =>
    changed === undefined ? [] : [{ name, layout: changed, stored: piecesOf(changed) / changed.k }],
  );
}

const grown = (group: Group, by: number): Group => ({ ...group, devices: group.devices + by });
const withPieceMore = (group: Group): Group => ({ ...group, piecesEach: group.piecesEach + 1 });

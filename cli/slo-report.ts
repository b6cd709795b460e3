/** All that `city-chain slo` tells of one layout, as data: what `--json` prints. */
import type { Chart } from '#simulations/plot/chart.ts';
import { ninesOf, readFails } from '#simulations/slo/availability.ts';
import {
  durability,
  hasChain,
  UNREPAIRED,
  type Durability,
  type Repairing,
} from '#simulations/slo/durability.ts';
import { withLights, without, type Layout } from '#simulations/slo/layout.ts';
import {
  acksOf,
  onlyAcked,
  liarsCovered,
  promiseIsEmpty,
  readFailsAmongLiars,
  type Acks,
} from '#simulations/slo/liars.ts';
import {
  continentCauses,
  operatorCauses,
  readFailsUnder,
  withContinentGone,
} from '#simulations/slo/outages.ts';
import {
  isPlaceable,
  sampleReads,
  SAMPLING,
  SAMPLING_DARK,
  type Sampled,
} from '#simulations/slo/sampled.ts';
import {
  changesTo,
  CURVE,
  layoutsTable,
  ownersTable,
  sensitivity,
  spread,
  type LayoutRow,
  type OwnersRow,
  type Spread,
} from '#simulations/slo/tables.ts';

export interface Asked {
  readonly layout: Layout;
  readonly chances: readonly number[];
  readonly gone: string | undefined;
  readonly continentLoss: number;
  readonly operatorLoss: number;
  readonly liars: number;
  readonly margin: number;
  readonly floor: number;
  readonly days: number;
  readonly repairing: Repairing;
  readonly reads: number | undefined;
  readonly seed: number;
}

export interface AtChance {
  readonly p: number;
  readonly fails: number;
  readonly nines: number;
  /** P(online < floor) with nothing lost. */
  readonly alarms: number;
  /** While each continent is dark. */
  readonly gone: readonly { readonly continent: string; readonly fails: number }[];
  /** With outages of continents, and of operators, that come by chance. */
  readonly failsWithContinentLoss: number;
  readonly failsWithOperatorLoss: number;
  readonly failsAmongLiars: number;
  /** Of a later read, had none but the pieces of the ack rule ever arrived. */
  readonly failsIfOnlyAcked: number;
  /** `undefined` where there are too many kinds of anchors for the chain, or none. */
  readonly kept: Durability | undefined;
  readonly unrepaired: Durability | undefined;
  /** `undefined` where it was not asked for, or where no city would place such a layout. */
  readonly sampled: { readonly alone: Lot; readonly together: Lot } | undefined;
}

/** By lot: devices failing by themselves; continents going dark as well. */
export type Lot = Sampled & { readonly agrees: boolean };
type Judged = Pick<AtChance, 'fails' | 'failsWithContinentLoss'>;

export interface Report {
  readonly asked: Asked;
  readonly owners: readonly OwnersRow[];
  readonly layouts: readonly LayoutRow[];
  readonly at: readonly AtChance[];
  readonly acks: Acks & { readonly liarsCovered: number; readonly promiseIsEmpty: number };
  readonly changes: readonly {
    readonly name: string;
    readonly stored: number;
    readonly nines: readonly number[];
  }[];
  readonly spread: Spread;
  readonly chart: Chart;
}

export function reportOf(asked: Asked): Report {
  const { gone } = asked;
  const layout =
    gone === undefined
      ? asked.layout
      : without(asked.layout, ({ continent }) => continent === gone);
  const acks = acksOf(asked.layout, asked.margin);
  const unrepaired = unrepairedOf(asked, layout);
  return {
    asked,
    owners: ownersTable(),
    layouts: layoutsTable(),
    at: asked.chances.map((p) => ({ ...atChance(asked, withLights(layout, p), p), unrepaired })),
    acks: {
      ...acks,
      liarsCovered: liarsCovered(acks),
      promiseIsEmpty: promiseIsEmpty(acks, asked.liars),
    },
    changes: changesTo(layout).map(({ name, layout: changed, stored }) => ({
      name,
      stored,
      nines: asked.chances.map((p) => ninesOf(readFails(withLights(changed, p)))),
    })),
    spread: spread(layout),
    chart: chartOf(asked, layout),
  };
}

function atChance(asked: Asked, layout: Layout, p: number): Omit<AtChance, 'unrepaired'> {
  const [{ fails, alarms }] = sensitivity(layout, [p], [asked.floor]) as [
    ReturnType<typeof sensitivity>[number],
  ];
  const { continentLoss, operatorLoss, liars, days, repairing } = asked;
  const whole = withLights(asked.layout, p);
  const failsWithContinentLoss = readFailsUnder(layout, continentCauses(layout, continentLoss));
  return {
    p,
    fails,
    nines: ninesOf(fails),
    alarms: alarms[0]!,
    gone: withContinentGone(layout),
    failsWithContinentLoss,
    failsWithOperatorLoss: readFailsUnder(layout, operatorCauses(layout, operatorLoss)),
    failsAmongLiars: readFailsAmongLiars(layout, liars),
    failsIfOnlyAcked: readFails(onlyAcked(whole, acksOf(whole, asked.margin))),
    kept: isInChain(layout) ? durability(layout, repairing, days) : undefined,
    sampled: sampledOf(asked, layout, { fails, failsWithContinentLoss }),
  };
}

const isInChain = (layout: Layout): boolean =>
  hasChain(layout) && layout.lights.length > 0 && layout.anchors.length > 0;

/** Who repairs nothing does not hang on who is online. */
function unrepairedOf({ repairing, days }: Asked, layout: Layout): Durability | undefined {
  const { startAt, anchorPiecesLow, urgentAt } = UNREPAIRED;
  return isInChain(layout)
    ? durability(layout, { ...repairing, startAt, anchorPiecesLow, urgentAt }, days)
    : undefined;
}

function sampledOf(asked: Asked, layout: Layout, exact: Judged): AtChance['sampled'] {
  const { reads, seed, continentLoss } = asked;
  if (reads === undefined || !isPlaceable(layout)) return undefined;
  const alone = sampleReads(layout, { ...SAMPLING, reads, seed });
  const together = sampleReads(layout, { ...SAMPLING_DARK, reads, seed, dark: continentLoss });
  return {
    alone: { ...alone, agrees: Math.abs(alone.fails - exact.fails) <= alone.within },
    together: {
      ...together,
      agrees: Math.abs(together.fails - exact.failsWithContinentLoss) <= together.within,
    },
  };
}

function chartOf({ liars }: Asked, layout: Layout): Chart {
  const curve = (name: string, failsAt: (at: Layout) => number) => ({
    name,
    points: CURVE.map((p) => [p, failsAt(withLights(layout, p))] as const),
  });
  const continents = withContinentGone(layout).map(({ continent }) => continent);
  return {
    title: 'How often a read fails',
    x: { label: 'p: chance that a light is online' },
    y: { label: 'chance of failure', isLog: true },
    series: [
      curve('this layout', readFails),
      ...continents.map((continent) =>
        curve(`${continent} gone`, (at) =>
          readFails(without(at, (group) => group.continent === continent)),
        ),
      ),
      curve(`${Math.round(100 * liars)} % of lights lie`, (at) => readFailsAmongLiars(at, liars)),
    ],
  };
}

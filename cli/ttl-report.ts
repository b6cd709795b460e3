/** All that `city-chain ttl` tells, as data: what `--json` prints. */
import type { Chart } from '#simulations/plot/chart.ts';
import {
  bytesPerDay,
  capBytesFor,
  daysKept,
  devicesFor,
  perDayFor,
  type Keeping,
} from '#simulations/ttl/keeping.ts';
import {
  ackBytesPerDay,
  daysAfter,
  leftOf,
  overheadsOf,
  type Overhead,
} from '#simulations/ttl/overheads.ts';
import { forAnchors, forLights, type Recommended } from '#simulations/ttl/recommended.ts';
import { ARRIVALS, CASES, DECIMAL_DAYS } from '#simulations/ttl/tables.ts';

export interface Asked {
  readonly kind: 'lights' | 'anchors';
  readonly keeping: Keeping;
  /** Turned around: so long it should be. */
  readonly days: number | undefined;
  readonly keepsCapsules: boolean;
}

export interface Needed {
  readonly days: number;
  /** Each alone, the others as asked: by the formula, and with the overheads. */
  readonly devices: number;
  readonly devicesWithOverheads: number;
  readonly capBytes: number;
  readonly capBytesWithOverheads: number;
  readonly perDay: number;
  readonly perDayWithOverheads: number;
  /** Over all devices, by the formula. */
  readonly totalBytes: number;
}

export interface Report {
  readonly asked: Asked;
  readonly units: 'binary';
  readonly tables: readonly { readonly name: string; readonly days: readonly number[] }[];
  readonly arrivals: readonly number[];
  readonly decimal: typeof DECIMAL_DAYS;
  readonly bytesPerDay: number;
  readonly days: number;
  readonly overheads: readonly Overhead[];
  readonly daysAfterOverheads: number;
  readonly ackBytesPerDay: ReturnType<typeof ackBytesPerDay>;
  readonly recommended: { readonly byFormula: Recommended; readonly withOverheads: Recommended };
  readonly needed: Needed | undefined;
  readonly chart: Chart;
}

/** All 42 holders sign, whoever of them keeps. */
const ACKS = 42;

export function reportOf(asked: Asked): Report {
  const { keeping, kind } = asked;
  const overheads = overheadsFor(asked, keeping);
  const days = daysAfter(keeping, overheads);
  const advise = kind === 'lights' ? forLights : forAnchors;
  return {
    asked,
    units: 'binary',
    tables: CASES.map(({ name, keeping: of }) => ({
      name,
      days: ARRIVALS.map((perDay) => daysKept({ ...of, perDay })),
    })),
    arrivals: ARRIVALS,
    decimal: DECIMAL_DAYS,
    bytesPerDay: bytesPerDay(keeping),
    days: daysKept(keeping),
    overheads,
    daysAfterOverheads: days,
    ackBytesPerDay: ackBytesPerDay(keeping.perDay, ACKS),
    recommended: { byFormula: advise(daysKept(keeping)), withOverheads: advise(days) },
    needed: asked.days === undefined ? undefined : neededFor(asked, asked.days, leftOf(overheads)),
    chart: chartOf(keeping),
  };
}

/** Of a continent's anchors, each transaction is on three. */
const ANCHORS_EACH = 3;

/** An anchor holds its share of a transaction's pieces, a light one. */
function overheadsFor({ kind, keepsCapsules }: Asked, keeping: Keeping): Overhead[] {
  const piecesEach =
    kind === 'lights' ? 1 : Math.ceil(keeping.pieces / Math.min(keeping.devices, ANCHORS_EACH));
  return overheadsOf(keeping, { piecesEach, keepsCapsule: keepsCapsules });
}

function neededFor({ keeping }: Asked, days: number, left: number): Needed {
  const devices = devicesFor(days, keeping);
  const capBytes = capBytesFor(days, keeping);
  const perDay = perDayFor(days, keeping);
  return {
    days,
    devices: Math.ceil(devices),
    devicesWithOverheads: Math.ceil(devices / left),
    capBytes,
    capBytesWithOverheads: capBytes / left,
    perDay: Math.floor(perDay),
    perDayWithOverheads: Math.floor(perDay * left),
    totalBytes: days * bytesPerDay(keeping),
  };
}

/** Ten figures a decade, over the owner's arrivals. */
const CURVE_STEPS = 27;

const chartOf = (keeping: Keeping): Chart => ({
  title: 'How long pieces are kept',
  x: { label: 'transactions a day', isLog: true },
  y: { label: 'days', isLog: true },
  series: [
    {
      name: 'by the formula',
      points: Array.from({ length: CURVE_STEPS + 1 }, (_, i) => {
        const perDay = ARRIVALS[0]! * 10 ** (i / 10);
        return [perDay, daysKept({ ...keeping, perDay })] as const;
      }),
    },
  ],
});

/** A chart as data: what the writers of SVG (svg.ts) and of terminals (text.ts) draw. */
export interface Axis {
  readonly label: string;
  /** Powers of ten; for chances of failure. Points at 0 or below are left out. */
  readonly isLog?: boolean;
}

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Chart {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

/** Where a value lies on its axis, 0 to 1, and where to write figures beside it. */
export interface Scale {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

const TICKS = 6;

export const xScale = (chart: Chart): Scale => scaleOf(chart.x, valuesOf(chart, 0));
export const yScale = (chart: Chart): Scale => scaleOf(chart.y, valuesOf(chart, 1));

/** The points of a series that its axes can show. */
export const shown = ({ x, y }: Chart, { points }: Series): Series['points'] =>
  points.filter(([a, b]) => fits(x, a) && fits(y, b));

const fits = ({ isLog }: Axis, value: number): boolean =>
  Number.isFinite(value) && (isLog !== true || value > 0);

const valuesOf = (chart: Chart, which: 0 | 1): number[] =>
  chart.series.flatMap((series) => shown(chart, series).map((point) => point[which]));

function scaleOf({ isLog }: Axis, values: readonly number[]): Scale {
  // A chart that has nothing to show still has axes.
  const all = values.length > 0 ? values : [1];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  return isLog === true ? logScale(least, most) : evenScale(least, most);
}

function evenScale(least: number, most: number): Scale {
  const step = roundStep((most - least || Math.abs(most) || 1) / TICKS);
  const [from, to] = [Math.floor(least / step + 1e-9), Math.ceil(most / step - 1e-9)];
  const steps = Math.max(1, to - from);
  return {
    at: (value) => (value / step - from) / steps,
    ticks: Array.from({ length: steps + 1 }, (_, i) => Number(((from + i) * step).toPrecision(12))),
  };
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5].find((each) => each * power >= least) ?? 10);
}

function logScale(least: number, most: number): Scale {
  const [from, to] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
  const decades = Math.max(1, to - from);
  const every = Math.ceil(decades / TICKS);
  return {
    at: (value) => (Math.log10(value) - from) / decades,
    ticks: Array.from(
      { length: Math.floor(decades / every) + 1 },
      (_, i) => 10 ** (from + i * every),
    ),
  };
}

/** A figure beside an axis. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return '0';
  return size < 1e-3 || size >= 1e6 ? value.toExponential().replace('e+', 'e') : String(value);
}

/**
 * Charts as SVG, written by hand: axes, figures, one line a series, names beside the lines' ends. No
 * scripts, no fonts, no styles from outside; the same chart gives the same bytes.
 */
import { shown, tickText, xScale, yScale, type Chart } from './chart.ts';

const SIZE = { width: 840, height: 480 } as const;
const FRAME = { left: 80, right: 200, top: 48, bottom: 56 } as const;
const INNER = {
  width: SIZE.width - FRAME.left - FRAME.right,
  height: SIZE.height - FRAME.top - FRAME.bottom,
} as const;
/** Told apart also by those who do not see all colours (Okabe and Ito 2008). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];
const LINE_HEIGHT = 18;

export function svg(chart: Chart): string {
  const x = xScale(chart);
  const y = yScale(chart);
  const across = (value: number): number => FRAME.left + x.at(value) * INNER.width;
  const down = (value: number): number => FRAME.top + (1 - y.at(value)) * INNER.height;
  const bottom = FRAME.top + INNER.height;
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" font-family="sans-serif" font-size="13">`,
    `<rect width="${SIZE.width}" height="${SIZE.height}" fill="#ffffff"/>`,
    text(FRAME.left, FRAME.top - 20, chart.title, 'font-size="16"'),
    ...x.ticks.flatMap((tick) => [
      rule(across(tick), FRAME.top, across(tick), bottom),
      text(across(tick), bottom + 18, tickText(tick), 'text-anchor="middle"'),
    ]),
    ...y.ticks.flatMap((tick) => [
      rule(FRAME.left, down(tick), FRAME.left + INNER.width, down(tick)),
      text(FRAME.left - 8, down(tick) + 4, tickText(tick), 'text-anchor="end"'),
    ]),
    text(FRAME.left + INNER.width / 2, bottom + 42, chart.x.label, 'text-anchor="middle"'),
    `<g transform="rotate(-90)">${text(-FRAME.top - INNER.height / 2, 18, chart.y.label, 'text-anchor="middle"')}</g>`,
    ...chart.series.flatMap((series, i) => {
      const colour = COLOURS[i % COLOURS.length]!;
      const points = shown(chart, series).map(([a, b]) => `${fixed(across(a))},${fixed(down(b))}`);
      const at = FRAME.top + 12 + i * LINE_HEIGHT;
      const beside = FRAME.left + INNER.width + 16;
      return [
        `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.join(' ')}"/>`,
        `<rect x="${beside}" y="${at - 9}" width="12" height="4" fill="${colour}"/>`,
        text(beside + 20, at, series.name, ''),
      ];
    }),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

const fixed = (value: number): string => String(Number(value.toFixed(2)));

const rule = (x1: number, y1: number, x2: number, y2: number): string =>
  `<line x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}" stroke="#dddddd"/>`;

const text = (x: number, y: number, words: string, more: string): string =>
  `<text x="${fixed(x)}" y="${fixed(y)}"${more === '' ? '' : ` ${more}`}>${escaped(words)}</text>`;

/** Names of series may come from a command line. */
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
export const escaped = (words: string): string =>
  words.replaceAll(/[&<>"]/g, (each) => ENTITIES[each]!);

/** Charts: every point lies where it belongs, in SVG and in a terminal. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { xScale, yScale, type Chart } from '#simulations/plot/chart.ts';
import { svg } from '#simulations/plot/svg.ts';
import { textChart } from '#simulations/plot/text.ts';

const chart: Chart = {
  title: 'a <title> & more',
  x: { label: 'p' },
  y: { label: 'fails', isLog: true },
  series: [
    {
      name: 'one',
      points: [
        [0, 1],
        [0.1, 1e-3],
        [0.2, 1e-6],
      ],
    },
    {
      name: 'two',
      points: [
        [0, 1],
        [0.2, 0],
      ],
    },
  ],
};

describe('scales', () => {
  it('hold every value and every tick', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(
            fc.integer({ min: -1e6, max: 1e6 }).map((x) => x / 1_000),
            fc.double({ min: 1e-20, max: 1e9, noNaN: true }),
          ),
          { minLength: 1 },
        ),
        (points) => {
          const drawn: Chart = { ...chart, series: [{ name: '', points }] };
          for (const [scale, which] of [
            [xScale(drawn), 0],
            [yScale(drawn), 1],
          ] as const) {
            for (const value of [...scale.ticks, ...points.map((point) => point[which])]) {
              expect(scale.at(value)).toBeGreaterThanOrEqual(-1e-6);
              expect(scale.at(value)).toBeLessThanOrEqual(1 + 1e-6);
            }
          }
        },
      ),
    );
  });
  it('are there where there is nothing to show', () => {
    const empty: Chart = { ...chart, series: [{ name: 'none', points: [[0, 0]] }] };
    expect(yScale(empty).at(1)).toBe(0);
    expect(textChart(empty)).toContain('a  none');
  });
  it('are even where they are not logarithmic', () => {
    expect(xScale(chart).ticks).toEqual([0, 0.05, 0.1, 0.15, 0.2]);
    expect(xScale(chart).at(0.1)).toBeCloseTo(0.5, 12);
    expect(yScale(chart).at(1e-3)).toBeCloseTo(0.5, 12);
  });
});

describe('svg', () => {
  const drawn = svg(chart);

  it('draws every point that the axes can show', () => {
    const lines = [...drawn.matchAll(/points="([^"]*)"/g)].map((match) => match[1]!.split(' '));
    expect(lines.map((points) => points.length)).toEqual([3, 1]);
    // Left above, right below: within the frame.
    expect(lines[0]).toEqual(['80,48', '360,236', '640,424']);
  });
  it('lets no name break out of the text', () => {
    expect(drawn).toContain('a &lt;title&gt; &amp; more');
    expect(drawn).not.toContain('<title>');
    expect(drawn.startsWith('<svg ') && drawn.endsWith('</svg>\n')).toBe(true);
  });
});

describe('a terminal', () => {
  it('shows a letter a series, and a star where they meet', () => {
    const lines = textChart(chart).split('\n');
    expect(lines[0]).toBe('a <title> & more (fails)');
    expect(lines[1]).toMatch(/^ +1 \|\*$/);
    expect(lines[9]).toMatch(/^0\.001 \| {30}a$/);
    expect(lines[17]).toMatch(/^ *1e-6 \| {60}a$/);
    expect(lines.slice(-2).map((line) => line.trim())).toEqual(['a  one', 'b  two']);
  });
});

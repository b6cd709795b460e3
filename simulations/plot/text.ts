/** Charts for terminals: a letter a series, figures at the left and below, names at the end. */
import { shown, tickText, xScale, yScale, type Chart } from './chart.ts';

const COLUMNS = 60;
const ROWS = 16;
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';
/** Where several series meet. */
const SHARED = '*';

export function textChart(chart: Chart): string {
  const x = xScale(chart);
  const y = yScale(chart);
  const grid = Array.from({ length: ROWS + 1 }, () =>
    Array.from({ length: COLUMNS + 1 }, () => ' '),
  );
  for (const [i, series] of chart.series.entries()) {
    const letter = LETTERS[i % LETTERS.length]!;
    for (const [a, b] of shown(chart, series)) {
      const row = grid[rowOf(y.at(b))]!;
      const column = Math.round(x.at(a) * COLUMNS);
      row[column] = row[column] === ' ' || row[column] === letter ? letter : SHARED;
    }
  }
  const labels = new Map(y.ticks.map((tick) => [rowOf(y.at(tick)), tickText(tick)]));
  const width = Math.max(...[...labels.values()].map((label) => label.length));
  const [first, last] = [tickText(x.ticks[0]!), tickText(x.ticks.at(-1)!)];
  return [
    `${chart.title} (${chart.y.label})`,
    ...grid.map((row, i) => `${(labels.get(i) ?? '').padStart(width)} |${row.join('').trimEnd()}`),
    `${' '.repeat(width)} +${'-'.repeat(COLUMNS + 1)}`,
    `${' '.repeat(width)}  ${below(first, chart.x.label, last)}`,
    ...chart.series.map(
      ({ name }, i) => `${' '.repeat(width)}  ${LETTERS[i % LETTERS.length]!}  ${name}`,
    ),
  ].join('\n');
}

const rowOf = (at: number): number => Math.round((1 - at) * ROWS);

function below(first: string, label: string, last: string): string {
  const room = COLUMNS + 1 - first.length - last.length;
  const before = Math.max(1, Math.floor((room - label.length) / 2));
  const after = Math.max(1, room - label.length - before);
  return `${first}${' '.repeat(before)}${label}${' '.repeat(after)}${last}`;
}

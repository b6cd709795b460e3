/** The report as one page: no script, nothing from elsewhere, so that it can be sent and kept. */
import { escaped, svg } from '../plot/svg.ts';
import { chartsOf } from './charts.ts';
import {
  figureRows,
  latencyRows,
  promiseRows,
  strokeRow,
  verdictOf,
  worstOf,
  type Row,
  type Told,
} from './report.ts';

const STYLE = `body{font:15px/1.5 sans-serif;max-width:70em;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;margin:1em 0}td{padding:.2em .8em;border-bottom:1px solid #ddd;vertical-align:top}
.BROKEN,.unchecked{color:#b00;font-weight:bold}svg{max-width:42em;display:block;margin:1em 0}`;

export function pageOf(all: readonly Told[], how: readonly string[]): string {
  const rows = all.map(({ outcome, line }) => [
    worstOf(outcome),
    outcome.name,
    line,
    verdictOf(outcome),
  ]);
  return [
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>city-chain chaos</title>',
    `<style>${STYLE}</style>`,
    '<h1>A city, damaged</h1>',
    tableOf(rows),
    '<h2>How this is known</h2>',
    `<ul>${how.map((each) => `<li>${escaped(each)}</li>`).join('')}</ul>`,
    ...all.map(sectionOf),
    '</html>\n',
  ].join('\n');
}

const sectionOf = (told: Told): string =>
  [
    `<h2>${escaped(told.outcome.name)}</h2><p>${escaped(told.line)}. Seed ${told.outcome.seed}.</p>`,
    `<p class="${worstOf(told.outcome)}">${escaped(verdictOf(told.outcome))}</p>`,
    tableOf(figureRows(told)),
    tableOf(latencyRows(told.outcome.figures)),
    '<h3>What was done</h3>',
    tableOf(told.record.strokes.map(strokeRow)),
    '<h3>What was promised</h3>',
    tableOf(promiseRows(told.outcome)),
    ...chartsOf(told.record).map(svg),
  ].join('\n');

const tableOf = (rows: readonly Row[]): string =>
  `<table>${rows.map((row) => `<tr>${row.map(cell).join('')}</tr>`).join('\n')}</table>`;

const cell = (words: string): string =>
  `<td${MARKED.has(words) ? ` class="${words}"` : ''}>${escaped(words)}</td>`;

const MARKED: ReadonlySet<string> = new Set(['BROKEN', 'unchecked']);

/** `city-chain audit [NODE]`: what audits found of the nodes of a city, or of one. */
import { Command } from 'commander';
import type { Line } from '#protocols/audit.messages.ts';
import { harmonyText } from './harmony.ts';
import { standingOf, standingsOf, stateText, type Shown } from './standings.ts';
import { table } from './table.ts';
import type { Whereabouts } from './whereabouts.ts';
import { withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('audit')
      .description('show what audits found of the nodes of a city')
      .argument('[node]', 'one alone, by its name'),
  ).action(run);
}

async function run(node: string | undefined, options: Options): Promise<void> {
  const told = node === undefined ? await standingsOf(options) : await standingOf(options, node);
  console.log(options.json === true ? JSON.stringify(jsonOf(told)) : textOf(told));
}

export const jsonOf = ({ settledMs, acts, made, slashed, lines }: Shown) => ({
  settled: new Date(settledMs).toISOString(),
  acts,
  made: harmonyText(made),
  slashed: harmonyText(slashed),
  nodes: lines.map((line) => ({
    node: line.node,
    role: line.role,
    state: stateText(line),
    score: line.permille,
    shown: line.shown,
    bytes: line.bytes,
    harmony: harmonyText(line.balance),
  })),
});

export function textOf({ settledMs, acts, lines }: Shown): string {
  const holders = lines.filter(({ role }) => role !== 'delegate');
  const rows = holders.map((line) => [
    line.node,
    line.role,
    stateText(line),
    String(line.permille),
    String(line.shown),
    String(line.bytes),
  ]);
  const head = ['node', 'role', 'state', 'score', 'rows shown', 'bytes'];
  const until = settledMs === 0 ? 'nothing is settled yet' : `settled ${timeText(settledMs)}`;
  return [
    table([head, ...rows]),
    '',
    `${holders.length} audited, ${until}, after ${acts} acts`,
  ].join('\n');
}

export const timeText = (ms: number): string => new Date(ms).toISOString();

/** By its score, for other tables. */
export const scoresOf = (lines: readonly Line[]): ReadonlyMap<string, Line> =>
  new Map(lines.map((line) => [line.node, line]));

/** `city-chain rewards`: who was paid how much for what audits found to be held, and what was made in all. */
import { Command } from 'commander';
import { jsonOf, timeText } from './audit.ts';
import { harmonyText } from './harmony.ts';
import { standingsOf, stateText, type Shown } from './standings.ts';
import { table } from './table.ts';
import type { Whereabouts } from './whereabouts.ts';
import { withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('rewards').description('show what holding and auditing has been paid in a city'),
  ).action(run);
}

async function run(options: Options): Promise<void> {
  const told = await standingsOf(options);
  console.log(options.json === true ? JSON.stringify(jsonOf(told)) : textOf(told));
}

export function textOf({ settledMs, made, slashed, lines }: Shown): string {
  const paid = lines.toSorted((a, b) =>
    a.balance === b.balance ? 0 : a.balance > b.balance ? -1 : 1,
  );
  const rows = paid.map((line) => [
    line.node,
    line.role,
    stateText(line),
    harmonyText(line.balance),
  ]);
  const sums = `made ${harmonyText(made)} Harmony, slashed ${harmonyText(slashed)}`;
  const until = settledMs === 0 ? 'nothing is settled yet' : `settled ${timeText(settledMs)}`;
  return [table([['node', 'role', 'state', 'Harmony'], ...rows]), '', `${sums}, ${until}`].join(
    '\n',
  );
}

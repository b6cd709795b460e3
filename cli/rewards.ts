/**
 * `city-chain rewards`: what holding and auditing has earned, what of that was paid into accounts, and what is still to come.
 *
 *   $ city-chain rewards
 *   node                        role   state  Harmony      to            waits
 *   asia.ishikawa.komatsu.l07   light  sound  0.000000420  4kqz...p3wa   -
 *   ...
 *   made 12.000000000 Harmony, slashed 0.000000000, paid into accounts 11.000000000, settled 2026-01-01T12:00:00.000Z
 */
import { Command } from 'commander';
import { nameText } from '#algorithms/identity.ts';
import type { Line } from '#protocols/audit.messages.ts';
import { catalogue } from '#protocols/codec.ts';
import { AskObject, ToldObject } from '#protocols/ledger.messages.ts';
import { NO_PAYROLL, PAYROLL_NAME, type Payroll } from '#protocols/objects/object.ts';
import { place } from '#protocols/subjects.ts';
import { askCity } from './ask-city.ts';
import { jsonOf, timeText } from './audit.ts';
import { harmonyText } from './harmony.ts';
import { standingsOf, stateText, type Shown } from './standings.ts';
import { table } from './table.ts';
import { cityOf, urlOf, type Whereabouts } from './whereabouts.ts';
import { withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('rewards').description(
      'show what holding and auditing has earned in a city, and what of it was paid',
    ),
  ).action(run);
}

async function run(options: Options): Promise<void> {
  const [told, payroll] = [await standingsOf(options), await payrollOf(options)];
  const json = (): string => JSON.stringify({ ...jsonOf(told), ...paidJson(told, payroll) });
  console.log(options.json === true ? json() : textOf(told, payroll));
}

async function payrollOf(options: Options): Promise<Payroll> {
  const { object } = await askCity({
    url: urlOf(options),
    city: place(cityOf(options)),
    role: 'ledger',
    message: AskObject.of({ name: PAYROLL_NAME }),
    hears: catalogue(ToldObject),
    says: catalogue(AskObject),
  });
  return object?.value.is === 'payroll' ? object.value : NO_PAYROLL;
}

export const paidJson = ({ lines }: Pick<Shown, 'lines'>, { issued, sums }: Payroll) => ({
  paid: harmonyText(issued),
  agreed: new Date(sums.untilMs).toISOString(),
  accounts: lines.map(({ node, to, unclaimed }) => ({
    node,
    to: to && nameText(to),
    waits: harmonyText(unclaimed),
  })),
});

export function textOf({ settledMs, made, slashed, lines }: Shown, { issued }: Payroll): string {
  const most = lines.toSorted((a, b) =>
    a.balance === b.balance ? 0 : a.balance > b.balance ? -1 : 1,
  );
  const rows = most.map(rowOf);
  const head = ['node', 'role', 'state', 'Harmony', 'to', 'waits'];
  const sums = `made ${harmonyText(made)} Harmony, slashed ${harmonyText(slashed)}`;
  const paid = `paid into accounts ${harmonyText(issued)}`;
  const until = settledMs === 0 ? 'nothing is settled yet' : `settled ${timeText(settledMs)}`;
  return [table([head, ...rows]), '', `${sums}, ${paid}, ${until}`].join('\n');
}

/** Last to whose account it goes; else it waits until the node says so (`payee`). */
const rowOf = (line: Line): string[] => [
  line.node,
  line.role,
  stateText(line),
  harmonyText(line.balance),
  line.to === undefined ? 'nobody yet' : nameText(line.to),
  line.unclaimed === 0n ? '-' : harmonyText(line.unclaimed),
];

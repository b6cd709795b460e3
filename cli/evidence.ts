/** `city-chain evidence`: what delegates were convicted of, by what was ordered, and what it has cost them. */
import { Command } from 'commander';
import { nameText } from '#algorithms/identity.ts';
import type { Offence } from '#protocols/stake/stakes.ts';
import { percentText, stakesOf, type Told } from './stakes.ts';
import { table } from './table.ts';
import type { Whereabouts } from './whereabouts.ts';
import { withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('evidence').description('show what delegates of a city were convicted of'),
  ).action(run);
}

async function run(options: Options): Promise<void> {
  const told = await stakesOf(options);
  console.log(options.json === true ? JSON.stringify(jsonOf(told)) : textOf(told));
}

interface Convicted {
  readonly node: string;
  readonly offence: Offence;
}

const convictedIn = ({ stakes, nodes }: Told): Convicted[] =>
  stakes.delegates
    .flatMap(({ offence }, i) => (offence === undefined ? [] : [{ node: nodes[i]!, offence }]))
    .toSorted((a, b) => a.offence.height - b.offence.height);

export const jsonOf = (told: Told) => ({
  height: told.height,
  convicted: convictedIn(told).map(({ node, offence }) => ({
    node,
    fault: offence.fault,
    epoch: offence.epoch,
    height: offence.height,
    act: nameText(offence.act),
    stake: String(offence.stake),
    taken: String(offence.taken),
  })),
});

export function textOf(told: Told): string {
  const all = convictedIn(told);
  if (all.length === 0) return `no delegate was convicted of anything up to height ${told.height}`;
  const rows = all.map(({ node, offence }) => [
    node,
    offence.fault,
    String(offence.epoch),
    String(offence.height),
    `${offence.taken} of ${offence.stake} (${percentText(offence.taken, offence.stake)})`,
    nameText(offence.act),
  ]);
  const head = ['delegate', 'convicted of', 'epoch', 'height', 'lost', 'by the act'];
  return [table([head, ...rows]), '', 'a tombstone each: they stand in no later election'].join(
    '\n',
  );
}

/**
 * `city-chain evidence`: what delegates were convicted of, by what was ordered, and what it has cost them; and whether the
 * order has split: then delegates have halted, with what shows it. And what members of the levels above it have found.
 */
import { Command } from 'commander';
import { nameText } from '#algorithms/identity.ts';
import { headDigest } from '#protocols/city-batch.ts';
import { catalogue } from '#protocols/codec.ts';
import { Accusations, AskAccused } from '#protocols/dag.messages.ts';
import type { CityFork } from '#protocols/double-vote.ts';
import type { Offence } from '#protocols/stake/stakes.ts';
import type { NodeAddress } from '#protocols/subjects.ts';
import { offerCityBackends } from '#runtime/backends.ts';
import { askDelegates } from './ask-delegates.ts';
import { aboveJson, aboveText, foundAbove } from './evidence-above.ts';
import { percentText, stakesOf, type Told } from './stakes.ts';
import { table } from './table.ts';
import { Failed } from './unfit.ts';
import type { Whereabouts } from './whereabouts.ts';
import { withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly genesis?: string;
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('evidence')
      .description('show what delegates were convicted of, in a city and above it')
      .option('--genesis <file>', 'of the network; else `genesis.json` in the data folder'),
  ).action(run);
}

async function run(options: Options): Promise<void> {
  const [told, forks] = [await stakesOf(options), await forksOf(options)];
  await offerCityBackends(process.env['CITY_CHAIN_BACKENDS']);
  const above = await foundAbove(options, options.genesis);
  const shown = { ...jsonOf(told), above: above?.map(aboveJson), forks: forks.map(forkJson) };
  const text = [textOf(told), aboveText(above), ...forks.map(forkText)].join('\n\n');
  console.log(options.json === true ? JSON.stringify(shown) : text);
  if (forks.length > 0) throw new Failed('the order of this city has split');
}

/** A split of the order, and who says so. */
export interface Seen {
  readonly fork: CityFork;
  readonly by: readonly NodeAddress[];
}

async function forksOf(options: Options): Promise<readonly Seen[]> {
  const told = await askDelegates(options, {
    role: 'city',
    message: AskAccused.of({}),
    hears: catalogue(Accusations),
    says: catalogue(AskAccused),
  });
  const seen = new Map<string, { readonly fork: CityFork; readonly by: NodeAddress[] }>();
  for (const { node, told: said } of told) {
    if (said?.fork === undefined) continue;
    const name = digestsOf(said.fork).toSorted().join(' ');
    const known = seen.get(name) ?? { fork: said.fork, by: [] };
    known.by.push(node);
    seen.set(name, known);
  }
  return [...seen.values()];
}

const digestsOf = ({ one, other }: CityFork): string[] =>
  [one, other].map(({ head }) => nameText(headDigest(head)));

export const forkJson = ({ fork, by }: Seen) => ({
  height: fork.one.head.height,
  epoch: fork.one.head.epoch,
  batches: digestsOf(fork),
  halted: by,
});

export function forkText({ fork, by }: Seen): string {
  const [one, other] = digestsOf(fork);
  const { height } = fork.one.head;
  return [
    `FORK: two batches of height ${height} are sealed by more than two thirds each:`,
    `  ${one}`,
    `  ${other}`,
    `halted: ${by.join(', ')}. More than a third of the stake has sealed both.`,
  ].join('\n');
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

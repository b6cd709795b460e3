/**
 * `city-chain elect`: what the next election would give by what was ordered so far, and how likely a committee of that
 * size is captured by those who hold a share of the stake.
 */
import { Command } from 'commander';
import { captureProbability, faultyMax } from '#algorithms/election/capture.ts';
import { stakesOf, percentText, epochText, type Told } from './stakes.ts';
import { table } from './table.ts';
import type { Whereabouts } from './whereabouts.ts';
import { withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly json?: boolean;
}

/** Shares of the stake in one hand, in hundredths. */
const SHARES = [10, 20, 30] as const;
/** An epoch in which this happens once in a million is borne. */
const BORNE = 1e-6;

export function command(): Command {
  return withCityOptions(
    new Command('elect').description('show what the next election of a city would give by now'),
  ).action(run);
}

async function run(options: Options): Promise<void> {
  const told = await stakesOf(options);
  console.log(options.json === true ? JSON.stringify(jsonOf(told)) : textOf(told));
}

/** Who could sit, and how many do. */
function sizeOf({ standing, next }: Told): { readonly standing: number; readonly seats: number } {
  return { standing: standing.filter((each) => each === 'stands').length, seats: next.length };
}

const captured = (seats: number): readonly { share: number; probability: number }[] =>
  SHARES.map((share) => ({ share, probability: captureProbability(seats, [share, 100]) }));

export const jsonOf = (told: Told) => ({
  epoch: told.stakes.epoch + 1,
  ...sizeOf(told),
  committee: told.next.map(({ of, stake }) => ({ node: told.nodes[of], votes: String(stake) })),
  left: told.standing.flatMap((why, i) => (why === 'stands' ? [] : [{ node: told.nodes[i], why }])),
  faultyMax: faultyMax(told.next.length),
  capture: captured(told.next.length),
});

export function textOf(told: Told): string {
  const { next, nodes, stakes, standing } = told;
  const whole = next.reduce((sum, { stake }) => sum + stake, 0n);
  const rows = next.map(({ of, stake }) => [nodes[of]!, String(stake), percentText(stake, whole)]);
  const out = standing.flatMap((why, i) => (why === 'stands' ? [] : [`${nodes[i]} (${why})`]));
  return [
    `the committee of epoch ${stakes.epoch + 1}, by now: ${epochText(told)}`,
    '',
    table([['delegate', 'votes', 'share'], ...rows]),
    '',
    ...(out.length === 0 ? [] : [`left out: ${out.join(', ')}`]),
    ...chances(told),
  ].join('\n');
}

function chances(told: Told): string[] {
  const { standing, seats } = sizeOf(told);
  const whoever = `bears ${faultyMax(seats)} of equal stake that are faulty`;
  if (seats >= standing)
    return [`all ${standing} who stand have a seat: nothing is drawn; it ${whoever}`];
  const all = captured(seats);
  const lines = all.map(
    ({ share, probability }) =>
      `captured by ${share} % of the stake with a chance of ${probability.toExponential(1)} an epoch`,
  );
  const isUnsafe = all[0]!.probability > BORNE;
  const warning = `WARNING: ${seats} seats drawn of ${standing} are too few: policy, stake.seats`;
  return [`${seats} seats; it ${whoever}`, ...lines, ...(isUnsafe ? [warning] : [])];
}

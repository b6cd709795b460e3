/** `city-chain delegates`: what each delegate has at stake, whether it takes part, and who orders. */
import { Command } from 'commander';
import { leavingOf } from '#protocols/stake/stakes.ts';
import { passedOver } from '#protocols/stake/turns.ts';
import { epochText, seenText, stakesOf, type Told } from './stakes.ts';
import { table } from './table.ts';
import type { Whereabouts } from './whereabouts.ts';
import { withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('delegates').description(
      'show what the delegates of a city have at stake, and who orders',
    ),
  ).action(run);
}

async function run(options: Options): Promise<void> {
  const told = await stakesOf(options);
  console.log(options.json === true ? JSON.stringify(jsonOf(told)) : textOf(told));
}

const seatOf = ({ stakes }: Told, who: number): bigint =>
  stakes.seats.find(({ of }) => of === who)?.stake ?? 0n;

/** Delegates whose turns others have. */
const passed = ({ stakes }: Told): ReadonlySet<number> =>
  new Set(passedOver(stakes).map((seat) => stakes.seats[seat]!.of));

/** With how much it orders, and whether it leads. */
function ordersText(told: Told, who: number): string {
  const votes = seatOf(told, who);
  if (votes === 0n) return '-';
  return passed(told).has(who) ? `${votes}, leads nothing` : String(votes);
}

export const jsonOf = (told: Told) => ({
  height: told.height,
  epoch: told.stakes.epoch,
  since: told.stakes.since,
  epochBatches: told.rules.epochBatches,
  delegates: told.stakes.delegates.map((each, i) => ({
    node: told.nodes[i],
    bonded: String(each.bonded),
    leaving: String(leavingOf(each)),
    free: String(each.free),
    slashed: String(each.slashed),
    seen: each.seen,
    standing: told.standing[i],
    votes: String(seatOf(told, i)),
    hasDrawn: each.hasDrawn,
    passedOver: passed(told).has(i),
  })),
});

export function textOf(told: Told): string {
  const rows = told.stakes.delegates.map((each, i) => [
    told.nodes[i]!,
    String(each.bonded),
    String(leavingOf(each)),
    String(each.free),
    String(each.slashed),
    seenText(told, i),
    told.standing[i]!,
    ordersText(told, i),
  ]);
  const head = ['delegate', 'bonded', 'leaving', 'free', 'slashed', 'seen', 'state', 'orders with'];
  return [table([head, ...rows]), '', epochText(told)].join('\n');
}

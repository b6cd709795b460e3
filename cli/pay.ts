/**
 * `city-chain pay AMOUNT RECEIVER`: Harmony out of one's own account into somebody's, of the same city or another one.
 *
 *   $ city-chain pay 2.5 4kqz...p3wa
 *   7q3k...x2ya  paid 2.500000000 Harmony in 0.14 s
 *   $ city-chain pay 2.5 4kqz...p3wa --to europe.catalonia.barcelona
 *   h2ma...77qe  paid 2.500000000 Harmony into europe.catalonia.barcelona in 3.20 s
 */
import { Command } from 'commander';
import { nameText } from '#algorithms/identity.ts';
import type { Paid } from '#dapp/payment.ts';
import { same } from '#lib/bytes.ts';
import { CityError } from '#protocols/errors.ts';
import { isPlace, type Place } from '#protocols/subjects.ts';
import { readSomebody } from './city/card.ts';
import { harmonyText, readHarmony } from './harmony.ts';
import { Failed, Unfit, wholeNumber } from './unfit.ts';
import { cityOf, type Whereabouts } from './whereabouts.ts';
import { keysOf, withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly keys?: string;
  readonly to?: string;
  readonly arrive: number;
  readonly note: string;
  readonly within: number;
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('pay')
      .description('pay Harmony to somebody, of this city or another one')
      .argument('<amount>', 'in Harmony, such as 5 or 0.25')
      .argument(
        '<receiver>',
        'as `keys show` prints a sender; or a file that `keys show --json` made',
      )
      .option('--keys <file>', 'who pays, as `keys new` makes it; else you')
      .option('--to <place>', 'the city of the receiver, if it is another one')
      .option(
        '--arrive <s>',
        'to another city: after so long it comes back',
        wholeNumber('--arrive', 5, 2_592_000),
        600,
      )
      .option('--note <text>', 'what the receiver is to read, where RECEIVER is a file', '')
      .option('--within <s>', 'how long to wait', wholeNumber('--within', 1, 3_600), 30),
  ).action(run);
}

async function run(given: string, somebody: string, options: Options): Promise<void> {
  const amount = readHarmony(given);
  const { receiver, reader } = readSomebody(somebody);
  const to = placeOf(options);
  const keys = keysOf(options.keys, (line) => console.error(line));
  // What is sent to a city that is not there nobody can prove not to have arrived.
  const network = to === undefined ? undefined : await networkOf({ ...options, city: to });
  await withCity(options, async (city) => {
    if (network !== undefined && !same(network, city.genesis.network))
      throw new CityError('WRONG_NETWORK', `${to} is of another network`);
    const startedAt = Date.now();
    const paid = await city.pay(amount, receiver, {
      keys,
      note: options.note,
      readers: reader === undefined ? [] : [reader],
      withinMs: options.within * 1_000,
      arriveMs: options.arrive * 1_000,
      ...(to === undefined ? {} : { to }),
    });
    const ms = Date.now() - startedAt;
    const shown = { ...paid, paid: harmonyText(amount), to: nameText(receiver), ms };
    console.log(
      options.json === true
        ? JSON.stringify(shown)
        : `${paid.txId}  ${wordsOf(paid, harmonyText(amount), to)} in ${(ms / 1_000).toFixed(2)} s`,
    );
    if (paid.stands === 'released') throw new Failed(`${paid.txId}: it did not arrive in time`);
  });
}

const networkOf = (there: Whereabouts): Promise<Uint8Array> =>
  withCity(there, (city) => Promise.resolve(city.genesis.network));

/** Another city than the one that is paid in. */
function placeOf(options: Options): Place | undefined {
  const { to } = options;
  if (to === undefined || to === cityOf(options)) return undefined;
  if (isPlace(to)) return to;
  throw new Unfit(`'${to}' is no city, expected continent.municipality.city`);
}

function wordsOf({ stands }: Paid, amount: string, to: Place | undefined): string {
  const what = `${amount} Harmony`;
  switch (stands) {
    case 'paid':
      return `paid ${what}`;
    case 'settled':
      return `paid ${what} into ${to}`;
    case 'released':
      return `${what} came back from ${to}`;
    case 'locked':
      return `${what} are on their way to ${to}: they arrive, or come back`;
  }
}

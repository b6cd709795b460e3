/**
 * `city-chain balance [KEY]`: what an account of the city has.
 *
 *   $ city-chain balance
 *   4kqz...p3wa  97.500000000 Harmony
 */
import { Command } from 'commander';
import { nameText } from '#algorithms/identity.ts';
import { readSomebody } from './city/card.ts';
import { harmonyText } from './harmony.ts';
import type { Whereabouts } from './whereabouts.ts';
import { keysOf, senderOf, withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly keys?: string;
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('balance')
      .description('show what an account of the city has')
      .argument('[key]', 'as `keys show` prints a sender, or a file that `keys show --json` made')
      .option('--keys <file>', 'whose, as `keys new` makes it; else yours'),
  ).action(run);
}

async function run(key: string | undefined, options: Options): Promise<void> {
  const who = whoIs(key, options);
  await withCity(options, async (city) => {
    const [account, balance] = [nameText(who), harmonyText(await city.balance(who))];
    console.log(
      options.json === true
        ? JSON.stringify({ account, balance })
        : `${account}  ${balance} Harmony`,
    );
  });
}

const whoIs = (key: string | undefined, { keys }: Options): Uint8Array =>
  key === undefined
    ? senderOf(keysOf(keys, (line) => console.error(line)))
    : readSomebody(key).receiver;

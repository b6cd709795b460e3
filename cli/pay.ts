/**
 * `city-chain pay AMOUNT RECEIVER`: Harmony out of one's own account into somebody's of the same city.
 *
 *   $ city-chain pay 2.5 4kqz...p3wa
 *   7q3k...x2ya  paid 2.500000000 Harmony in 0.14 s
 */
import { Command } from 'commander';
import { nameText } from '#algorithms/identity.ts';
import { doneOf } from '#dapp/client.ts';
import { readSomebody } from './city/card.ts';
import { harmonyText, readHarmony } from './harmony.ts';
import { wholeNumber } from './unfit.ts';
import { wayOf } from './way.ts';
import type { Whereabouts } from './whereabouts.ts';
import { keysOf, withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly keys?: string;
  readonly note: string;
  readonly within: number;
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('pay')
      .description('pay Harmony to somebody of the city')
      .argument('<amount>', 'in Harmony, such as 5 or 0.25')
      .argument(
        '<receiver>',
        'as `keys show` prints a sender; or a file that `keys show --json` made',
      )
      .option('--keys <file>', 'who pays, as `keys new` makes it; else you')
      .option('--note <text>', 'what the receiver is to read, where RECEIVER is a file', '')
      .option('--within <s>', 'how long to wait', wholeNumber('--within', 1, 3_600), 30),
  ).action(run);
}

async function run(given: string, to: string, options: Options): Promise<void> {
  const amount = readHarmony(given);
  const { receiver, reader } = readSomebody(to);
  const keys = keysOf(options.keys, (line) => console.error(line));
  await withCity(options, async (city) => {
    const withinMs = options.within * 1_000;
    const op = { op: 'pay', amount } as const;
    const readers = reader === undefined ? [] : [reader];
    const sent = city.submit(options.note, { keys, readers, receiver, op, withinMs });
    const { ms } = await wayOf(sent);
    const { height } = doneOf(await sent.until('COMMITTED'), sent.txId);
    const { txId } = sent;
    if (options.json === true)
      return console.log(
        JSON.stringify({ txId, paid: harmonyText(amount), to: nameText(receiver), height, ms }),
      );
    console.log(`${txId}  paid ${harmonyText(amount)} Harmony in ${(ms / 1_000).toFixed(2)} s`);
  });
}

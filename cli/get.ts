/**
 * `city-chain get ID`: a text comes back, opened with a reader's keys on this device.
 *
 *   $ city-chain get 7q3k...x2ya
 *   Hello
 */
import { Command, Option } from 'commander';
import type { Getting } from '#dapp/reads.ts';
import { shown } from './reading-line.ts';
import { wholeNumber } from './unfit.ts';
import type { Whereabouts } from './whereabouts.ts';
import { keysOf, withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly as?: string;
  readonly by: NonNullable<Getting['by']>;
  readonly within: number;
  readonly repair: boolean;
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('get')
      .description('bring a text back: from its pieces, with the keys of one who may read it')
      .argument('<id>', 'as `send` prints it')
      .option('--as <file>', 'whose keys open it, as `keys new` makes them; else your own')
      .option('--within <s>', 'how long to wait for it', wholeNumber('--within', 1, 600), 30)
      .addOption(
        new Option('--by <way>', 'how to wait for what is not to be had at once')
          .choices(['stream', 'note', 'poll'])
          .default('stream'),
      )
      .option('--no-repair', 'do not ask for a repair when it has to wait'),
  ).action(run);
}

async function run(id: string, options: Options): Promise<void> {
  const { by, within, repair } = options;
  const asJson = options.json === true;
  const keys = keysOf(options.as, (line) => console.error(line));
  await withCity(options, async (city) => {
    const reading = city.get(id, { keys, by, repair, withinMs: within * 1_000 });
    const { text, bytes, state } = await shown(reading, asJson);
    if (asJson) console.log(JSON.stringify({ txId: id, state, text }));
    else process.stdout.write(process.stdout.isTTY ? `${text}\n` : bytes);
  });
}

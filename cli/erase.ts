/**
 * `city-chain erase ID`: its sender has a transaction forgotten. Its header stays in the order, as a tombstone; ledgers
 * forget the capsules of its key, holders that are reached their pieces. Who is away keeps ciphertext until it expires.
 *
 *   $ city-chain erase 7q3k...x2ya
 *   7q3k...x2ya  erased
 */
import { Command } from 'commander';
import { Failed, wholeNumber } from './unfit.ts';
import type { Whereabouts } from './whereabouts.ts';
import { keysOf, withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly as?: string;
  readonly within: number;
}

const LOOK_MS = 500;

export function command(): Command {
  return withCityOptions(
    new Command('erase')
      .description('have a transaction forgotten')
      .argument('<id>', 'as `send` prints it')
      .option('--as <file>', 'its sender, as `keys new` makes it; else you')
      .option('--within <s>', 'how long to wait', wholeNumber('--within', 1, 3_600), 30),
  ).action(run);
}

async function run(id: string, options: Options): Promise<void> {
  const keys = keysOf(options.as, (line) => console.error(line));
  await withCity(options, async (city) => {
    const endsAt = Date.now() + options.within * 1_000;
    await city.erase(id, { keys });
    while (!(await city.find(id)).fate.isErased) {
      if (Date.now() >= endsAt) throw new Failed(`${id}: the city has not ordered that yet`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    console.log(`${id}  erased`);
  });
}

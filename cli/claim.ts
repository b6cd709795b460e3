/** `city-chain claim ID`: the receiver of a text reads it, and says so; then it is complete. */
import { Command } from 'commander';
import { wholeNumber } from './unfit.ts';
import type { Whereabouts } from './whereabouts.ts';
import { keysOf, withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly as?: string;
  readonly within: number;
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('claim')
      .description('read a text that was sent to you, and complete it')
      .argument('<id>', 'as `send` prints it')
      .option('--as <file>', 'the receiver, as `keys new` makes it; else you')
      .option('--within <s>', 'how long to wait for it', wholeNumber('--within', 1, 600), 30),
  ).action(run);
}

async function run(id: string, options: Options): Promise<void> {
  const keys = keysOf(options.as, (line) => console.error(line));
  await withCity(options, async (city) => {
    const { text } = await city.claim(id, { keys, withinMs: options.within * 1_000 });
    if (options.json === true)
      return console.log(JSON.stringify({ txId: id, claimed: true, text }));
    console.log(text);
    console.error(`${id}  claimed`);
  });
}

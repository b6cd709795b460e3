/**
 * `city-chain extend ID --days 90`: its sender keeps a transaction for longer, from now on.
 *
 *   $ city-chain extend 7q3k...x2ya --days 90
 *   7q3k...x2ya  kept until 2027-02-19
 */
import { Command } from 'commander';
import { DAY_MS } from '#config/policy/zone.ts';
import { Failed, wholeNumber } from './unfit.ts';
import type { Whereabouts } from './whereabouts.ts';
import { keysOf, withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly as?: string;
  readonly days: number;
  readonly within: number;
}

const LOOK_MS = 500;
const DAYS_MAX = 36_500;

export function command(): Command {
  return withCityOptions(
    new Command('extend')
      .description('keep a transaction for longer')
      .argument('<id>', 'as `send` prints it')
      .requiredOption('--days <n>', 'from now on', wholeNumber('--days', 1, DAYS_MAX))
      .option('--as <file>', 'its sender, as `keys new` makes it; else you')
      .option('--within <s>', 'how long to wait', wholeNumber('--within', 1, 3_600), 30),
  ).action(run);
}

async function run(id: string, options: Options): Promise<void> {
  const keys = keysOf(options.as, (line) => console.error(line));
  await withCity(options, async (city) => {
    const endsAt = Date.now() + options.within * 1_000;
    const until = Date.now() + options.days * DAY_MS;
    await city.extend(id, until, { keys });
    for (;;) {
      const { expiresAt = 0 } = await city.find(id);
      if (expiresAt >= until) {
        console.log(`${id}  kept until ${new Date(expiresAt).toISOString().slice(0, 10)}`);
        return;
      }
      if (Date.now() >= endsAt) throw new Failed(`${id}: the city has not ordered that yet`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  });
}

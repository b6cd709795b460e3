/** `city-chain watch [filter]`: the public facts of a city, a line each, as they come. */
import { Command } from 'commander';
import type { Whereabouts } from './whereabouts.ts';
import { withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('watch')
      .description('print the public facts of a city as they come')
      .argument('[filter]', 'topics, with * and >, like tx.> or batch.*', '>'),
  ).action(run);
}

async function run(filter: string, options: Options): Promise<void> {
  const asked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked.abort());
  process.stdout.once('error', () => asked.abort());
  await withCity(options, async (city) => {
    for await (const { topic, from, fact } of city.watch(filter, { signal: asked.signal })) {
      const line =
        options.json === true
          ? JSON.stringify({ topic, from, fact })
          : `${topic}  ${JSON.stringify(fact)}`;
      process.stdout.write(`${line}\n`);
    }
  });
}

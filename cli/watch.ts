/**
 * `city-chain watch [filters...]`: the public facts of a city, a line each, as they come.
 *
 *   city-chain watch 'tx.>'                      what becomes of transactions
 *   city-chain watch policy policy.refused slo   which policy holds, what was refused, how reads and writes do
 */
import { Command } from 'commander';
import type { Note } from '#dapp/notes.ts';
import type { Whereabouts } from './whereabouts.ts';
import { withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('watch')
      .description('print the public facts of a city as they come')
      .argument('[filters...]', 'topics, with * and >, like tx.> or batch.* (default: all)'),
  ).action(run);
}

async function run(filters: readonly string[], options: Options): Promise<void> {
  const asked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked.abort());
  process.stdout.once('error', () => asked.abort());
  await withCity(options, async (city) => {
    const all = filters.length === 0 ? ['>'] : filters;
    await Promise.all(
      all.map(async (filter) => {
        for await (const note of city.watch(filter, { signal: asked.signal })) say(note, options);
      }),
    );
  });
}

function say({ topic, from, at, fact }: Note, { json }: Options): void {
  const line =
    json === true ? JSON.stringify({ topic, from, at, fact }) : `${topic}  ${JSON.stringify(fact)}`;
  process.stdout.write(`${line}\n`);
}

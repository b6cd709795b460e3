/**
 * `city-chain mirror`: copies the public facts of transactions into a data base, behind everybody's back: of the city that is
 * named, else of each city of the network.
 */
import { join } from 'node:path';
import { Command } from 'commander';
import { follow } from './mirror/follow.ts';
import { openSink, whereOf, withSinkOption, type SinkOptions } from './mirror/open.ts';
import type { Sink } from './mirror/sink.ts';
import { sayer } from './say.ts';
import { Failed } from './unfit.ts';
import { citiesOf, type Whereabouts } from './whereabouts.ts';
import { withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts, SinkOptions {
  readonly json?: boolean;
}

export function command(): Command {
  return withSinkOption(
    withCityOptions(
      new Command('mirror').description('copy what cities order into a data base for analysis'),
    ),
  ).action(run);
}

async function run(options: Options): Promise<void> {
  const asked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked.abort());
  const cities = citiesOf(options);
  const sink = openSink(options);
  try {
    // Whoever cannot go on takes the others with it: half a mirror would be taken for a whole one.
    const all = cities.map((city) =>
      mirrorOf({ ...options, city }, sink, asked.signal).finally(() => asked.abort()),
    );
    for (const done of await Promise.allSettled(all))
      if (done.status === 'rejected') throw done.reason;
  } finally {
    await sink.close();
  }
}

async function mirrorOf(
  options: Options & { readonly city: string },
  sink: Sink,
  signal: AbortSignal,
): Promise<void> {
  const where = whereOf(options);
  const say = sayer(options.json === true);
  const cursor = await sink.cursor(options.city).catch((error: Error) => {
    throw new Failed(`${where} does not answer: ${error.message}`);
  });
  await withCity(options, async (city) => {
    say('mirroring', `mirroring ${city.city} into ${where}, from ${cursor} on`, {
      city: city.city,
      where,
      cursor,
    });
    const dead = join(options.data, 'mirror-dead.jsonl');
    await follow(city, { sink, cursor, dead, say }, signal);
  });
}

/** `city-chain mirror`: copies the public facts of a city's transactions into a data base, behind everybody's back. */
import { join } from 'node:path';
import { Command } from 'commander';
import { follow } from './mirror/follow.ts';
import { openSink, whereOf, withSinkOption, type SinkOptions } from './mirror/open.ts';
import { sayer } from './say.ts';
import { Failed } from './unfit.ts';
import type { Whereabouts } from './whereabouts.ts';
import { withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts, SinkOptions {
  readonly json?: boolean;
}

export function command(): Command {
  return withSinkOption(
    withCityOptions(
      new Command('mirror').description('copy what a city orders into a data base for analysis'),
    ),
  ).action(run);
}

async function run(options: Options): Promise<void> {
  const asked = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => asked.abort());
  const say = sayer(options.json === true);
  const sink = openSink(options);
  const where = whereOf(options);
  try {
    const cursor = await sink.cursor().catch((error: Error) => {
      throw new Failed(`${where} does not answer: ${error.message}`);
    });
    await withCity(options, async (city) => {
      say('mirroring', `mirroring ${city.city} into ${where}, from ${cursor} on`, {
        where,
        cursor,
      });
      const dead = join(options.data, 'mirror-dead.jsonl');
      await follow(city, { sink, cursor, dead, say }, asked.signal);
    });
  } finally {
    await sink.close();
  }
}

/**
 * `city-chain repair ID`: asks the city to make a transaction whole, and shows how it goes.
 *
 *   $ city-chain repair 7q3k...x2ya
 *   7q3k...x2ya  COMMITTED  31 of 42 rows are held  0.2 s
 *   7q3k...x2ya  REPAIR_REQ  31 of 42 rows are held  1.3 s
 *   7q3k...x2ya  COMMITTED  42 of 42 rows are held  4.4 s
 */
import { Command } from 'commander';
import type { CityClient } from '#dapp/client.ts';
import { CityError } from '#protocols/errors.ts';
import { Failed, wholeNumber } from './unfit.ts';
import type { Whereabouts } from './whereabouts.ts';
import { keysOf, withCity, withCityOptions } from './with-city.ts';

interface Options extends Whereabouts {
  readonly as?: string;
  readonly within: number;
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('repair')
      .description('ask a city to make a transaction whole, and wait until it is')
      .argument('<id>', 'as `send` prints it')
      .option('--as <file>', 'its sender or receiver, as `keys new` makes it; else you')
      .option('--within <s>', 'how long to wait', wholeNumber('--within', 1, 3_600), 120),
  ).action(run);
}

const LOOK_MS = 1_000;

interface Look {
  readonly state: string;
  readonly held: number;
  readonly rows: number;
}

async function run(id: string, options: Options): Promise<void> {
  const keys = keysOf(options.as, (line) => console.error(line));
  await withCity(options, async (city) => {
    const startedAt = Date.now();
    const endsAt = startedAt + options.within * 1_000;
    const say = teller(id, startedAt, options.json === true);
    let look = await looked(city, id);
    say(look);
    await city.repair(id, { keys });
    while (!isWhole(look)) {
      if (Date.now() >= endsAt)
        throw new Failed(`${id} is not whole yet; the city goes on with it`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      look = await looked(city, id);
      say(look);
    }
  });
}

const isWhole = ({ state, held, rows }: Look): boolean => held === rows && state !== 'REPAIR_REQ';

async function looked(city: CityClient, id: string): Promise<Look> {
  try {
    const { state, rows } = await city.pieces(id);
    const held = new Set(rows.filter(({ is }) => is === 'held').map(({ row }) => row));
    return { state, held: held.size, rows: new Set(rows.map(({ row }) => row)).size };
  } catch (error) {
    // A city in trouble may be slow to say how it is.
    if (error instanceof CityError && error.word === 'UNAVAILABLE')
      return { state: 'unknown', held: 0, rows: 1 };
    throw error;
  }
}

function teller(id: string, startedAt: number, asJson: boolean): (look: Look) => void {
  let last = '';
  return (look) => {
    const words = `${look.state}  ${look.held} of ${look.rows} rows are held`;
    const ms = Date.now() - startedAt;
    if (asJson) console.log(JSON.stringify({ txId: id, ...look, ms }));
    else if (words !== last) console.log(`${id}  ${words}  ${(ms / 1_000).toFixed(1)} s`);
    last = words;
  };
}

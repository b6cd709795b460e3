/**
 * `city-chain follow`: verifies every header of a chain from the genesis of its network on, as it comes, and believes
 * nobody. Ends with an error, and with evidence in a file, where two branches are proved.
 *
 *   $ city-chain follow
 *   globe 1  round 2   asia 1 to 3, europe 1
 *   globe 2  round 5   asia 4
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { follower } from '#actors/follower.ts';
import { hex } from '#lib/bytes.ts';
import { toBytes } from '#protocols/codec.ts';
import type { Following, Header } from '#protocols/follow/follow.ts';
import { Fork } from '#protocols/jolteon/evidence.ts';
import type { Ref } from '#protocols/level/payload.ts';
import { address, place, type Address } from '#protocols/subjects.ts';
import { continentIn, globeIn, GLOBE, type World } from '#protocols/world.ts';
import type { Chain } from '#protocols/jolteon/certify.ts';
import { readWorldFile, worldFileOf } from './city/world-file.ts';
import { openPool } from './open-pool.ts';
import { sayer, type Say } from './say.ts';
import { Failed, Unfit, wholeNumber } from './unfit.ts';
import { visiting } from './visiting.ts';
import { cityOf, urlOf, type Whereabouts } from './whereabouts.ts';
import { withCityOptions } from './with-city.ts';

const POLL_MS = 1_000;

interface Options extends Whereabouts {
  readonly genesis?: string;
  readonly until?: number;
  readonly json?: boolean;
}

export function command(): Command {
  return withCityOptions(
    new Command('follow')
      .description('verify each header of the globe, or of a continent, from the genesis on')
      .argument('[chain]', `${GLOBE}, or a continent`, GLOBE)
      .option('--genesis <file>', 'of the network; else `genesis.json` in the data folder')
      .addOption(
        new Option('--until <height>', 'end when this header is verified').argParser(
          wholeNumber('--until', 1, Number.MAX_SAFE_INTEGER),
        ),
      ),
  ).action(run);
}

export interface Followed {
  readonly chain: Chain;
  readonly delegates: readonly Address[];
}

/** A chain of the network, and who answers for it. */
export function chainCalled(world: World, name: string): Followed {
  const [chain, role] =
    name === GLOBE ? [globeIn(world), 'globe'] : [continentIn(world, name), 'continent'];
  if (chain === undefined) throw new Unfit(`"${name}" is no continent of this network`);
  return { chain, delegates: chain.members.map(({ node }) => address(node, role)) };
}

async function run(name: string, options: Options): Promise<void> {
  const { world } = readWorldFile(options.genesis ?? worldFileOf(options.data));
  const followed = chainCalled(world, name);
  const say = sayer(options.json === true);
  const pool = await openPool(1, false);
  const at = { url: urlOf(options), city: place(cityOf(options)), pool };
  try {
    await visiting(
      at,
      (system, node) =>
        new Promise<void>((done, fail) => {
          for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done());
          const saw = watcher(name, options, say, { done, fail });
          const self = { ...followed, pollMs: POLL_MS };
          system.spawn(follower(address(node, 'follower'), self, saw));
        }),
    );
  } finally {
    await pool.close();
  }
}

interface End {
  readonly done: () => void;
  readonly fail: (error: Error) => void;
}

function watcher(name: string, { data, until }: Options, say: Say, { done, fail }: End) {
  return ({ fresh, fork, last, silent, self }: Following): void => {
    for (const header of fresh) sayHeader(name, header, say);
    if (fork !== undefined) {
      const file = join(data, `fork-${name}.hex`);
      writeFileSync(file, `${hex(toBytes(Fork, fork))}\n`);
      fail(new Failed(`${name} has two headers ${last!.height}, both proved: see ${file}`));
    } else if (last !== undefined && last.height >= (until ?? Infinity)) done();
    if (silent > 0 && silent % self.delegates.length === 0)
      say('silent', `no delegate of ${name} answers; asking on`, { chain: name });
  };
}

function sayHeader(name: string, { height, round, id, refs }: Header, say: Say): void {
  const text = `${name} ${height}  round ${round}  ${carriedText(refs)}`;
  say('header', text, { chain: name, height, round, id: hex(id), carries: carriedText(refs) });
}

/** `asia 4 to 6, europe 2`: what of each of those below a header carries. */
export function carriedText(refs: readonly Ref[]): string {
  const names = [...new Set(refs.map(({ name }) => name))];
  return names
    .map((name) => {
      const ids = refs.filter((ref) => ref.name === name).map(({ id }) => id);
      const [first, last] = [Math.min(...ids), Math.max(...ids)];
      return first === last ? `${name} ${first}` : `${name} ${first} to ${last}`;
    })
    .join(', ');
}

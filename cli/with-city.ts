/** What the commands of a user share: the options that find a city, the user's keys, and a connection. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { connect, type CityClient } from '#dapp/client.ts';
import { CityError } from '#protocols/errors.ts';
import { verifyingKeyOf } from '#algorithms/signature.ts';
import { fingerprintOf } from '#protocols/transaction.ts';
import type { NodeSecrets } from '#protocols/self.ts';
import { makeFolder, syncNamesIn } from '#runtime/durable-folder.ts';
import { systemEntropy } from '#runtime/system-entropy.ts';
import { configFolder } from '#runtime/user.ts';
import { freshSecrets, readKeyFile, writeKeyFile } from './city/key-file.ts';
import { Failed, Unfit } from './unfit.ts';
import { cityOf, urlOf, type Whereabouts } from './whereabouts.ts';

export const withCityOptions = (command: Command): Command =>
  command
    .option('--nats <url>', 'where the city is; else NATS_URL, else what `up` wrote down')
    .option('--city <place>', 'which city; else CITY_CHAIN_CITY, else what `up` wrote down')
    .option('--data <folder>', 'the folder of `up`', 'data')
    .option('--json', 'print JSON lines');

/** Connects, does the work, and lets go whatever comes of it. */
export async function withCity<T>(
  options: Whereabouts,
  work: (city: CityClient) => Promise<T>,
): Promise<T> {
  let city: CityClient | undefined;
  try {
    city = await connect({ nats: urlOf(options), city: cityOf(options) });
    return await work(city);
  } catch (error) {
    if (error instanceof CityError)
      throw new Failed(`${error.word}: ${error.message} ${error.advice}`);
    throw error;
  } finally {
    await city?.close();
  }
}

function defaultKeyFile(): string {
  const folder = configFolder();
  if (folder !== undefined) return join(folder, 'keys.json');
  throw new Unfit('you have no home to keep your keys in: name them, or set XDG_CONFIG_HOME');
}

/** The user's keys: of a file that is named, else of the user's own, which is made when it is wanted first. */
export function keysOf(file: string | undefined, say: (line: string) => void): NodeSecrets {
  if (file !== undefined) return readKeyFile(file);
  const own = defaultKeyFile();
  if (!existsSync(own)) {
    newKeyFile(own);
    say(`made keys for you: ${own}`);
  }
  return readKeyFile(own);
}

/** Who signs with these keys, as accounts and receivers know him. */
export const senderOf = ({ signing: { suite, seed } }: Pick<NodeSecrets, 'signing'>): Uint8Array =>
  fingerprintOf({ suite, key: verifyingKeyOf(suite, seed) });

export function newKeyFile(file: string): void {
  makeFolder(dirname(file));
  writeKeyFile(file, freshSecrets(systemEntropy()));
  syncNamesIn(dirname(file));
}

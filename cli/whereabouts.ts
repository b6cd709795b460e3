/**
 * Where a cluster is: named on the command line, or in the environment, or written down by an `up` that
 * runs in this folder.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Failed } from './unfit.ts';

export interface Whereabouts {
  readonly nats?: string;
  readonly city?: string;
  readonly data: string;
}

interface Written {
  readonly url: string;
  /** The one that is meant where none is named. */
  readonly city: string;
  /** All that are there. */
  readonly cities: readonly string[];
  /** The bus of each of them, where it has one of its own. */
  readonly urls?: Readonly<{ [city: string]: string }>;
  readonly pid: number;
}

/** At once: whoever reads it reads all of it. */
export function writeDown(folder: string, written: Written): void {
  const file = join(folder, 'up.json');
  writeFileSync(`${file}.new`, JSON.stringify(written));
  renameSync(`${file}.new`, file);
}

export function urlOf(where: Whereabouts): string {
  const named = where.nats ?? process.env['NATS_URL'];
  if (named !== undefined && named !== '') return named;
  const { url, urls } = written(where.data);
  return urls?.[cityOf(where)] ?? url;
}

export function cityOf({ city, data }: Whereabouts): string {
  const named = city ?? process.env['CITY_CHAIN_CITY'];
  return named === undefined || named === '' ? written(data).city : named;
}

/** Of commands that are about a whole network: the city that is named, else each that is there. */
export function citiesOf({ city, data }: Whereabouts): readonly string[] {
  const named = city ?? process.env['CITY_CHAIN_CITY'];
  return named === undefined || named === '' ? written(data).cities : [named];
}

function written(data: string): Written {
  try {
    return JSON.parse(readFileSync(join(data, 'up.json'), 'utf8')) as Written;
  } catch {
    throw new Failed(
      `no cluster is known here: start one with 'city-chain up', or name one with --nats and --city`,
    );
  }
}

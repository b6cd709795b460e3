/**
 * The genesis of a network as a file: what `up` writes when it founds one, and what whoever checks a proof is given. It holds
 * nothing secret.
 *
 *   { "version": 1, "cities": [places, the first one first], "world": canonical bytes, in hexadecimal }
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { attempt } from '#lib/attempt.ts';
import { hex, unhex } from '#lib/bytes.ts';
import { listOf, oneOf, recordOf, text } from '#lib/shape.ts';
import { toBytes, whole } from '#protocols/codec.ts';
import { isPlace, type Place } from '#protocols/subjects.ts';
import { genesisOf, isWorld, World } from '#protocols/world.ts';
import { syncNamesIn } from '#runtime/durable-folder.ts';
import { Unfit } from '../unfit.ts';

const FILE = recordOf({
  version: oneOf(1),
  cities: listOf(text<Place>(isPlace, 'a place')),
  world: text(),
});

export interface WorldFile {
  readonly world: World;
  /** Of all its cities, in the order of its operator. */
  readonly places: readonly Place[];
}

export const worldFileOf = (data: string): string => join(data, 'genesis.json');

/** At once: whoever reads it reads all of it, also after a power cut. */
export function writeWorldFile(file: string, { world, places }: WorldFile): void {
  const content = { version: 1, cities: places, world: hex(toBytes(World, world)) };
  writeFileSync(`${file}.new`, `${JSON.stringify(content, null, 2)}\n`, { flush: true });
  renameSync(`${file}.new`, file);
  syncNamesIn(dirname(file));
}

export function readWorldFile(file: string): WorldFile {
  const read = attempt(() => FILE(JSON.parse(readFileSync(file, 'utf8'))));
  const bytes = read === undefined ? undefined : unhex(read.world);
  const world = bytes === undefined ? undefined : attempt(() => whole(World, bytes));
  const isFit =
    world !== undefined &&
    isWorld(world) &&
    read!.cities.length === world.cities.length &&
    read!.cities.every((at) => genesisOf(world, at) !== undefined);
  if (!isFit)
    throw new Unfit(`${file} cannot be read as the genesis of a network, as \`up\` writes it`);
  return { world, places: read!.cities };
}

/**
 * The key of a filter. Ids can be ground by whoever makes them: with an unkeyed hash a peer would choose
 * ids that all fall into one bucket, or that pass for another's; with a key he does not know he cannot.
 */
import { assert } from '#lib/assert.ts';
import { utf8 } from '#lib/bytes.ts';
import { halfSipHash, wordAt, type HashKey } from '../half-siphash.ts';

/** Shared by the nodes that exchange filters, unknown to others. */
export type FilterKey = HashKey;

export const KEY_BYTES = 8;

export function filterKey(bytes: Uint8Array): FilterKey {
  assert(bytes.length === KEY_BYTES, 'a filter key has 8 bytes');
  return [wordAt(bytes, 0), wordAt(bytes, 4)];
}

/** Tells the key from others without telling it: written with a filter, so that a wrong key shows. */
export function checkOf(key: FilterKey): number {
  const words = new Int32Array(2);
  halfSipHash(key, CHECKED, CHECKED.length, words);
  return words[0]!;
}

const CHECKED = utf8('city-chain filter');

/**
 * How much faster than a loop of noble's BLAKE2b are 42 of many nodes chosen, and what does it cost
 * to ask again?
 *
 * The loop is the hashing alone, with one message buffer; ours includes laying the key, the choice
 * of 42 and, where weighted, the logarithms. Both are checked to find the same 42 beforehand.
 */
import { blake2b } from '@noble/hashes/blake2.js';
import { rankCache } from '#algorithms/rendezvous/cache.ts';
import { rank } from '#algorithms/rendezvous/core.ts';
import { nodeTable, SCORE_BYTES, type NodeTable } from '#algorithms/rendezvous/scoring.ts';
import { rankWeighted, weightsOf } from '#algorithms/rendezvous/weighted.ts';
import { assert } from '#lib/assert.ts';
import { compare as compareBytes, utf8 } from '#lib/bytes.ts';
import { compare, type Bench, type Row } from './bench.ts';

const CHOSEN = 42;
const KEY = Uint8Array.from({ length: 32 }, (_, i) => 7 * i);

/** Ids as nodes have them: a place and a token, here all of one length. */
const tableOf = (count: number): NodeTable =>
  nodeTable(
    Array.from({ length: count }, (_, i) =>
      utf8(`asia.ishikawa.komatsu.n${String(i).padStart(8, '0')}`),
    ),
  );

function nobleLoop({ ids }: NodeTable, key: Uint8Array): Uint8Array {
  const scores = new Uint8Array(ids.length * SCORE_BYTES);
  const message = new Uint8Array(ids[0]!.length + key.length);
  message.set(key, ids[0]!.length);
  for (const [i, id] of ids.entries()) {
    message.set(id);
    scores.set(blake2b(message, { dkLen: SCORE_BYTES }), i * SCORE_BYTES);
  }
  return scores;
}

function verify(table: NodeTable): void {
  const scores = nobleLoop(table, KEY);
  const scoreOf = (node: number) => scores.subarray(node * SCORE_BYTES, (node + 1) * SCORE_BYTES);
  const expected = table.ids
    .map((_, i) => i)
    .toSorted((a, b) => compareBytes(scoreOf(b), scoreOf(a)));
  const found = rank(table, KEY, CHOSEN);
  assert(
    found.every((node, place) => node === expected[place]) && found.length === CHOSEN,
    'the fast choice is the slow one',
  );
}

/** A key that was not asked for before, so that nothing is remembered. */
function keyed(run: (key: Uint8Array) => unknown): (count: number) => void {
  const key = KEY.slice();
  let asked = 0;
  const words = new DataView(key.buffer);
  return (count) => {
    for (let i = 0; i < count; i++) {
      words.setUint32(0, asked++);
      run(key);
    }
  };
}

function rowsOf(count: number): Row[] {
  const table = tableOf(count);
  const weights = weightsOf(
    table,
    table.ids.map((_, i) => 1 + ((i * 7_919) % 65_535)),
  );
  verify(table);
  const micros = compare(
    { name: 'noble', run: keyed((key) => nobleLoop(table, key)) },
    { name: 'rank', run: keyed((key) => rank(table, key, CHOSEN)) },
    { name: 'weighted', run: keyed((key) => rankWeighted(table, weights, key, CHOSEN)) },
  );
  const noble = micros.get('noble')!;
  const row = (name: string, key: string): Row => ({
    name: `${CHOSEN} of ${count}${name}`,
    value: micros.get(key)!,
    unit: 'us',
    against: 'the noble BLAKE2b loop alone',
    ratio: noble / micros.get(key)!,
    goal: '>= 25x',
  });
  return [row('', 'rank'), row(', weighted', 'weighted')];
}

function cachedRow(): Row {
  const table = tableOf(100_000);
  const cache = rankCache({ entriesMax: 1_024, rank: (key, count) => rank(table, key, count) });
  const keys = Array.from({ length: 64 }, (_, i) => KEY.map((byte) => byte ^ i));
  for (const key of keys) cache.rank(key, CHOSEN);
  const micros = compare({
    name: 'cached',
    run: (count) => {
      for (let i = 0; i < count; i++) cache.rank(keys[i & 63]!, CHOSEN);
    },
  });
  assert(cache.counts().missed === keys.length, 'each key was ranked once');
  return {
    name: `${CHOSEN} of 100000, asked before`,
    value: micros.get('cached')!,
    unit: 'us',
    goal: '<= 1 us',
  };
}

export const bench: Bench = {
  name: 'rendezvous',
  question: 'How fast are 42 of many nodes chosen, beside a loop of noble BLAKE2b?',
  run: async () => [...rowsOf(1_000), ...rowsOf(100_000), cachedRow()],
};

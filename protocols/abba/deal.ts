/**
 * The coin of a municipality, dealt at foundation: one key for all seats, and a share of it for each. Whoever deals has
 * seen all of it (world.ts says what that means).
 */
import { scalarFrom, uint32 } from '#algorithms/threshold/oracle.ts';
import type { Scalar } from '#algorithms/threshold/group.ts';
import { commit, keySetOf, readKeySet, writeKeySet } from '#algorithms/threshold/keys.ts';
import { PAIRING } from '#algorithms/threshold/pairing.ts';
import { shareAt } from '#algorithms/threshold/polynomial.ts';
import { assert } from '#lib/assert.ts';
import { seatsOf, type Seats } from './seats.ts';
import { weightsOf } from './tally.ts';

export const COIN_SEED_BYTES = 32;

export interface DealtCoin {
  /** What everybody knows: `Municipality.coin`. */
  readonly key: Uint8Array;
  /** Of each member, one for each of its seats. */
  readonly shares: readonly (readonly Scalar[])[];
}

const seatsFor = (stakes: readonly bigint[]): Seats => seatsOf(weightsOf(stakes));

/** `seed`: 32 bytes that nobody else knows, for this coin alone. */
export function dealCoin(stakes: readonly bigint[], seed: Uint8Array): DealtCoin {
  assert(seed.length === COIN_SEED_BYTES, 'dealing takes 32 bytes of entropy');
  const { g2 } = PAIRING.use();
  const { of, count, threshold } = seatsFor(stakes);
  const coefficients = Array.from({ length: threshold }, (_, k) =>
    scalarFrom(g2.order, 'coin/coefficient', seed, uint32(k)),
  );
  const keys = keySetOf(g2, commit(g2, coefficients), count);
  assert(keys !== undefined, 'a drawn polynomial is not zero anywhere');
  const shares = of.map((seats) => seats.map((seat) => shareAt(coefficients, seat, g2.order)));
  return { key: writeKeySet(keys), shares };
}

/** Whether bytes are the key of a coin for members with these stakes: what whoever tosses it looks at first. */
export function isCoinKey(stakes: readonly bigint[], key: Uint8Array): boolean {
  const { count, threshold } = seatsFor(stakes);
  return readKeySet(PAIRING.use().g2, { parties: count, threshold }, key) !== undefined;
}

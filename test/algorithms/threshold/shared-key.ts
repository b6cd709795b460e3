/** A key shared by a dealer that everybody trusts: what the tests of the schemes start from. */
import type { Group, Scalar } from '#algorithms/threshold/group.ts';
import { commit, keySetOf, type KeySet } from '#algorithms/threshold/keys.ts';
import { scalarFrom, uint32 } from '#algorithms/threshold/oracle.ts';
import { shareAt } from '#algorithms/threshold/polynomial.ts';

export interface SharedKey<P> {
  readonly secret: Scalar;
  readonly shares: readonly Scalar[];
  readonly keys: KeySet<P>;
}

export function sharedKey<P>(
  group: Group<P>,
  threshold: number,
  parties: number,
  seed = 0,
): SharedKey<P> {
  const coefficients = Array.from({ length: threshold }, (_, k) =>
    scalarFrom(group.order, 'test/coefficient', uint32(seed), uint32(k)),
  );
  const shares = Array.from({ length: parties }, (_, index) =>
    shareAt(coefficients, index, group.order),
  );
  const keys = keySetOf(group, commit(group, coefficients), parties)!;
  return { secret: coefficients[0]!, shares, keys };
}

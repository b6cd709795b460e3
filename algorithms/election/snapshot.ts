/**
 * What an election is decided on: stakes and ballots as they were two epochs before.
 *
 * The beacon that draws the committee of epoch e is known during e - 1; stake that moves after it is
 * known must not count, so e is decided on the end of e - 2. The form is canonical: whatever the
 * order in which stakes and ballots were collected, the snapshot is the same, and so is all that is
 * computed from it.
 */
import { assert } from '#lib/assert.ts';
import { compare, hex } from '#lib/bytes.ts';

export interface Stake {
  readonly id: Uint8Array;
  readonly stake: bigint;
}

/** A voter's stake, and whom the voter approves of. */
export interface Ballot extends Stake {
  readonly approves: readonly Uint8Array[];
}

export interface StakeSnapshot {
  readonly epoch: bigint;
  /** Candidates by ascending id, with the stake of their own. */
  readonly candidates: readonly Stake[];
  /** Voters by ascending id, with candidates as indices, ascending. */
  readonly ballots: readonly { readonly stake: bigint; readonly approves: readonly number[] }[];
}

/** How far back an election looks. */
const EPOCHS_BACK = 2n;

/** The epoch whose end decides who serves in `epoch`; the first ones have their genesis instead. */
export const decidedIn = (epoch: bigint): bigint | undefined =>
  epoch < EPOCHS_BACK ? undefined : epoch - EPOCHS_BACK;

/**
 * The canonical form. Ids are distinct; a voter without stake counts for nothing and is left out, and
 * so are approvals of those who do not stand.
 */
export function stakeSnapshot(
  epoch: bigint,
  candidates: readonly Stake[],
  ballots: readonly Ballot[],
): StakeSnapshot {
  const standing = sorted(candidates);
  const indexOf = new Map(standing.map(({ id }, i) => [hex(id), i]));
  return {
    epoch,
    candidates: standing,
    ballots: sorted(ballots)
      .filter(({ stake }) => stake > 0n)
      .map(({ stake, approves }) => ({ stake, approves: indices(approves, indexOf) })),
  };
}

function sorted<T extends Stake>(stakes: readonly T[]): readonly T[] {
  assert(
    stakes.every(({ stake }) => stake >= 0n),
    'a stake is not negative',
  );
  const inOrder = stakes.toSorted((a, b) => compare(a.id, b.id));
  assert(
    inOrder.every(({ id }, i) => i === 0 || compare(inOrder[i - 1]!.id, id) < 0),
    'ids are distinct',
  );
  return inOrder;
}

function indices(ids: readonly Uint8Array[], indexOf: ReadonlyMap<string, number>): number[] {
  const found = ids.map((id) => indexOf.get(hex(id))).filter((index) => index !== undefined);
  return [...new Set(found)].toSorted((a, b) => a - b);
}

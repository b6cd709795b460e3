/**
 * Who votes, and whose turn it is.
 *
 * The delegates of the first two epochs are those of genesis; an election is decided on stakes of two epochs
 * before (algorithms/election), so the third is the first that can have one. Members stand in the order of
 * their names, and are spoken of by their place there.
 *
 * The turn goes round by stake. Rounds of the DAG count the turns, and turn t belongs to whoever's stake lies at
 *
 *     frac(t / phi) * all stake        phi: the golden ratio; in integers of 64 bits
 *
 * The points of that sequence divide the circle as evenly as any can (three distances, Swierczkowski 1958), so
 * in every stretch of turns each has about its share, nobody waits long, and nothing has to be remembered.
 */
import { elect, type Election } from '#algorithms/election/committee.ts';
import { decidedIn, type StakeSnapshot } from '#algorithms/election/snapshot.ts';
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { stakeOf, type Delegate, type Genesis } from './genesis.ts';
import { fingerprintOf } from './transaction.ts';

/** Who votes in an epoch: in the order of their names (genesis.ts). */
export interface Committee {
  readonly epoch: number;
  readonly members: readonly Delegate[];
}

/** 2^64 / phi, odd. */
const GOLDEN = 0x9e3779b97f4a7c15n;
const BITS = 64n;

export const genesisCommittee = ({ delegates }: Pick<Genesis, 'delegates'>): Committee => ({
  epoch: 0,
  members: delegates,
});

/** What an election needs, for epochs that have one. */
export interface Vote {
  readonly snapshot: StakeSnapshot;
  readonly election: Election;
  /** Of everybody who stands, by the fingerprint of the key that signs. */
  readonly standing: readonly Delegate[];
}

/** The committee of an epoch. Its stakes are those that stand in the snapshot, not those of genesis. */
export function committeeIn(epoch: number, genesis: Genesis, vote: Vote | undefined): Committee {
  if (decidedIn(BigInt(epoch)) === undefined) return { ...genesisCommittee(genesis), epoch };
  assert(vote?.election.epoch === BigInt(epoch), 'an epoch has its own election');
  const byId = new Map(vote.standing.map((each) => [hex(fingerprintOf(each.signing)), each]));
  const stakes = new Map(vote.snapshot.candidates.map(({ id, stake }) => [hex(id), stake]));
  const members = elect(vote.snapshot, vote.election).flatMap((id): Delegate[] => {
    const elected = byId.get(hex(id));
    const stake = stakes.get(hex(id)) ?? 0n;
    return elected === undefined || stake === 0n ? [] : [{ ...elected, stake }];
  });
  return { epoch, members: members.toSorted((a, b) => (a.node < b.node ? -1 : 1)) };
}

/** Whose turn a round is. */
export function leaderOf({ members }: Committee, round: number): number {
  const whole = stakeOf({ delegates: members });
  const at = (BigInt.asUintN(64, BigInt(round) * GOLDEN) * whole) >> BITS;
  let below = 0n;
  const found = members.findIndex(({ stake }) => (below += stake) > at);
  assert(found >= 0, 'a committee has stake');
  return found;
}

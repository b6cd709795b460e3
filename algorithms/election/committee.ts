/**
 * A committee drawn by stake: weighted sampling without replacement from a public beacon, which
 * everybody repeats in integers and nobody can steer after the snapshot.
 *
 * Candidate i draws u_i = H(id || beacon, epoch); the `seats` smallest -log2(u_i) / stake_i are in.
 * That is method A-ES of Efraimidis and Spirakis (2006), and weighted rendezvous with another key:
 * one seat goes to each candidate in proportion to its stake, permuting or scaling the input changes
 * nothing, and a candidate more never swaps two others.
 *
 * A beacon, not a VRF of each candidate: a VRF hides membership until it is shown, but lets whoever
 * does not like the result keep silent (consequence: see capture.ts for how large a committee must be).
 * Cost: 10 us a candidate, for the logarithm; once an epoch.
 */
import { assert } from '#lib/assert.ts';
import { negLog2 } from '../fixed-log.ts';
import { precedesByScore } from '../rendezvous/core.ts';
import { compositeKey } from '../rendezvous/multi.ts';
import { nodeTable, scoresOf } from '../rendezvous/scoring.ts';
import { drawOf } from '../rendezvous/weighted.ts';
import { electByApproval } from './phragmen.ts';
import { decidedIn, type Stake, type StakeSnapshot } from './snapshot.ts';

/** The key of a draw: nothing else in the system is ranked under it. */
export const committeeKey = (beacon: Uint8Array, epoch: bigint): Uint8Array =>
  compositeKey('committee', beacon, epoch);

/** The indices of those drawn, first seat first; whoever has no stake is never drawn. */
export function drawCommittee(
  candidates: readonly Stake[],
  beacon: Uint8Array,
  epoch: bigint,
  seats: number,
): number[] {
  const table = nodeTable(candidates.map(({ id }) => id));
  const scores = scoresOf(table, committeeKey(beacon, epoch));
  const drawn = candidates
    .map(({ stake }, i) => ({ i, stake, penalty: negLog2(drawOf(scores, i)) }))
    .filter(({ stake }) => stake > 0n)
    .toSorted((a, b) => {
      const difference = a.penalty * b.stake - b.penalty * a.stake;
      if (difference !== 0n) return difference < 0n ? -1 : 1;
      return precedesByScore(table, scores, a.i, b.i) ? -1 : 1;
    });
  return drawn.slice(0, seats).map(({ i }) => i);
}

export interface Election {
  readonly epoch: bigint;
  readonly beacon: Uint8Array;
  /** How many are elected by approval before the draw; as many as stand where there is no draw. */
  readonly pool: number;
  readonly seats: number;
}

/**
 * Who serves in an epoch: the pool by approval (Phragmén), of which the beacon draws the seats by
 * the stake behind each. Ids, first seat first.
 */
export function elect(snapshot: StakeSnapshot, election: Election): Uint8Array[] {
  assert(snapshot.epoch === decidedIn(election.epoch), 'an epoch is decided two epochs before');
  const pool = electByApproval(snapshot, election.pool).map(({ candidate, backing }) => ({
    id: snapshot.candidates[candidate]!.id,
    stake: backing,
  }));
  const drawn = drawCommittee(pool, election.beacon, election.epoch, election.seats);
  return drawn.map((i) => pool[i]!.id);
}

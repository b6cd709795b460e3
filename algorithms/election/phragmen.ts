/**
 * Sequential Phragmén: seats in proportion to stake, from ballots that approve of any number of
 * candidates. Plain approval would give every seat to the largest party; here a group with a share
 * of the stake that agrees on enough candidates gets that share of the seats (proportional justified
 * representation), and no less than a party list would (lower quota).
 *
 * Each elected candidate is a load of 1, carried by its voters in proportion to their stake. The next
 * seat goes to the candidate whose election makes the most loaded voter least loaded:
 *
 *   load(c) = (1 + sum of stake * load over c's voters) / (sum of stake over c's voters)
 *
 * and c's voters then carry that load each. In integers: loads are multiples of 2^-160 per unit of
 * stake, rounded down, which is 2^-64 of any load. Candidates that the reals leave equal go by id,
 * descending, unless the rounding has told them apart; on every node alike.
 *
 * References: Brill, Freeman, Janson, Lackner, "Phragmén's voting methods and justified
 * representation" (AAAI 2017), section 3; Cevallos and Stewart (2021) for its use with stake.
 * Cost: of each elected candidate's voters, their approvals.
 */
import { assert } from '#lib/assert.ts';
import type { StakeSnapshot } from './snapshot.ts';

const ONE = 1n << 160n;
/** More than all tokens there will ever be, and what keeps rounding below 2^-64. */
const STAKE_MAX = 1n << 96n;

export interface Elected {
  /** Index of the candidate in the snapshot. */
  readonly candidate: number;
  /** Its load, in multiples of 2^-160 per unit of stake: the earlier elected, the smaller. */
  readonly load: bigint;
  /** The stake behind it: each voter's is split over those it elected, as their loads are. */
  readonly backing: bigint;
}

/** The elected, in the order of their election; fewer than `seats` where fewer have support. */
export function electByApproval(snapshot: StakeSnapshot, seats: number): readonly Elected[] {
  const count = begun(snapshot);
  const seated: Seated[] = [];
  while (seated.length < seats) {
    const next = leastLoaded(count);
    if (next === undefined) break;
    seated.push({ ...next, parts: carry(count, snapshot, next) });
  }
  return seated.map(({ candidate, load, parts }) => ({
    candidate,
    load,
    backing: parts.reduce(
      (sum, [voter, part]) => sum + (snapshot.ballots[voter]!.stake * part) / count.loads[voter]!,
      0n,
    ),
  }));
}

/** How much of a candidate's load each of its voters took on. */
type Parts = readonly (readonly [voter: number, part: bigint])[];

interface Seated {
  readonly candidate: number;
  readonly load: bigint;
  readonly parts: Parts;
}

interface Count {
  /** Of each candidate: the stake behind it, 0 once elected. */
  readonly support: bigint[];
  /** Of each candidate: sum of stake times load over its voters. */
  readonly carried: bigint[];
  readonly votersOf: readonly number[][];
  readonly loads: bigint[];
}

function begun({ candidates, ballots }: StakeSnapshot): Count {
  const support = candidates.map(() => 0n);
  const votersOf = candidates.map((): number[] => []);
  for (const [voter, { stake, approves }] of ballots.entries()) {
    for (const candidate of approves) {
      support[candidate]! += stake;
      votersOf[candidate]!.push(voter);
    }
  }
  const total = ballots.reduce((sum, { stake }) => sum + stake, 0n);
  assert(total < STAKE_MAX, 'all stake is below 2^96');
  return { support, votersOf, carried: candidates.map(() => 0n), loads: ballots.map(() => 0n) };
}

function leastLoaded({ support, carried }: Count): Omit<Seated, 'parts'> | undefined {
  let least: Omit<Seated, 'parts'> | undefined;
  for (const [candidate, stake] of support.entries()) {
    if (stake === 0n) continue;
    const load = (ONE + carried[candidate]!) / stake;
    // Candidates stand by ascending id: of equal ones the last is the greatest.
    if (least === undefined || load <= least.load) least = { candidate, load };
  }
  return least;
}

/** The candidate's voters take its load; what they carry counts for all they approve of. */
function carry(
  { support, carried, votersOf, loads }: Count,
  { ballots }: StakeSnapshot,
  { candidate, load }: Omit<Seated, 'parts'>,
): Parts {
  support[candidate] = 0n;
  return votersOf[candidate]!.map((voter) => {
    const { stake, approves } = ballots[voter]!;
    const part = load - loads[voter]!;
    loads[voter] = load;
    for (const other of approves) carried[other]! += stake * part;
    return [voter, part];
  });
}

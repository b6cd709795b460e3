/**
 * Who orders in the next epoch, and how an epoch ends.
 *
 *   end of epoch e - 2            epoch e - 1                       its last batch
 *   stakes, and what was seen --> beacon (draw.ts) --> election --> names the committee of e, sealed by that of e - 1
 *
 * Stake that moves once the beacon can be guessed does not count: so an election looks back to the end of the epoch
 * before the one that draws. In it stand the delegates of genesis with something bonded then and now, but for whoever has
 * a tombstone by now, and whoever was away. A seat is drawn by stake; what counts for that is stake times presence, what
 * counts once seated is stake. Where there are as many seats as stand all of them sit, and the draw decides nothing.
 *
 * Those who were away are left out only where others fill all seats: nobody gains weight by keeping others from the network,
 * and a city that lost its network for an epoch is not left to the few who had one. If nobody stands at all, those who
 * order go on.
 */
import { elect } from '#algorithms/election/committee.ts';
import { decidedIn, stakeSnapshot } from '#algorithms/election/snapshot.ts';
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { headDigest, type CityHead } from '../city-batch.ts';
import type { Seat } from '../committee.ts';
import type { Genesis } from '../genesis.ts';
import { fingerprintOf } from '../transaction.ts';
import { beaconOf } from './draw.ts';
import {
  batchesAt,
  counted,
  NO_BEACON,
  NO_TURNS,
  released,
  type Rules,
  type Stake,
  type Stakes,
  type Standing,
} from './stakes.ts';
import { led } from './turns.ts';

const THOUSAND = 1_000n;

/** Whether the batch of a height is the last one of the epoch. */
export const isLast = (stakes: Stakes, { epochBatches }: Rules, height: number): boolean =>
  batchesAt(stakes, height) >= epochBatches;

/** Of a thousand batches so far; whoever has no seat cannot be seen, and is not said to be away. */
export function presenceOf(stakes: Stakes, who: number, height: number): number {
  const batches = batchesAt(stakes, height);
  const isSeated = stakes.seats.some(({ of }) => of === who);
  if (!isSeated || batches === 0) return Number(THOUSAND);
  return Math.floor((Number(THOUSAND) * stakes.delegates[who]!.seen) / batches);
}

/** Whether somebody stands in the election of the next epoch, by what was ordered up to a height. */
export function standingOf(stakes: Stakes, rules: Rules, who: number, height: number): Standing {
  const { offence, bonded, awayUntil } = stakes.delegates[who]!;
  if (offence !== undefined) return 'tombstone';
  if (bonded === 0n || stakes.snapshot[who]!.stake === 0n) return 'unbonded';
  const isAway = presenceOf(stakes, who, height) < rules.presentPermille;
  return isAway || awayUntil > stakes.epoch + 1 ? 'away' : 'stands';
}

/** Who is to order in the next epoch, by what was ordered up to a height. */
export function nextSeats(
  genesis: Genesis,
  stakes: Stakes,
  rules: Rules,
  height: number,
): readonly Seat[] {
  const all = stakes.delegates.map((_, i) => standingOf(stakes, rules, i, height));
  const where = (...which: readonly Standing[]): number[] =>
    all.flatMap((standing, i) => (which.includes(standing) ? [i] : []));
  const present = where('stands');
  const standing = present.length >= rules.seats ? present : where('stands', 'away');
  const seated = drawnOf(genesis, stakes, rules, standing);
  return seated.length > 0 ? seated : stakes.seats;
}

function drawnOf(
  genesis: Genesis,
  stakes: Stakes,
  { seats }: Rules,
  standing: readonly number[],
): Seat[] {
  const { snapshot } = stakes;
  const epoch = BigInt(stakes.epoch + 1);
  const before = decidedIn(epoch);
  const seatOf = (of: number): Seat => ({ of, stake: snapshot[of]!.stake });
  if (before === undefined) return standing.map(seatOf);
  const named = standing.map((of) => ({ of, id: fingerprintOf(genesis.delegates[of]!.signing) }));
  const candidates = named.map(({ of, id }) => ({ id, stake: snapshot[of]!.stake }));
  const ballots = named.map(({ of, id }) => ({ id, stake: snapshot[of]!.weight, approves: [id] }));
  const ids = elect(stakeSnapshot(before, candidates, ballots), {
    epoch,
    beacon: beaconOf(stakes),
    pool: standing.length,
    seats,
  });
  const elected = new Set(ids.map(hex));
  return named.filter(({ id }) => elected.has(hex(id))).map(({ of }) => seatOf(of));
}

/** Who orders next, where the batch after that height is the last one of its epoch: what that batch is to name. */
export const namedAfter = (
  genesis: Genesis,
  stakes: Stakes,
  rules: Rules,
  height: number,
): readonly Seat[] | undefined =>
  isLast(stakes, rules, height + 1) ? nextSeats(genesis, stakes, rules, height) : undefined;

/** Where an epoch ends: its last batch. */
export interface End {
  readonly height: number;
  readonly round: number;
  readonly digest: Uint8Array;
}

/** Whoever has something at stake has some weight: where seats are left it has one. */
function weightOf(bonded: bigint, presence: number): bigint {
  const weight = (bonded * BigInt(presence)) / THOUSAND;
  return bonded > 0n && weight === 0n ? 1n : weight;
}

/** The first state of the next epoch. `seats`: as its last batch names them. */
export function closed(stakes: Stakes, rules: Rules, seats: readonly Seat[], end: End): Stakes {
  const epoch = stakes.epoch + 1;
  const snapshot = stakes.delegates.map(({ bonded }, i) => ({
    stake: bonded,
    weight: weightOf(bonded, presenceOf(stakes, i, end.height)),
  }));
  const delegates = stakes.delegates.map((each, i): Stake => {
    const isAway = presenceOf(stakes, i, end.height) < rules.presentPermille;
    const awayUntil = isAway ? epoch + rules.awayEpochs : each.awayUntil;
    return {
      ...released(each, epoch, rules),
      awayUntil,
      seen: 0,
      hasDrawn: false,
      turns: NO_TURNS,
    };
  });
  const since = { since: end.height, sinceRound: end.round, sinceDigest: end.digest };
  return { epoch, ...since, seats: [...seats], beacon: NO_BEACON, delegates, snapshot };
}

/**
 * The stakes after a batch: `acted` is what its acts have made of those `before` it. A batch that names another
 * committee than the one elected, or ends an epoch at another height, was sealed by more than a third of the stake that
 * is faulty, or we are: there is nothing to go on from.
 */
export function afterBatch(
  genesis: Genesis,
  rules: Rules,
  before: Stakes,
  acted: Stakes,
  head: CityHead,
): Stakes {
  const { height, round, epoch } = head;
  const next = namedAfter(genesis, before, rules, height - 1);
  assert(epoch === before.epoch, 'a batch is of the epoch of its height');
  assert(
    areSame(next, head.next),
    'the last batch of an epoch, and no other, names those who are elected',
  );
  const seen = led(genesis, rules, counted(acted, head), head);
  if (next === undefined) return seen;
  return closed(seen, rules, next, { height, round, digest: headDigest(head) });
}

const areSame = (a: readonly Seat[] | undefined, b: readonly Seat[] | undefined): boolean =>
  a === undefined || b === undefined
    ? a === b
    : a.length === b.length &&
      a.every(({ of, stake }, i) => b[i]!.of === of && b[i]!.stake === stake);

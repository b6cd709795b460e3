/**
 * Stakes: what each delegate of a city has at stake, who orders, and how far the epoch is. A function of the order: a
 * ledger that has applied the same batches has the same bytes of it, and each batch says their digest (city-state.ts).
 *
 *   bonded --unbond--> leaving --(its epochs are over)--> free --bond--> bonded
 *      '---- evidence ----+--> slashed, and a tombstone: it stands in no later election
 *
 * What leaves still votes in the epoch in which that was said and in the next one, whose committees are decided (see
 * election.ts). From then on it is locked for `unbondingEpochs`: as long as evidence counts. So whoever lied with a stake
 * can lose it, however soon it takes it back.
 *
 * Who takes part is counted from committed batches alone: the bits `seen` of their heads. To be away costs the election,
 * never the stake.
 *
 * Conserved: of each delegate bonded + leaving + free + slashed is what genesis gave it. Bounds: those of genesis, a few
 * sums that leave of each. Functions here are pure: they make the state after, or nothing where an act means nothing.
 */
import type { Policy } from '#config/policy.ts';
import { domain, hash } from '#algorithms/hash/hash.ts';
import { assert } from '#lib/assert.ts';
import { hasBit, height, type CityHead } from '../city-batch.ts';
import { count, flag, list, oneOf, optional, record, toBytes, u64, type Infer } from '../codec.ts';
import { seats, type Beginning } from '../committee.ts';
import { DELEGATES_MAX, FIRST_EPOCH, type Genesis } from '../genesis.ts';
import { digest } from '../terms.ts';
import { round } from '../vertex-head.ts';

/** Sums of one delegate that leave at a time. */
const LEAVING_MAX = 16;
/** Stake that is taken back still votes in the epochs whose committees are decided. */
export const DECIDED_EPOCHS = 2;

export type Rules = Policy['stake'];

/** How somebody stands in the election of the next epoch. */
export const STANDINGS = ['stands', 'away', 'tombstone', 'unbonded'] as const;
export type Standing = (typeof STANDINGS)[number];

export const epochNumber = count(Number.MAX_SAFE_INTEGER);
export const FAULTS = ['false-holding', 'dag-equivocation', 'double-vote', 'level-fault'] as const;
export type Fault = (typeof FAULTS)[number];

/** Turns of its own that a member let come to nothing: turns.ts. */
const Turns = record({
  /** One after another, since it was ordered last. */
  missed: count(0xffff),
  /** Others have its turns up to this height at least; 0 where it has them. */
  passedUntil: height,
  /** How often that came, one time after another. */
  times: count(0xff),
});
export type Turns = Infer<typeof Turns>;
export const NO_TURNS: Turns = { missed: 0, passedUntil: 0, times: 0 };

/** What somebody was convicted of, and what it has cost by now. */
const Offence = record({
  fault: oneOf(...FAULTS),
  epoch: epochNumber,
  height,
  /** The act that brought the evidence. */
  act: digest,
  /** What could be lost then, and what was. */
  stake: u64,
  taken: u64,
});
export type Offence = Infer<typeof Offence>;

export const Stake = record({
  bonded: u64,
  /** Since which epoch each sum leaves, the oldest first. */
  leaving: list(record({ amount: u64, epoch: epochNumber }), LEAVING_MAX),
  free: u64,
  slashed: u64,
  /** A tombstone. */
  offence: optional(Offence),
  /** It stands in no election of an epoch before this one: it was away. */
  awayUntil: epochNumber,
  /** In how many batches of this epoch it was seen, by those that were ordered. */
  seen: count(Number.MAX_SAFE_INTEGER),
  /** It has given its part of the beacon of this epoch. */
  hasDrawn: flag,
  /** How it does as a leader, in this epoch (turns.ts). */
  turns: Turns,
});
export type Stake = Infer<typeof Stake>;

export const Stakes = record({
  epoch: epochNumber,
  /** The last batch of the epoch before: where this one begins. */
  since: height,
  sinceRound: round,
  sinceDigest: digest,
  /** Who orders in this epoch, by ascending delegate. */
  seats,
  /** What the draws of this epoch come to so far (draw.ts). */
  beacon: digest,
  /** By delegate of genesis. */
  delegates: list(Stake, DELEGATES_MAX),
  /** The same at the end of the epoch before: what the next election is decided on. */
  snapshot: list(record({ stake: u64, weight: u64 }), DELEGATES_MAX),
});
export type Stakes = Infer<typeof Stakes>;

const STAKES = domain('stakes');
export const stakesDigest = (stakes: Stakes): Uint8Array => hash(STAKES, toBytes(Stakes, stakes));

export const NO_BEACON = new Uint8Array(32);

export const firstStakes = ({ delegates }: Genesis, none: Uint8Array): Stakes => ({
  epoch: FIRST_EPOCH,
  since: 0,
  sinceRound: 0,
  sinceDigest: none,
  seats: delegates.map(({ stake }, of) => ({ of, stake })),
  beacon: NO_BEACON,
  delegates: delegates.map(({ stake }) => ({
    bonded: stake,
    leaving: [],
    free: 0n,
    slashed: 0n,
    offence: undefined,
    awayUntil: 0,
    seen: 0,
    hasDrawn: false,
    turns: NO_TURNS,
  })),
  snapshot: delegates.map(({ stake }) => ({ stake, weight: stake })),
});

export const leavingOf = ({ leaving }: Pick<Stake, 'leaving'>): bigint =>
  leaving.reduce((sum, { amount }) => sum + amount, 0n);

export const withStake = (stakes: Stakes, who: number, changed: Partial<Stake>): Stakes => ({
  ...stakes,
  delegates: stakes.delegates.map((each, i) => (i === who ? { ...each, ...changed } : each)),
});

/** Nothing where it has not so much that is free, or stands no more. */
export function bond(stakes: Stakes, who: number, amount: bigint): Stakes | undefined {
  const { bonded, free, offence } = stakes.delegates[who]!;
  if (amount === 0n || amount > free || offence !== undefined) return undefined;
  return withStake(stakes, who, { bonded: bonded + amount, free: free - amount });
}

/** Nothing where it has not so much, or too many sums leave already. */
export function unbond(stakes: Stakes, who: number, amount: bigint): Stakes | undefined {
  const { bonded, leaving } = stakes.delegates[who]!;
  if (amount === 0n || amount > bonded) return undefined;
  const { epoch } = stakes;
  const last = leaving.at(-1);
  const isSame = last?.epoch === epoch;
  if (!isSame && leaving.length === LEAVING_MAX) return undefined;
  const sum = { amount: amount + (isSame ? last.amount : 0n), epoch };
  const others = isSame ? leaving.slice(0, -1) : leaving;
  return withStake(stakes, who, { bonded: bonded - amount, leaving: [...others, sum] });
}

/** Whether evidence of something in that epoch still counts: its stake is still locked. */
export const isYoung = (
  { epoch: now }: Pick<Stakes, 'epoch'>,
  { unbondingEpochs }: Pick<Rules, 'unbondingEpochs'>,
  epoch: number,
): boolean => epoch <= now && now - epoch <= unbondingEpochs;

/** Of a delegate what is over of its lock, in an epoch that has just begun. */
export function released(stake: Stake, epoch: number, { unbondingEpochs }: Rules): Stake {
  const isOver = (each: Stake['leaving'][number]): boolean =>
    epoch >= each.epoch + DECIDED_EPOCHS + unbondingEpochs;
  const over = stake.leaving.filter(isOver);
  if (over.length === 0) return stake;
  const leaving = stake.leaving.filter((each) => !isOver(each));
  return { ...stake, leaving, free: stake.free + leavingOf({ leaving: over }) };
}

/** Where the epoch begins. */
export const beginningOf = (stakes: Stakes): Beginning => ({
  epoch: stakes.epoch,
  height: stakes.since,
  round: stakes.sinceRound,
  seats: stakes.seats,
});

/** Batches of this epoch up to a height. */
export const batchesAt = ({ since }: Pick<Stakes, 'since'>, at: number): number => at - since;

/** Who took part in the next batch. */
export function counted(stakes: Stakes, { seen }: Pick<CityHead, 'seen'>): Stakes {
  const here = new Set(stakes.seats.flatMap(({ of }, i) => (hasBit(seen, i) ? [of] : [])));
  if (here.size === 0) return stakes;
  const delegates = stakes.delegates.map((each, of) =>
    here.has(of) ? { ...each, seen: each.seen + 1 } : each,
  );
  return { ...stakes, delegates };
}

/** What must be true after any act. */
export function invariants(stakes: Stakes, { delegates }: Pick<Genesis, 'delegates'>): void {
  for (const [i, each] of stakes.delegates.entries()) {
    const { bonded, free, slashed, offence } = each;
    const sum = bonded + leavingOf(each) + free + slashed;
    assert(sum === delegates[i]!.stake, 'no stake is made or lost');
    assert(slashed === (offence?.taken ?? 0n), 'what was slashed has its evidence');
  }
  assert(stakes.seats.length > 0, 'somebody orders');
}

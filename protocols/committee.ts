/**
 * Who votes, and whose turn it is.
 *
 * The delegates of the first two epochs are those of genesis; later ones are elected (stake/election.ts). Members stand in
 * the order of their names, and are spoken of by their place there.
 *
 * The turn goes round by stake. Rounds of the DAG count the turns, and turn t belongs to whoever's stake lies at
 *
 *     frac(t / phi) * all stake        phi: the golden ratio; in integers of 64 bits
 *
 * The points of that sequence divide the circle as evenly as any can (three distances, Swierczkowski 1958), so
 * in every stretch of turns each has about its share, nobody waits long, and nothing has to be remembered.
 *
 * Whoever let its turns come to nothing is passed over for a while (stake/turns.ts): others have its turns, by their
 * stake along the root of two, which has nothing in common with the golden ratio. All other turns stay whose they were.
 */
import { assert } from '#lib/assert.ts';
import { count, list, record, u64, type Infer } from './codec.ts';
import { DELEGATES_MAX, FIRST_EPOCH, type Delegate, type Genesis } from './genesis.ts';
import { member, round } from './vertex-head.ts';

/** Who votes in an epoch: in the order of their names (genesis.ts). */
export interface Committee {
  readonly epoch: number;
  readonly members: readonly Delegate[];
}

/** Who orders, and with how much: a delegate of genesis, by its place there. */
export const Seat = record({ of: member, stake: u64 });
export type Seat = Infer<typeof Seat>;
/** By ascending delegate. */
export const seats = list(Seat, DELEGATES_MAX);

/** Where an epoch begins: after which batch, which stood in which round, and who orders from there on. */
export const Beginning = record({
  epoch: count(Number.MAX_SAFE_INTEGER),
  height: count(Number.MAX_SAFE_INTEGER),
  round,
  seats,
});
export type Beginning = Infer<typeof Beginning>;

/** Those who sit are among the delegates of genesis. */
export const committeeIn = (
  { delegates }: Pick<Genesis, 'delegates'>,
  epoch: number,
  seated: readonly Seat[],
): Committee => ({
  epoch,
  members: seated.map(({ of, stake }) => ({ ...delegates[of]!, stake })),
});

/** Whether a committee can come of it: delegates of genesis, each once, with stake. */
export const areSeats = (
  { delegates }: Pick<Genesis, 'delegates'>,
  seated: readonly Seat[],
): boolean =>
  seated.length > 0 &&
  seated.every(
    ({ of, stake }, i) =>
      of < delegates.length && stake > 0n && (i === 0 || seated[i - 1]!.of < of),
  );

/** Whoever verifies quorums asks this, and nobody else: who votes in an epoch, as far as that is known. */
export type CommitteeOf = (epoch: number) => Committee | undefined;

/** 2^64 / phi, odd. */
const GOLDEN = 0x9e3779b97f4a7c15n;
/** 2^64 * (sqrt(2) - 1), odd. */
const ROOT = 0x6a09e667f3bcc909n;
const BITS = 64n;

export const genesisCommittee = ({ delegates }: Pick<Genesis, 'delegates'>): Committee => ({
  epoch: FIRST_EPOCH,
  members: delegates,
});

/** For who knows the first epoch alone. */
export const onlyFirst =
  (genesis: Pick<Genesis, 'delegates'>): CommitteeOf =>
  (epoch) =>
    epoch === FIRST_EPOCH ? genesisCommittee(genesis) : undefined;

/** Whose turn a round is, by stake alone. */
export const leaderOf = ({ members }: Committee, round: number): number =>
  memberAt(members, GOLDEN, round);

/** Who leads a round: whose turn it is, or, where that one is passed over, one of the others. */
export function leaderBeside(
  committee: Committee,
  round: number,
  passed: ReadonlySet<number>,
): number {
  const own = leaderOf(committee, round);
  if (!passed.has(own)) return own;
  const others = committee.members.map((each, i) => (passed.has(i) ? { stake: 0n } : each));
  return memberAt(others, ROOT, round);
}

/** At whose stake the point of a round lies, of a sequence of points. */
function memberAt(
  members: readonly Pick<Delegate, 'stake'>[],
  step: bigint,
  round: number,
): number {
  const whole = members.reduce((sum, { stake }) => sum + stake, 0n);
  const at = (BigInt.asUintN(64, BigInt(round) * step) * whole) >> BITS;
  let below = 0n;
  const found = members.findIndex(({ stake }) => (below += stake) > at);
  assert(found >= 0, 'a committee has stake');
  return found;
}

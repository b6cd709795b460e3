/**
 * What evidence costs: whoever is convicted loses a share of its stake and stands in no later election.
 *
 *   alone                             slashPermille of what it had at stake then
 *   with k - 1 others, in so many     (3 k / n)^2 of it, if that is more, and all of it from a third on: what could have
 *   epochs                            stopped or split the city costs everything, and a machine that failed does not
 *
 * Those who were convicted before lose what is missing to the same share: it is no good to be the first of a plot.
 * (Base as in Cosmos; correlation as in Polkadot.) Each is convicted once, whatever else is brought against it: so
 * evidence that comes again, or in another order, takes nothing.
 */
import { leavingOf, withStake, type Fault, type Rules, type Stake, type Stakes } from './stakes.ts';

/** Of a stake, what is lost by one of k who were convicted together, of n. */
export function penaltyOf(stake: bigint, k: number, n: number, { slashPermille }: Rules): bigint {
  const base = (stake * BigInt(slashPermille)) / 1_000n;
  const square = BigInt(9 * k * k);
  const all = BigInt(n * n);
  const together = k < 2 ? 0n : square >= all ? stake : (stake * square) / all;
  return together > base ? together : base;
}

/** Where evidence was ordered. */
export interface Verdict {
  readonly who: number;
  readonly fault: Fault;
  readonly height: number;
  readonly act: Uint8Array;
}

/** Nothing for whoever is convicted already. */
export function convict(
  stakes: Stakes,
  rules: Rules,
  { who, ...said }: Verdict,
): Stakes | undefined {
  const accused = stakes.delegates[who]!;
  if (accused.offence !== undefined) return undefined;
  const { epoch } = stakes;
  const stake = accused.bonded + leavingOf(accused);
  const marked = withStake(stakes, who, { offence: { ...said, epoch, stake, taken: 0n } });
  const plot = together(marked, rules);
  const n = stakes.delegates.length;
  return plot.reduce((all, each) => slash(all, each, plot.length, n, rules), marked);
}

/** Those who were convicted within so many epochs of now. */
function together({ delegates, epoch: now }: Stakes, { togetherEpochs }: Rules): number[] {
  return delegates.flatMap(({ offence }, i) =>
    offence !== undefined && now - offence.epoch < togetherEpochs ? [i] : [],
  );
}

/** Up to what it has to lose by now. */
function slash(stakes: Stakes, who: number, k: number, n: number, rules: Rules): Stakes {
  const had = stakes.delegates[who]!;
  const { stake, taken } = had.offence!;
  const due = penaltyOf(stake, k, n, rules) - taken;
  if (due <= 0n) return stakes;
  const { left, lost } = without(had, due);
  const offence = { ...had.offence!, taken: taken + lost };
  return withStake(stakes, who, { ...left, slashed: had.slashed + lost, offence });
}

/** What is bonded first, then what leaves, the newest first. */
function without(
  { bonded, leaving }: Stake,
  due: bigint,
): { readonly left: Pick<Stake, 'bonded' | 'leaving'>; readonly lost: bigint } {
  let missing = due;
  const less = (amount: bigint): bigint => {
    const lost = amount < missing ? amount : missing;
    missing -= lost;
    return amount - lost;
  };
  const left = less(bonded);
  const kept = leaving.toReversed().map(({ amount, epoch }) => ({ amount: less(amount), epoch }));
  const rest = kept.toReversed().filter(({ amount }) => amount > 0n);
  return { left: { bonded: left, leaving: rest }, lost: due - missing };
}

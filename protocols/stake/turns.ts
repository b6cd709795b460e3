/**
 * Whose turns are passed over: leaders that fail to be ordered cost a city their time in each of their turns; so after
 * some of them others have these turns for a while. (After Spiegelman and others, "Shoal", 2023, and Tsimos and others,
 * "HammerHead", 2024.)
 *
 *   has its turns --(`missed` in so many batches, and never ordered in between)--> passed over: others have them
 *        '<--(so many batches later, and seen again: on one of its vertices a batch stands)----'
 *
 * A function of the order alone, by what heads of batches say: whose turns came to nothing (`missed`), who was ordered
 * (`proposer`), who was there (`seen`). So whoever has applied a batch knows who leads the rounds after it; and the
 * state has it, so delegates that differed would not seal the next one.
 *
 * Only turns that are somebody's own count: who stands in for another may not have known. Whoever is passed over again
 * without having been ordered in between waits twice as long, up to a bound: what fails for good costs less and less. Who
 * is dead is not tried before it is seen.
 *
 * Bound: those who are passed over have less than a third of the stake, whatever happens, the worst first; so honest
 * delegates go on leading even if all turns of a while came to nothing. It costs nobody its vote or its stake, and each
 * epoch begins with all.
 */
import { hasBit, type CityHead } from '../city-batch.ts';
import type { Genesis } from '../genesis.ts';
import type { Rules, Stake, Stakes, Turns } from './stakes.ts';

/** It is doubled so often at most. */
const DOUBLINGS_MAX = 6;

/** The stakes after what a batch says of its leaders. */
export function led(
  { delegates }: Pick<Genesis, 'delegates'>,
  rules: Rules,
  stakes: Stakes,
  head: Pick<CityHead, 'height' | 'proposer' | 'seen' | 'missed'>,
): Stakes {
  const seatOf = new Map(stakes.seats.map(({ of }, seat) => [of, seat]));
  const after = stakes.delegates.map((each, of): Stake => {
    const seat = seatOf.get(of);
    if (seat === undefined) return each;
    const did = {
      led: delegates[of]!.node === head.proposer,
      missed: hasBit(head.missed, seat),
      seen: hasBit(head.seen, seat),
    };
    const turns = turnsAfter(each.turns, did, head.height, rules);
    return turns === each.turns ? each : { ...each, turns };
  });
  return { ...stakes, delegates: after };
}

interface Did {
  readonly led: boolean;
  readonly missed: boolean;
  readonly seen: boolean;
}

function turnsAfter(turns: Turns, did: Did, height: number, rules: Rules): Turns {
  const { missed, passedUntil, times } = turns;
  if (passedUntil > 0)
    return did.seen && height >= passedUntil ? { missed: 0, passedUntil: 0, times } : turns;
  if (did.led) return missed + times === 0 ? turns : { missed: 0, passedUntil: 0, times: 0 };
  if (!did.missed) return turns;
  if (missed + 1 < rules.missedTurns) return { ...turns, missed: missed + 1 };
  const batches = rules.passedBatches * 2 ** times;
  return { missed: 0, passedUntil: height + batches, times: Math.min(times + 1, DOUBLINGS_MAX) };
}

/** Members that lead nothing after the last batch, by their seats: less than a third of the stake. */
export function passedOver({ seats, delegates }: Stakes): number[] {
  const failing = seats.flatMap(({ of, stake }, seat) => {
    const { passedUntil, times } = delegates[of]!.turns;
    return passedUntil === 0 ? [] : [{ seat, stake, times }];
  });
  const worst = failing.toSorted((a, b) => b.times - a.times || a.seat - b.seat);
  const whole = seats.reduce((sum, { stake }) => sum + stake, 0n);
  let part = 0n;
  const passed = worst.filter(({ stake }) => {
    if ((part + stake) * 3n >= whole) return false;
    part += stake;
    return true;
  });
  return passed.map(({ seat }) => seat).toSorted((a, b) => a - b);
}

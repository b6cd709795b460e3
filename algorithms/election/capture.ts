/**
 * How likely a drawn committee is captured: has more than f = floor((n - 1) / 3) members of those who
 * hold a share of all stake. Each seat is theirs with that share, so it is a binomial tail,
 *
 *   P = sum over j > f of C(n, j) a^j (1 - a)^(n - j)
 *
 * which slightly overstates it: drawing without replacement is kinder. Computed exactly, as a quotient
 * of integers, and rounded once. For policy to warn with; no protocol decides by it.
 *
 * 21 seats are captured by a tenth of the stake once in 300 epochs, by a fifth once in nine. Below one
 * in a million need 61 seats at 10 %, some 110 at 15 %, 250 at 20 %.
 */
import { assert } from '#lib/assert.ts';

/** A share as a quotient, so that it is the same everywhere: [1, 10] is a tenth. */
export type Share = readonly [part: number, whole: number];

/** The most members that may be faulty while a committee is safe: less than a third. */
export const faultyMax = (seats: number): number => Math.floor((seats - 1) / 3);

/** The chance that a committee of `seats` drawn by stake has more than `faultyMax` bad members. */
export function captureProbability(seats: number, [part, whole]: Share): number {
  assert(Number.isInteger(seats) && seats > 0, 'a committee has seats');
  assert(
    Number.isSafeInteger(part) && Number.isSafeInteger(whole) && 0 <= part && part <= whole,
    'a share is a part of a whole',
  );
  const [bad, good] = [BigInt(part), BigInt(whole - part)];
  let ways = 1n; // C(seats, j), of `seats` things the j bad ones.
  let captured = 0n;
  for (let j = 0; j <= seats; j++) {
    if (j > faultyMax(seats)) captured += ways * bad ** BigInt(j) * good ** BigInt(seats - j);
    ways = (ways * BigInt(seats - j)) / BigInt(j + 1);
  }
  return quotient(captured, BigInt(whole) ** BigInt(seats));
}

/** The smallest committee that is captured at most as often as `most`; `undefined` beyond `seatsMax`. */
export function seatsNeeded(share: Share, most: number, seatsMax: number): number | undefined {
  // Only n = 3f + 1: one seat more would not bear one more fault.
  for (let seats = 4; seats <= seatsMax; seats += 3) {
    if (captureProbability(seats, share) <= most) return seats;
  }
  return undefined;
}

/** a / b as a double, for 0 <= a <= b of any size. */
function quotient(a: bigint, b: bigint): number {
  if (a === 0n) return 0;
  // 64 bits of the quotient, wherever its first one is.
  const shift = b.toString(2).length - a.toString(2).length + 64;
  return Number((a << BigInt(shift)) / b) * 2 ** -shift;
}

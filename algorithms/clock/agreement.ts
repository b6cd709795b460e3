/**
 * One interval from many, of which some may lie. Each has a weight; liars have less than is told.
 *
 * `agreement`: the smallest that holds every point which intervals of at least `needed` weight hold.
 *
 *   a    |-----------|
 *   b        |-----------|          weights 1, needed 3: three or more hold  |---|
 *   c          |-----|
 *   d                        |--|   (a liar, or a broken clock)
 *
 * While intervals of `needed` weight hold the truth, the truth is inside. Where liars have less than half of `needed`,
 * none widens it beyond an honest interval: both of its ends are held by `needed`, hence together by an honest one.
 *
 * `commonGround`: without the lowest and the highest ends that liars could have made alone. Wider, and always there:
 * honest clocks that are further apart than their intervals are wide agree on no point, and still on a range.
 *
 *   a  |--|                         each 1, liars 1:    [ low end of b ...... high end of b ]: what liars name lies
 *   b         |--|                  between honest ends, or is left out
 *   c              |--|
 *
 * Reference: Marzullo, "Maintaining the time in a distributed system" (1984); NTP's selection (RFC 5905, section
 * 11.2.1) is a relative that also asks for midpoints, which we do not need. Welch and Lynch, "A new fault-tolerant
 * algorithm for clock synchronization" (1988), leave out the lowest and the highest. Cost: sorting 2n ends. In whole
 * numbers.
 */
import { assert } from '#lib/assert.ts';

/** Both ends belong to it. */
export interface Interval {
  readonly lowUs: number;
  readonly highUs: number;
}

/** What somebody with so much weight says. */
export interface Voice extends Interval {
  readonly weight: bigint;
}

interface End {
  readonly atUs: number;
  readonly weight: bigint;
}

/** `undefined` where no point is held by so much. */
export function agreement(voices: readonly Voice[], needed: bigint): Interval | undefined {
  assert(needed > 0n, 'a point that nobody holds is no agreement');
  const [lows, highs] = endsOf(voices);
  const lowUs = firstHeld(lows, highs, needed);
  if (lowUs === undefined) return undefined;
  // The last point is the first one seen from the other side.
  const mirrored = firstHeld(
    highs.map(negated).toReversed(),
    lows.map(negated).toReversed(),
    needed,
  );
  return { lowUs, highUs: -mirrored! };
}

/** For liars with at most so much; `undefined` where all the others have no more than they. */
export function commonGround(voices: readonly Voice[], lying: bigint): Interval | undefined {
  const whole = voices.reduce((sum, { weight }) => sum + weight, 0n);
  if (whole <= 2n * lying) return undefined;
  const [lows, highs] = endsOf(voices);
  const highUs = -firstBeyond(highs.map(negated).toReversed(), lying);
  return { lowUs: firstBeyond(lows, lying), highUs };
}

/** Each in ascending order. */
function endsOf(voices: readonly Voice[]): [lows: readonly End[], highs: readonly End[]] {
  assert(
    voices.every(({ lowUs, highUs }) => lowUs <= highUs),
    'an interval has an inside',
  );
  const sorted = (end: 'lowUs' | 'highUs'): End[] =>
    voices.map(({ [end]: atUs, weight }) => ({ atUs, weight })).toSorted((a, b) => a.atUs - b.atUs);
  return [sorted('lowUs'), sorted('highUs')];
}

const negated = ({ atUs, weight }: End): End => ({ atUs: -atUs, weight });

/** The first point that so much holds: some low end, with little enough ended before it. */
function firstHeld(
  lows: readonly End[],
  highs: readonly End[],
  needed: bigint,
): number | undefined {
  let [held, ended] = [0n, 0];
  for (const { atUs, weight } of lows) {
    held += weight;
    while (highs[ended]!.atUs < atUs) held -= highs[ended++]!.weight;
    if (held >= needed) return atUs;
  }
  return undefined;
}

/** The first end up to which there is more than that. */
function firstBeyond(ends: readonly End[], weight: bigint): number {
  let sum = 0n;
  return ends.find((end) => (sum += end.weight) > weight)!.atUs;
}

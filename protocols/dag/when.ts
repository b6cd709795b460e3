/**
 * When: the time of a turn, which its batch bears. Nobody chooses it alone.
 *
 *   stamp of a vertex    its author's time of the city (clock/time.ts), or the median of those it stands on if that is later
 *   votes for a turn     not before the median, by stake, of the stamps that it stands on; and not after the voter's own
 *                        time, unless it is that very median
 *
 * Safety, with less than a third of the stake lying. Whoever stands on more than two thirds stands on liars with less
 * than half of that: so the median is not before every honest stamp, nor after each. And who is honest votes for a
 * turn when its own clock has reached it: so the time of what is committed lies between two honest clocks, one as it was
 * in the round before, and one as it is when it votes. Batches go up by `max(before + 1, .)` besides (seal.ts).
 *
 * A quiet city's parents are old, and what wakes it is of now all the same: the median alone would make it as old. The
 * median alone is always voted for: where most clocks are ahead of ours, the city goes on by theirs.
 *
 * Who was away may not have the round that a turn stands on (follow.ts). What it does not know of holds nothing up.
 */
import {
  compareStamps,
  medianStamp,
  stampBytes,
  stampOf,
  type Stamp,
} from '#algorithms/clock/hlc.ts';
import { AHEAD_MS } from '../ahead.ts';
import type { Millis } from '../ids.ts';
import { stampIn, type Graph, type Named } from './graph.ts';
import type { City } from './state.ts';

const LONG_AGO: Stamp = { wallMs: 0, count: 0 };

/** Of the stamps that a vertex stands on, by stake. */
export function medianBelow(graph: Graph, parents: ReadonlyMap<number, string>): Stamp {
  if (parents.size === 0) return LONG_AGO;
  const stamps = [...parents].map(([author, name]) => {
    const stamp = stampIn(graph, name);
    const weight = graph.committee.members[author]!.stake;
    return { stamp: stamp === undefined ? LONG_AGO : stampOf(stamp), weight };
  });
  return medianStamp(LONG_AGO, stamps);
}

/** What our next vertex is stamped with. */
export function stampFor(
  { graph, self }: City,
  parents: readonly Named[],
  time: Millis,
): Uint8Array {
  const own = { wallMs: time, count: 0 };
  if (self.plant === 'author-stamp') return stampBytes(own);
  const median = medianBelow(graph, new Map(parents.map(({ author, name }) => [author, name])));
  return stampBytes(compareStamps(own, median) < 0 ? median : own);
}

export type Timing = 'now' | 'early' | 'far-future' | 'before-its-parents';

/** Of a turn's vertex, above that median, at our time. */
export function timingOf(
  { led, self }: City,
  { vertex }: Named,
  median: Stamp,
  time: Millis,
): Timing {
  if (self.plant === 'author-stamp' || self.plant === 'unbounded-clock') return 'now';
  const its = stampOf(vertex.content.at);
  const after = compareStamps(its, median);
  if (after < 0) return 'before-its-parents';
  if (after === 0) return 'now';
  const aheadMs = its.wallMs - time;
  // Nor is it waited for so long. As long as we do not know the time, so much is borne.
  if (aheadMs > AHEAD_MS) return 'far-future';
  return aheadMs > 0 && led !== undefined ? 'early' : 'now';
}

/** How long until our time is there. */
export const untilTimeOf = ({ vertex }: Named, time: Millis): number =>
  stampOf(vertex.content.at).wallMs - time;

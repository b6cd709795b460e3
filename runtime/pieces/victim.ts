/**
 * Which segment to give up when there is no more room, and what of it to spare.
 *
 * The segment that loses least for each byte that is won: a loss is the sum, over the live pieces that
 * are not spared, of bytes times the time they have left. So what has expired goes first, then what
 * expires soonest. A store that may evict live pieces (a light's) spares what is left of a segment when
 * it is little, and otherwise what is hot, up to a quarter. A store that may not (an anchor's) spares
 * every live piece. Nobody gives up a segment of which nearly everything would have to be moved.
 *
 * A key that has an older record elsewhere leaves a tombstone, or the older record would come back when
 * the store is opened; in the oldest segment there is nothing to come back.
 *
 * Cost: one pass over the index, about a millisecond for 300 000 pieces, once a segment's worth of puts.
 */
import { HINT_ENTRY_BYTES } from './hint.ts';
import { HOT, type PieceIndex } from './piece-index.ts';
import { SHADOWS, TOMBSTONE } from './record.ts';
import type { Segment } from './segment-log.ts';

export type Evicts = 'live' | 'expired';
export type Spares = 'live' | 'hot' | 'nothing';

export interface Victim {
  readonly segment: Segment;
  readonly spares: Spares;
}

interface Offer extends Victim {
  /** Byte-seconds lost, and bytes moved, for each byte won. */
  readonly loss: number;
  readonly effort: number;
}

/** What is moved out of a segment whose live pieces may be evicted. */
export const spareBytesMax = (segmentBytes: number): number => segmentBytes / 4;

export function chooseVictim(
  index: PieceIndex,
  segments: readonly Segment[],
  nowSec: number,
  evicts: Evicts,
  segmentBytes: number,
): Victim | undefined {
  const tallies = tally(index, nowSec);
  const oldest = segments.reduce((least, { id }) => Math.min(least, id), Infinity);
  const spareMax = spareBytesMax(segmentBytes);
  let best: Offer | undefined;
  for (const segment of segments) {
    const of = tallies[segment.row] ?? NOTHING;
    const graves = segment.id === oldest ? 0 : of.bound;
    const offer =
      evicts === 'expired'
        ? offerOf(segment, 'live', of.live, graves, 0)
        : cheapest(segment, of, graves, spareMax);
    if (offer !== undefined && (best === undefined || isBetter(offer, best))) best = offer;
  }
  return best;
}

function cheapest(
  segment: Segment,
  { live, hot, loss, hotLoss }: Tally,
  graves: number,
  spareMax: number,
): Offer | undefined {
  const sparedHot = Math.min(hot, spareMax);
  const lossOfHot = hot === 0 ? 0 : (hotLoss * (hot - sparedHot)) / hot;
  const sparesLive = live <= spareMax && offerOf(segment, 'live', live, graves, 0);
  return (
    (sparesLive || undefined) ??
    offerOf(segment, 'hot', sparedHot, graves, loss - hotLoss + lossOfHot) ??
    offerOf(segment, 'nothing', 0, graves, loss)
  );
}

function offerOf(
  segment: Segment,
  spares: Spares,
  spared: number,
  graves: number,
  loss: number,
): Offer | undefined {
  const moved = spared + graves;
  const won = segment.cost - moved;
  if (4 * won < segment.cost) return undefined;
  return { segment, spares, loss: loss / won, effort: moved / won };
}

function isBetter(a: Offer, b: Offer): boolean {
  if (a.loss !== b.loss) return a.loss < b.loss;
  if (a.effort !== b.effort) return a.effort < b.effort;
  return a.segment.id < b.segment.id;
}

/** What is in one segment, in bytes of cost. */
interface Tally {
  /** Pieces that have not expired. */
  live: number;
  /** Of these, those that were read lately. */
  hot: number;
  /** What leaves a tombstone. */
  bound: number;
  /** Bytes times seconds left: of all, and of what is hot. */
  loss: number;
  hotLoss: number;
}

const NOTHING: Tally = { live: 0, hot: 0, bound: 0, loss: 0, hotLoss: 0 };

function tally(index: PieceIndex, nowSec: number): Tally[] {
  const tallies: Tally[] = [];
  index.each((slot) => {
    const of = (tallies[index.row(slot)] ??= { ...NOTHING });
    const cost = index.length(slot) + HINT_ENTRY_BYTES;
    const flags = index.flags(slot);
    const leftSec = index.expirySec(slot) - nowSec;
    if ((flags & SHADOWS) !== 0) of.bound += cost;
    if ((flags & TOMBSTONE) !== 0 || leftSec <= 0) return;
    of.live += cost;
    of.loss += cost * leftSec;
    if ((flags & HOT) === 0) return;
    of.hot += cost;
    of.hotLoss += cost * leftSec;
  });
  return tallies;
}

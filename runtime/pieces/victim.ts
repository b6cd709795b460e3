/**
 * Which segment to give up when there is no more room, and whose going would cost least where none can be
 * given up for nothing.
 *
 *   victim    what is left of it is little: its live pieces move, nothing is lost     (chooseVictim)
 *   poorest   it would lose least for each byte that is won: the sum, over the live pieces that are not
 *             spared, of bytes times the time they have left                          (choosePoorest)
 *
 * A store loses nothing that is alive, ever. What it would rather be rid of it can only name: whoever put it
 * there sees to it that somebody else has it, and drops it. Then the segment is a victim.
 *
 * So what has expired goes first, then what expires soonest is named first. What was read of late is not
 * named before what was not (a second chance, up to a quarter of a segment). Nobody gives up a segment of
 * which nearly everything would have to be moved.
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

/** What each is worth: for each byte that is won, byte-seconds lost, then bytes moved. */
interface Offer {
  readonly segment: Segment;
  readonly loss: number;
  readonly effort: number;
}

/** What a second chance is given to, at most; and what is won back before anything is named. */
export const spareBytesMax = (segmentBytes: number): number => segmentBytes / 4;

/** The segment that can be given up with least effort, and no loss. */
export function chooseVictim(
  index: PieceIndex,
  segments: readonly Segment[],
  lapsedSec: number,
): Segment | undefined {
  return find(index, segments, lapsedSec, forNothing, isEasier);
}

const forNothing = (segment: Segment, { live }: Tally, graves: number): Offer | undefined =>
  offerOf(segment, live + graves, 0);

/** The segment whose cold pieces are missed least, if they go. */
export function choosePoorest(
  index: PieceIndex,
  segments: readonly Segment[],
  lapsedSec: number,
  segmentBytes: number,
): Segment | undefined {
  const spareMax = spareBytesMax(segmentBytes);
  const offer = (segment: Segment, of: Tally, graves: number): Offer | undefined => {
    const spared = Math.min(of.hot, spareMax);
    const lossOfHot = of.hot === 0 ? 0 : (of.hotLoss * (of.hot - spared)) / of.hot;
    return (
      offerOf(segment, spared + graves, of.loss - of.hotLoss + lossOfHot) ??
      offerOf(segment, graves, of.loss)
    );
  };
  return find(index, segments, lapsedSec, offer, isPoorer);
}

function find(
  index: PieceIndex,
  segments: readonly Segment[],
  lapsedSec: number,
  offer: (segment: Segment, of: Tally, graves: number) => Offer | undefined,
  isBetter: (a: Offer, b: Offer) => boolean,
): Segment | undefined {
  const tallies = tally(index, lapsedSec);
  const oldest = segments.reduce((least, { id }) => Math.min(least, id), Infinity);
  let found: Offer | undefined;
  for (const segment of segments) {
    const of = tallies[segment.row] ?? NOTHING;
    const made = offer(segment, of, segment.id === oldest ? 0 : of.bound);
    if (made !== undefined && (found === undefined || isBetter(made, found))) found = made;
  }
  return found?.segment;
}

function offerOf(segment: Segment, moved: number, loss: number): Offer | undefined {
  const won = segment.cost - moved;
  if (4 * won < segment.cost) return undefined;
  return { segment, loss: loss / won, effort: moved / won };
}

const isEasier = (a: Offer, b: Offer): boolean =>
  a.effort === b.effort ? a.segment.id < b.segment.id : a.effort < b.effort;

/** What loses about as much, within a twentieth or so, goes by what would be spared, then by age. */
function isPoorer(a: Offer, b: Offer): boolean {
  if (levelOf(a) !== levelOf(b)) return levelOf(a) < levelOf(b);
  const [spares, other] = [Math.floor(4 * a.effort), Math.floor(4 * b.effort)];
  return spares === other ? a.segment.id < b.segment.id : spares < other;
}

const LEVELS = 16;
const levelOf = ({ loss }: Offer): number => Math.floor(LEVELS * Math.log2(1 + loss));

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

function tally(index: PieceIndex, lapsedSec: number): Tally[] {
  const tallies: Tally[] = [];
  index.each((slot) => {
    const of = (tallies[index.row(slot)] ??= { ...NOTHING });
    const cost = index.length(slot) + HINT_ENTRY_BYTES;
    const flags = index.flags(slot);
    const leftSec = index.expirySec(slot) - lapsedSec;
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

/**
 * Which continent's anchors take how many pieces.
 *
 *   12 over asia and europe, at most 6 each     6 + 6
 *   14 (boosted)                                7 + 7      beyond "at most" they grow alike
 *   12, only asia there                         12         nobody else has room
 *   12 over three                               4 + 4 + 4
 *
 * One piece after another goes where the fewest are, the sender's continent first among equals; then,
 * while the worst loss that is to be survived would leave fewer than k on the other anchors, more of
 * them. A continent is within its "at most" while another one has room; beyond that the excess is even.
 */
import type { AnchorsOf, Continent, Policy } from '../policy.ts';

export interface Placed {
  readonly continent: Continent;
  readonly anchors: number;
  readonly pieces: number;
}

type Loss = Policy['surviveLossOf'];

export interface Wanted {
  readonly k: number;
  readonly pieces: number;
  readonly loss: Loss;
  /** No more than these, whatever the loss. */
  readonly most: number;
}

/**
 * `there`: continents with anchors, the sender's first. In the order that they came, those with pieces;
 * of more anchors than pieces, as many as have one.
 */
export function layOut(there: readonly AnchorsOf[], { k, pieces, loss, most }: Wanted): Placed[] {
  const counts = there.map(() => 0);
  if (there.length === 0) return [];
  for (let given = 0; given < most; given++) {
    if (given >= pieces && (!canSurvive(there, loss) || leftAfter(loss, there, counts) >= k)) break;
    counts[nextOf(there, counts)]!++;
  }
  return there.flatMap(({ continent, anchors }, i) =>
    counts[i] === 0
      ? []
      : [{ continent, anchors: Math.min(anchors, counts[i]!), pieces: counts[i]! }],
  );
}

/** With one anchor, or on one continent, nothing is left after its loss, however many pieces. */
function canSurvive(there: readonly AnchorsOf[], loss: Loss): boolean {
  if (loss === 'none') return false;
  if (loss === 'continent') return there.length > 1;
  return there.length > 1 || there[0]!.anchors > 1;
}

/** Pieces on the other anchors after the loss that takes the most. */
function leftAfter(loss: Loss, there: readonly AnchorsOf[], counts: readonly number[]): number {
  let [all, worst] = [0, 0];
  for (const [i, { anchors }] of there.entries()) {
    all += counts[i]!;
    const taken = loss === 'continent' ? counts[i]! : Math.ceil(counts[i]! / anchors);
    if (taken > worst) worst = taken;
  }
  return all - worst;
}

function nextOf(there: readonly AnchorsOf[], counts: readonly number[]): number {
  let best = 0;
  for (let i = 1; i < there.length; i++) {
    if (isBefore(there, counts, i, best)) best = i;
  }
  return best;
}

/** Room first; then, with room, the fewest pieces, and without, the smallest excess. */
function isBefore(
  there: readonly AnchorsOf[],
  counts: readonly number[],
  i: number,
  other: number,
): boolean {
  const [excess, otherExcess] = [
    counts[i]! - there[i]!.atMost,
    counts[other]! - there[other]!.atMost,
  ];
  const [hasRoom, otherHasRoom] = [excess < 0, otherExcess < 0];
  if (hasRoom !== otherHasRoom) return hasRoom;
  return hasRoom ? counts[i]! < counts[other]! : excess < otherExcess;
}

/** Whether k pieces are left on the other anchors after the worst such loss. */
export function survives(placed: readonly Placed[], loss: Loss, k: number): boolean {
  if (loss === 'none') return true;
  const there = placed.map((each) => ({ ...each, atMost: 0 }));
  const counts = placed.map(({ pieces }) => pieces);
  return placed.length > 0 && leftAfter(loss, there, counts) >= k;
}

/** How many pieces the anchor of this place in a continent's ranking holds. */
export const piecesOnAnchor = ({ anchors, pieces }: Placed, anchor: number): number =>
  Math.floor(pieces / anchors) + (anchor < pieces % anchors ? 1 : 0);

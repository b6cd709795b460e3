/**
 * A total order of many entries that is dear to compare exactly and cheap to bound.
 *
 * Each entry has a penalty, the smaller the better, known to lie within [lower, upper]. Two entries
 * whose bounds do not overlap are ordered by them; the rest are compared exactly. So the order is
 * always the exact one (a filtered predicate, after Shewchuk 1997, section 3: the filter may only
 * say "surely" or "ask"), while of 100 000 entries some hundred are ever compared exactly.
 *
 * Bounds are doubles. That is no float in a decision: a bound that is wide costs time, and only one
 * that is false would cost the truth; each maker of an order proves its bounds.
 */
import { assert } from '#lib/assert.ts';

export interface Order {
  /** Bounds of the penalties. An entry with an infinite one takes no part. */
  readonly lower: Float64Array;
  readonly upper: Float64Array;
  /** Whether `a` comes before `b`, exactly. Entries are distinct, so one of the two does. */
  readonly precedes: (a: number, b: number) => boolean;
}

/** Above this share of all entries it is cheaper to sort them than to keep the best apart. */
const SORT_SHARE = 1 / 16;
/** A walk that stops early has cost no more than choosing this many. */
const WALK_FIRST = 64;
const WALK_GROWTH = 8;

/** Whether `a` comes before `b`, by their bounds where these suffice. */
export function precedes(order: Order, a: number, b: number): boolean {
  if (order.upper[a]! < order.lower[b]!) return true;
  if (order.lower[a]! > order.upper[b]!) return false;
  return order.precedes(a, b);
}

/** The indices of the `count` best entries (or of all, where there are fewer), best first. */
export function best(order: Order, count: number): Uint32Array {
  assert(Number.isInteger(count) && count >= 0, 'a count is a whole number');
  const size = order.lower.length;
  if (count === 0) return new Uint32Array();
  return count > size * SORT_SHARE ? sorted(order).subarray(0, count) : chosen(order, count);
}

/** All entries that take part, best first, for callers who do not know how many they will need. */
export function* walk(order: Order): Generator<number, void, undefined> {
  let taken = 0;
  for (let count = WALK_FIRST; ; count *= WALK_GROWTH) {
    const some = best(order, count);
    for (; taken < some.length; taken++) yield some[taken]!;
    if (some.length < count) return;
  }
}

function sorted(order: Order): Uint32Array {
  const all = new Uint32Array(order.lower.length);
  let size = 0;
  for (let i = 0; i < all.length; i++) if (order.lower[i]! < Infinity) all[size++] = i;
  const compare = (a: number, b: number): number => (a === b ? 0 : precedes(order, a, b) ? -1 : 1);
  return all.subarray(0, size).toSorted(compare);
}

/**
 * Keeps the best so far sorted. A random entry is the i-th of which `count` are kept with chance
 * count / i, so of n there are count * ln(n / count) insertions: 330 when 42 of 100 000 are chosen.
 */
function chosen(order: Order, count: number): Uint32Array {
  const { lower, upper } = order;
  const kept = new Uint32Array(count);
  let size = 0;
  let bar = Infinity; // No entry that starts above it is among the best.
  for (let i = 0; i < lower.length; i++) {
    if (lower[i]! > bar || lower[i] === Infinity) continue;
    if (size === count && precedes(order, kept[size - 1]!, i)) continue;
    const at = place(order, kept, size, i);
    if (size < count) size++;
    for (let to = size - 1; to > at; to--) kept[to] = kept[to - 1]!;
    kept[at] = i;
    if (size === count) bar = upper[kept[size - 1]!]!;
  }
  return kept.subarray(0, size);
}

/** How many of the `size` sorted entries come before `entry`. `precedes`, spelt out: half the time. */
function place(order: Order, kept: Uint32Array, size: number, entry: number): number {
  const { lower, upper } = order;
  const [from, to] = [lower[entry]!, upper[entry]!];
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high) >> 1;
    const other = kept[middle]!;
    if (upper[other]! < from || (lower[other]! <= to && order.precedes(other, entry))) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/**
 * Hybrid logical clock: stamps that respect causality and stay close to real time.
 *
 * A stamp is (wallMs, count). A local event takes wallMs' = max(wallMs, clock), and counts up where
 * that did not move; receiving a stamp takes the maximum of all three. So if a happened before b then
 * a's stamp is smaller, and wallMs is the greatest clock reading in the causal past of the event.
 *
 * What the paper leaves out, and hostile or broken clocks make necessary:
 * - a stamp too far ahead of the own clock is refused and not folded in: one bad clock would drag
 *   everybody along;
 * - the count has 16 bits; a full one carries into the next millisecond. Failing closed instead would let
 *   one peer, with one stamp at the edge (as far ahead as we accept, its count full), refuse us every
 *   tick for seconds. A carry needs 65 536 ticks, more than any millisecond has, so clocks that carry
 *   still fall back to real time; what a received stamp would carry beyond the bound is refused;
 * - a mark above all stamps given is kept durably, and no stamp reaches it: after a restart the clock
 *   goes on above the mark, even if its wall clock came back from before.
 *
 *   start -> keepMs -> kept -> tick, tick, receive, refresh -> keepMs -> tick, tick -> kept -> tick ...
 *
 * Never an input of safety: a committee's time is `medianStamp` of what its members committed.
 * Reference: Kulkarni, Demirbas, Madappa, Avva, Leone, "Logical physical clocks" (2014), figure 5.
 * Cost: two small objects a tick, about 20 ns.
 */
import { assert } from '#lib/assert.ts';

/** 48 bits of milliseconds since 1970 (until the year 10 889) and 16 bits of count. */
export interface Stamp {
  readonly wallMs: number;
  readonly count: number;
}

/** A clock; also the last stamp that it gave or received. */
export interface Hlc extends Stamp {
  /** No stamp reaches this: it is kept, and a restart goes on from it. */
  readonly markMs: number;
  /** The mark that is being kept, at or above `markMs`. */
  readonly askedMs: number;
}

export interface HlcBounds {
  /** How far ahead of the own clock a received stamp may be. */
  readonly aheadMsMax: number;
  /** How far a new mark lies ahead; one is asked for when half of that is left. */
  readonly markAheadMs: number;
}

export type HlcRefusal =
  | 'unreadable' // Not a stamp: no whole numbers, or too large.
  | 'far-future' // The peer's clock, or ours, is wrong.
  | 'count-full' // The end of time: only in the year 10 889.
  | 'not-kept'; // Wait for the mark to be kept.

/** The clock from now on; `keepMs` is there when a mark is to be kept, after which say `kept`. */
export type Ticked =
  | { readonly kind: 'ticked'; readonly hlc: Hlc; readonly keepMs?: number }
  | {
      readonly kind: 'refused';
      readonly reason: HlcRefusal;
      readonly hlc: Hlc;
      readonly keepMs?: number;
    };

export const WALL_MS_MAX = 2 ** 48 - 1;
export const COUNT_MAX = 2 ** 16 - 1;
export const STAMP_BYTES = 8;
const COUNT_BITS = 16n;

/** A clock that goes on from the mark that its last life kept, 0 in its first. */
export function start(keptMs: number, nowMs: number, bounds: HlcBounds): Ticked {
  // Else peers would refuse the first stamps after a restart.
  assert(bounds.markAheadMs <= bounds.aheadMsMax, 'a mark is within what peers accept');
  assert(bounds.markAheadMs >= 2, 'a mark leaves time to keep the next');
  // Nobody has seen this stamp, and the first tick is above it.
  const hlc = { wallMs: keptMs, count: 0, markMs: keptMs, askedMs: keptMs };
  return refresh(hlc, nowMs, bounds);
}

/** Asks for a new mark where one is due: on a timer, so that a clock that was idle can tick at once. */
export function refresh(hlc: Hlc, nowMs: number, bounds: HlcBounds): Ticked {
  const wallMs = Math.max(hlc.wallMs, nowMs);
  if (!isMarkDue(hlc, wallMs, bounds)) return { kind: 'ticked', hlc };
  const askedMs = markFor(wallMs, bounds);
  return { kind: 'ticked', hlc: { ...hlc, askedMs }, keepMs: askedMs };
}

/** The mark is durable. */
export const kept = (hlc: Hlc, markMs: number): Hlc => ({
  ...hlc,
  markMs: Math.max(hlc.markMs, Math.min(markMs, hlc.askedMs)),
});

/** A local event, or a message that leaves. */
export function tick(hlc: Hlc, nowMs: number, bounds: HlcBounds): Ticked {
  assert(Number.isInteger(nowMs), 'a clock shows whole milliseconds');
  const wallMs = Math.max(hlc.wallMs, nowMs);
  return advanced(hlc, wallMs, wallMs === hlc.wallMs ? hlc.count + 1 : 0, bounds);
}

/** A message that arrives with a stamp. */
export function receive(hlc: Hlc, theirs: Stamp, nowMs: number, bounds: HlcBounds): Ticked {
  assert(Number.isInteger(nowMs), 'a clock shows whole milliseconds');
  if (!isStamp(theirs)) return { kind: 'refused', reason: 'unreadable', hlc };
  if (theirs.wallMs - nowMs > bounds.aheadMsMax) {
    return { kind: 'refused', reason: 'far-future', hlc };
  }
  const wallMs = Math.max(hlc.wallMs, theirs.wallMs, nowMs);
  const ours = wallMs === hlc.wallMs ? hlc.count : -1;
  const other = wallMs === theirs.wallMs ? theirs.count : -1;
  const count = Math.max(ours, other) + 1;
  // Carried on, it would be further ahead than our peers accept of us.
  const isAtEdge = count > COUNT_MAX && theirs.wallMs - nowMs === bounds.aheadMsMax;
  if (isAtEdge) return { kind: 'refused', reason: 'far-future', hlc };
  return advanced(hlc, wallMs, count, bounds);
}

function advanced(hlc: Hlc, wallMs: number, count: number, bounds: HlcBounds): Ticked {
  if (count > COUNT_MAX) {
    if (wallMs === WALL_MS_MAX) return { kind: 'refused', reason: 'count-full', hlc };
    return advanced(hlc, wallMs + 1, 0, bounds);
  }
  if (wallMs >= hlc.markMs) return { ...refresh(hlc, wallMs, bounds), ...NOT_KEPT };
  const { markMs, askedMs } = hlc;
  const next = { wallMs, count, markMs, askedMs };
  return isMarkDue(hlc, wallMs, bounds)
    ? refresh(next, wallMs, bounds)
    : { kind: 'ticked', hlc: next };
}

const NOT_KEPT = { kind: 'refused', reason: 'not-kept' } as const;

const isMarkDue = ({ askedMs }: Hlc, wallMs: number, { markAheadMs }: HlcBounds): boolean =>
  askedMs - wallMs <= markAheadMs / 2;

const markFor = (wallMs: number, { markAheadMs }: HlcBounds): number =>
  Math.min(WALL_MS_MAX, wallMs + markAheadMs);

export const isStamp = ({ wallMs, count }: Stamp): boolean =>
  Number.isInteger(wallMs) &&
  wallMs >= 0 &&
  wallMs <= WALL_MS_MAX &&
  Number.isInteger(count) &&
  count >= 0 &&
  count <= COUNT_MAX;

/** The logical order; events of different nodes that it leaves equal go by node id. */
export const compareStamps = (a: Stamp, b: Stamp): number =>
  a.wallMs - b.wallMs || a.count - b.count;

/** The stamp as one 64-bit number, in the same order. */
export const packed = ({ wallMs, count }: Stamp): bigint =>
  (BigInt(wallMs) << COUNT_BITS) | BigInt(count);

export function unpacked(bits: bigint): Stamp {
  assert(bits >= 0n && bits >> 64n === 0n, 'a packed stamp has 64 bits');
  return { wallMs: Number(bits >> COUNT_BITS), count: Number(bits & BigInt(COUNT_MAX)) };
}

/** The stamp as 8 bytes, big-endian, so that bytes compare as stamps do. */
export function stampBytes({ wallMs, count }: Stamp): Uint8Array {
  const bytes = new Uint8Array(STAMP_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, Math.floor(wallMs / 2 ** 32));
  view.setUint32(2, wallMs % 2 ** 32);
  view.setUint16(6, count);
  return bytes;
}

/** The inverse of `stampBytes`; any 8 bytes are a stamp. */
export function stampOf(bytes: Uint8Array): Stamp {
  assert(bytes.length === STAMP_BYTES, 'a stamp has 8 bytes');
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return { wallMs: view.getUint16(0) * 2 ** 32 + view.getUint32(2), count: view.getUint16(6) };
}

/** A stamp and the stake behind it. */
export interface Weighed {
  readonly stamp: Stamp;
  readonly weight: bigint;
}

/**
 * The time of a commit: the smallest stamp that at least half of the weight does not exceed, and
 * always after the previous commit. While liars have less than half of the weight it lies between
 * stamps of honest members.
 */
export function medianStamp(previous: Stamp, stamps: readonly Weighed[]): Stamp {
  assert(stamps.length > 0, 'somebody has a stamp');
  const sorted = stamps.toSorted((a, b) => compareStamps(a.stamp, b.stamp));
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0n);
  let below = 0n;
  const median = sorted.find(({ weight }) => {
    below += weight;
    return 2n * below >= total;
  });
  const after = unpacked(packed(previous) + 1n);
  return compareStamps(median!.stamp, after) > 0 ? median!.stamp : after;
}

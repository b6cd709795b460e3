/**
 * Pace: how long a holder may take to show what it says is on its own disk.
 *
 *   empty challenge   there and back, and a signature: what everything takes it
 *   challenge         the same, and its disk: little more, unless it has to ask somebody else first
 *
 *   allowed = fastest empty challenge of late + slack
 *   slack   = half of that, or three times what three quarters of all holders take beyond theirs, whatever is more
 *
 * Whoever fetches a piece from elsewhere waits for another round trip at least, and is late. Where the whole city
 * is slow, as on a crowded machine, others are slow as well, and the slack grows for all: each holder counts once,
 * by its last answer, so that a quarter of them may cheat without giving each other time. A holder cannot make
 * time for itself by answering empty challenges late: its fastest counts for at most twice the median of its city.
 * Until some holders have answered nothing is early or late.
 *
 * What this does not show: a disk in the house next door, nearer than half a round trip to the auditor.
 */
import { placeOf, type NodeAddress, type Place } from '../subjects.ts';

const SLACK_MS_MIN = 1;
/** So many holders make a median. */
const PEERS_MIN = 5;
const COMPARED_MS = 5_000;

export interface Pace {
  /** The fastest empty challenge of late, by holder. */
  readonly best: Map<NodeAddress, number>;
  /** What their last answers took beyond it. */
  readonly excess: Map<NodeAddress, number>;
  /** Of each place, and of the excess of all, as they were found last, and when. */
  medians: ReadonlyMap<Place, number>;
  slackMs: number | undefined;
  foundAt: number;
}

export const pace = (): Pace => ({
  best: new Map(),
  excess: new Map(),
  medians: new Map(),
  slackMs: undefined,
  foundAt: 0,
});

/** An empty challenge was answered. */
export function measured({ best }: Pace, holder: NodeAddress, tookMs: number): void {
  const had = best.get(holder);
  // What grows slowly follows a way that has become longer.
  best.set(holder, had === undefined || tookMs < had ? tookMs : had + (tookMs - had) / 8);
}

/** Looks now and then how fast each city is; soon in the beginning. */
export function compared(of: Pace, nowMs: number): void {
  if (of.slackMs !== undefined && nowMs - of.foundAt < COMPARED_MS) return;
  of.foundAt = nowMs;
  const byPlace = Map.groupBy(of.best, ([node]) => placeOf(node));
  const medians = [...byPlace].flatMap(([at, all]): [Place, number][] =>
    all.length < PEERS_MIN
      ? []
      : [
          [
            at,
            quantile(
              all.map(([, ms]) => ms),
              0.5,
            ),
          ],
        ],
  );
  of.medians = new Map(medians);
  const isKnown = of.excess.size >= Math.min(PEERS_MIN, of.best.size) && of.excess.size > 0;
  of.slackMs = isKnown ? 3 * quantile([...of.excess.values()], 0.75) : undefined;
}

export const isMeasured = ({ best }: Pace, holder: NodeAddress): boolean => best.has(holder);

export function forgotten({ best, excess }: Pace, holder: NodeAddress): void {
  best.delete(holder);
  excess.delete(holder);
}

/** A challenge was answered rightly, in time or not. */
export function learned(of: Pace, holder: NodeAddress, tookMs: number): void {
  of.excess.set(holder, Math.max(0, tookMs - baseOf(of, holder)));
}

/** Nothing as long as too little is known. */
export function allowedMs(of: Pace, holder: NodeAddress): number | undefined {
  const base = baseOf(of, holder);
  const { slackMs } = of;
  return slackMs === undefined ? undefined : base + Math.max(base / 2, SLACK_MS_MIN, slackMs);
}

function baseOf({ best, medians }: Pace, holder: NodeAddress): number {
  const own = best.get(holder) ?? 0;
  const median = medians.get(placeOf(holder));
  return median === undefined ? own : Math.min(own, 2 * median);
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * part)] ?? 0;
}

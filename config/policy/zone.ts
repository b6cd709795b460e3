/**
 * Time zones as numbers: spans of constant offset from UTC.
 *
 *   America/New_York   | -5 h ... | -4 h from 2026-03-08T07:00Z | -5 h from 2026-11-01T06:00Z | ...
 *
 * What the machine knows of zones is read once, here, over the years below; afterwards a time of day is
 * a sum and a remainder. Before the first span its offset holds, after the last one the last.
 */
import { lru } from '#lib/lru.ts';
import type { Span, Zone } from '../policy.ts';

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const MINUTE_MS = 60_000;
/** The years for which daylight saving is right. A file that is loaded again knows later ones. */
const FIRST = Date.UTC(2_020, 0, 1);
const LAST = Date.UTC(2_046, 0, 1);
/** Shorter than any time between two changes of a zone: Morocco's month of Ramadan. */
const STRIDE_MS = 7 * DAY_MS;

/** Reading a zone takes some milliseconds; a file is read twice, to check it and to compile it. */
const known = lru<string, Zone>(16);

/** The zone of an IANA name; `undefined` where the machine knows none such. */
export function zoneNamed(name: string): Zone | undefined {
  const zone = known.get(name) ?? readZone(name);
  if (zone !== undefined) known.put(name, zone);
  return zone;
}

function readZone(name: string): Zone | undefined {
  const offsetAt = offsetsOf(name);
  if (offsetAt === undefined) return undefined;
  const spans: Span[] = [{ from: 0, offsetMs: offsetAt(FIRST) }];
  for (let at = FIRST; at < LAST; at += STRIDE_MS) {
    const next = at + STRIDE_MS;
    const offsetMs = offsetAt(next);
    if (offsetMs === spans.at(-1)!.offsetMs) continue;
    spans.push({ from: changeBetween(offsetAt, at, next), offsetMs });
  }
  return { name, spans };
}

/** The first minute with the later offset. */
function changeBetween(offsetAt: (at: number) => number, from: number, to: number): number {
  const before = offsetAt(from);
  let [still, changed] = [from / MINUTE_MS, to / MINUTE_MS];
  while (changed - still > 1) {
    const between = Math.floor((still + changed) / 2);
    if (offsetAt(between * MINUTE_MS) === before) still = between;
    else changed = between;
  }
  return changed * MINUTE_MS;
}

function offsetsOf(name: string): ((at: number) => number) | undefined {
  const format = formatOf(name);
  if (format === undefined) return undefined;
  return (at) => {
    const shown: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(at)) shown[type] = Number(value);
    const { year, month, day, hour, minute, second } = shown;
    return Date.UTC(year!, month! - 1, day, hour, minute, second) - at;
  };
}

function formatOf(timeZone: string): Intl.DateTimeFormat | undefined {
  const number = 'numeric';
  const parts = { year: number, month: number, day: number, hour: number, minute: number } as const;
  try {
    return new Intl.DateTimeFormat('en-US', {
      ...parts,
      second: number,
      hourCycle: 'h23',
      timeZone,
    });
  } catch {
    // Its only refusal: a zone that it does not know.
    return undefined;
  }
}

export function offsetAt({ spans }: Zone, at: number): number {
  let [low, high] = [0, spans.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (spans[middle]!.from <= at) low = middle;
    else high = middle;
  }
  return spans[low]!.offsetMs;
}

/** The first moment at which clocks there show this time (as if it were UTC); `undefined`: they skip it. */
export function momentShown(zone: Zone, shown: number): number | undefined {
  const offsets = new Set(zone.spans.map(({ offsetMs }) => offsetMs));
  const moments = [...offsets].map((offset) => shown - offset);
  return moments.filter((at) => at + offsetAt(zone, at) === shown).toSorted((a, b) => a - b)[0];
}

/** The minute of the day that clocks on the walls there show. */
export function minuteOfDay(zone: Zone, at: number): number {
  const shown = (at + offsetAt(zone, at)) % DAY_MS;
  return Math.floor((shown < 0 ? shown + DAY_MS : shown) / MINUTE_MS);
}

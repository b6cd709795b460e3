/**
 * The standing of a holder: what the audits of several delegates made of it.
 *
 *   track     of one delegate: rows found sound and not, fading by a sixteenth with each span; and how many bytes
 *             it reckons that the holder has
 *   score     each track: a tenth of the rows missing is as bad as all of them; of fewer than thirty-two, as if the
 *             others had been shown: one row of five says little. Of all tracks the median by stake,
 *             the lower one where there are two: so no delegate alone makes a score, up or down.
 *   vetting   a light that nobody knows weighs a twentieth, and more with each row that it has shown: all of it
 *             after ninety, by which time one that drops a twentieth of its rows was seen to 99 times of 100
 *   silent    a holder that shows nothing, five spans in a row, is suspended until it shows something again. So a
 *             node that comes and goes is not, and nobody is slashed for silence.
 *
 * Integers only: it is the same on every node.
 */
import type { AuditRecord } from '../act.ts';
import { count, flag, list, record, u64, type Infer } from '../codec.ts';
import { HolderRole } from '../eligibility.ts';
import { DELEGATES_MAX, type Genesis } from '../genesis.ts';

/** Tracks of one holder; the one that was not added to for longest gives way. */
const TRACKS_MAX = 7;
const whole = count(Number.MAX_SAFE_INTEGER);

const Track = record({
  delegate: count(DELEGATES_MAX - 1),
  /** In 1 024ths of a row. */
  good: whole,
  bad: whole,
  bytes: whole,
});
type Track = Infer<typeof Track>;

export const Standing = record({
  role: HolderRole,
  /** The last that was added to is the last. */
  tracks: list(Track, TRACKS_MAX),
  /** Rows that it ever showed, as far as that matters. */
  shown: whole,
  /** Spans in a row in which it showed nothing of what it was asked. */
  silentSpans: count(0xff),
  isSuspended: flag,
  /** There is evidence against it. */
  isConvicted: flag,
  /** Harmony, in thousand-millionths. */
  balance: u64,
});
export type Standing = Infer<typeof Standing>;

export const newcomer = (role: HolderRole): Standing => ({
  role,
  tracks: [],
  shown: 0,
  silentSpans: 0,
  isSuspended: false,
  isConvicted: false,
  balance: 0n,
});

const ROW = 1_024;
/** A row in whose place another one was signed is as bad as so many that are not there. */
const FALSE_WEIGHT = 10;
/** Beyond this it says nothing more. */
const ROWS_MAX = 1_000_000;

export const VETTED_ROWS = 90;
export const NEWCOMER_PERMILLE = 50;
export const SUSPENDED_AFTER = 5;
/** So many times the share of rows that are missing is taken off. */
const STEEPNESS = 10;
/** So many rows judge. */
const JUDGED_ROWS = 32;

/** What one delegate found in a span. */
export function heard(
  { tracks, ...standing }: Standing,
  delegate: number,
  { sound, lacking, silent, false: wrong, bytes }: AuditRecord,
): Standing {
  const had = tracks.find((each) => each.delegate === delegate);
  const missing = lacking + silent + FALSE_WEIGHT * wrong;
  const track = {
    delegate,
    good: faded(had?.good ?? 0) + ROW * sound,
    bad: faded(had?.bad ?? 0) + ROW * missing,
    bytes,
  };
  const others = tracks.filter((each) => each !== had).slice(1 - TRACKS_MAX);
  const shown = Math.min(ROWS_MAX, standing.shown + sound);
  return { ...standing, tracks: [...others, track], shown };
}

const faded = (value: number): number => value - Math.ceil(value / 16);

/** What all delegates found in a span, for whether it is there at all. */
export function answered(standing: Standing, sound: number, silent: number): Standing {
  const isSilent = silent > 0 && sound === 0;
  const silentSpans = isSilent ? Math.min(SUSPENDED_AFTER, standing.silentSpans + 1) : 0;
  const isBack = sound > 0 && silent === 0;
  const isSuspended = silentSpans === SUSPENDED_AFTER || (standing.isSuspended && !isBack);
  return { ...standing, silentSpans, isSuspended };
}

/** In thousandths: what presence weighs it with. */
export function scoreOf(genesis: Genesis, standing: Standing): number {
  const { tracks, role, shown, isSuspended, isConvicted } = standing;
  if (isSuspended || isConvicted || tracks.length === 0) return 0;
  const score = medianOf(genesis, tracks, trackScore);
  if (role === 'anchor') return score;
  const known = Math.min(shown, VETTED_ROWS);
  const vetted = Math.floor(((1_000 - NEWCOMER_PERMILLE) * known) / VETTED_ROWS);
  return Math.min(score, NEWCOMER_PERMILLE + vetted);
}

function trackScore({ good, bad }: Track): number {
  if (good + bad === 0) return 0;
  const all = Math.max(good + bad, JUDGED_ROWS * ROW);
  return Math.max(0, 1_000 - Math.ceil((STEEPNESS * 1_000 * bad) / all));
}

export const bytesOf = (genesis: Genesis, { tracks }: Pick<Standing, 'tracks'>): number =>
  medianOf(genesis, tracks, ({ bytes }) => bytes);

/** Half of the stake behind the tracks says so much, or less. */
function medianOf(
  { delegates }: Genesis,
  tracks: readonly Track[],
  value: (track: Track) => number,
): number {
  const stakeOf = ({ delegate }: Track): bigint => delegates[delegate]!.stake;
  const all = tracks.reduce((sum, track) => sum + stakeOf(track), 0n);
  let part = 0n;
  for (const track of tracks.toSorted((a, b) => value(a) - value(b))) {
    part += stakeOf(track);
    if (part * 2n >= all) return value(track);
  }
  return 0;
}

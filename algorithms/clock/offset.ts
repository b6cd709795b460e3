/**
 * How far another clock is from ours, from four times of one exchange, as an interval that surely
 * holds the truth. All times are whole microseconds; there is no division and nothing is rounded.
 *
 *   ours   --- sent ------------------------------ returned ---      offset (theirs - ours) lies in
 *                 \                               /                  [answered - returned,
 *   theirs ------- received ---- answered --------                    received - sent]
 *
 * since neither way takes less than no time. This is RFC 5905's offset +- delay / 2 (section 8) with
 * both ends computed directly. As it ages, an interval grows by what two clocks may drift apart.
 * Clocks: `sent` and `returned` are from our monotonic clock, never the wall's.
 */
import type { Interval } from './agreement.ts';

export interface Exchange {
  readonly sentUs: number;
  readonly receivedUs: number;
  readonly answeredUs: number;
  readonly returnedUs: number;
}

/** What one exchange tells about the offset. */
export interface Sample extends Interval {
  /** On our clock: when it was learnt. */
  readonly atUs: number;
}

/** As RFC 5905, section 7.2 (PHI): what a clock may drift, in parts per million. */
export const DRIFT_PPM = 15;
/** As RFC 5905, section 10: the stages of the clock filter. */
export const SAMPLES_MAX = 8;
const MILLION = 1_000_000;

/** The time on the way, there and back; what a proof of place measures. */
export const roundTripUs = ({ sentUs, receivedUs, answeredUs, returnedUs }: Exchange): number =>
  returnedUs - sentUs - (answeredUs - receivedUs);

/** `undefined` for times that cannot be: an answer before the question, or a way back in time. */
export function sampleOf(exchange: Exchange): Sample | undefined {
  const { sentUs, receivedUs, answeredUs, returnedUs } = exchange;
  const times = [sentUs, receivedUs, answeredUs, returnedUs];
  const isPossible =
    times.every(Number.isSafeInteger) && answeredUs >= receivedUs && roundTripUs(exchange) >= 0;
  if (!isPossible) return undefined;
  return { lowUs: answeredUs - returnedUs, highUs: receivedUs - sentUs, atUs: returnedUs };
}

/** The latest samples of one peer, with a new one. */
export const withSample = (samples: readonly Sample[], sample: Sample): readonly Sample[] =>
  [...samples, sample].slice(-SAMPLES_MAX);

/** The interval of a sample as it is at `nowUs`. */
export function aged({ lowUs, highUs, atUs }: Sample, nowUs: number): Interval {
  const driftUs = Math.ceil((Math.max(0, nowUs - atUs) * DRIFT_PPM) / MILLION);
  return { lowUs: lowUs - driftUs, highUs: highUs + driftUs };
}

const widthUs = ({ lowUs, highUs }: Interval): number => highUs - lowUs;

/**
 * The narrowest interval that a peer's samples leave: of fresh ones that with the least delay, as in
 * RFC 5905; we also count their age, since a good sample from long ago is not good any more.
 */
export function bestOf(samples: readonly Sample[], nowUs: number): Interval | undefined {
  return samples
    .map((sample) => aged(sample, nowUs))
    .reduce<Interval | undefined>(
      (best, next) => (best === undefined || widthUs(next) <= widthUs(best) ? next : best),
      undefined,
    );
}

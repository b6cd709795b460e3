/**
 * What whoever asked is told: how far a reading is, at each turn and once a second, and its last word. With that the reading
 * is over; the word is repeated until it has come, since nobody else would repeat it.
 */
import { NOTHING, send, sleep, type Effect, type Moment } from '../effect.ts';
import {
  Given,
  KnownTx,
  ReadProgress,
  ReadRefused,
  Surveyed,
  Unavailable,
  type Mapped,
  type Moving,
  type ReadReason,
  type ReceiveSays,
  type Restored,
  type Wanting,
} from '../receiving.messages.ts';
import type { Saw } from '../slo.messages.ts';
import * as measure from './measure.ts';
import { askerOf, type Reading, type Readings } from './readings.ts';

/** Somebody who waits is told something so often. */
export const SAY_MS = 1_000;

export type Says = ReceiveSays | Saw;
export type Effects = readonly Effect<Says>[];

export function moved(
  reading: Reading,
  { phase, have, need, asked }: Moving,
  { now }: Moment,
): Effects {
  const took = measure.turned(reading, phase, now);
  reading.phase = phase;
  // What comes of that is the next word, as a rule within milliseconds.
  if (phase === 'restoring') return took;
  return [...say(reading, { have, need, asked }), ...took];
}

type Found = Pick<Moving, 'have' | 'need' | 'asked'>;

export function say(reading: Reading, found: Found | undefined): Effects {
  const { from, number, phase, told: known, what } = reading;
  if (what !== 'read') return NOTHING;
  const { have, need, asked } = found ?? { have: 0, need: known?.manifest?.terms.k ?? 0, asked: 0 };
  return [send(from, ReadProgress.of({ number, phase, have, need, asked, state: known?.state }))];
}

/** Nobody behind has said a last word in time. That it is not known is something that somebody would have to say. */
export function ended({ number, txId, told: known }: Reading): ReceiveSays {
  const need = known?.manifest?.terms.k ?? 0;
  return Unavailable.of({ number, txId, have: 0, need, retryMs: SAY_MS });
}

export const know = (state: Readings, reading: Reading, at: Moment): Effects =>
  over(
    state,
    reading,
    KnownTx.of({ number: reading.number, txId: reading.txId, told: reading.told }),
    at,
  );

export const refuse = (
  state: Readings,
  reading: Reading,
  reason: ReadReason,
  at: Moment,
): Effects => over(state, reading, ReadRefused.of({ number: reading.number, reason }), at);

export function restored(
  state: Readings,
  reading: Reading,
  { bytes: body }: Restored,
  at: Moment,
): Effects {
  const { number, txId, told: known } = reading;
  const { state: shown, cover } = known!;
  return over(state, reading, Given.of({ number, txId, state: shown, cover: cover!, body }), at);
}

export function mapped(state: Readings, reading: Reading, { rows }: Mapped, at: Moment): Effects {
  const { number, txId, told: known } = reading;
  const { k: need, lights } = known!.manifest!.terms;
  const shown = known!.state;
  const word = Surveyed.of({ number, txId, state: shown, need, lights, rows });
  return over(state, reading, word, at);
}

export function unavailable(
  state: Readings,
  reading: Reading,
  wanting: Wanting,
  at: Moment,
): Effects {
  if (wanting.why === 'busy') return refuse(state, reading, 'busy', at);
  const { have, need, retryMs } = wanting;
  const { number, txId } = reading;
  return over(state, reading, Unavailable.of({ number, txId, have, need, retryMs }), at);
}

/** The last word. It is repeated until it has come: nobody else would repeat it. */
export const over = (
  state: Readings,
  reading: Reading,
  message: ReceiveSays,
  { now }: Moment,
): Effects => [
  { do: 'send', to: reading.from, message, reliable: true },
  ...forget(state, reading),
  ...measure.ended(state.self, reading, message, now),
];

export function forget({ underWay, byAsker }: Readings, reading: Reading): Effects {
  underWay.delete(reading.id);
  byAsker.delete(askerOf(reading));
  return [sleep(`end/${reading.id}`), sleep(`say/${reading.id}`)];
}

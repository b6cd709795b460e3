/**
 * Acts of an application: brought to a ledger until one holds it, or says why not.
 *
 *   client.act --> any ledger --(held | declined)--> told
 *        '-(silent, busy)-> any other, until its time is over: then its outcome is not known
 *
 * The same bytes each time: to hold an act twice does no harm (act.ts).
 */
import { hex } from '#lib/bytes.ts';
import { actId } from '../act.ts';
import type { SayAct } from '../client.messages.ts';
import { ask, NOTHING, sleep, wake, type Effect, type Moment } from '../effect.ts';
import { OfferAct, type ActDeclined, type ActHeld } from '../ledger.messages.ts';
import { anyOf, type Place } from '../subjects.ts';

/** Acts under way at once. */
const ACTS_MAX = 256;
const ASK_MS = 1_500;
const LOOK_MS = 500;

/** What became of it; `unknown`: its time is over, and it may be held yet. */
export interface ActWord {
  /** Of the act. */
  readonly id: Uint8Array;
  readonly is: 'held' | 'unknown' | ActDeclined['reason'];
}

interface Bringing {
  readonly said: SayAct;
  readonly id: Uint8Array;
  readonly endsAt: number;
}

export type Acts = Map<string, Bringing>;
export const noActs = (): Acts => new Map();

type Effects = readonly Effect<OfferAct>[];
type Tell = (word: ActWord) => void;

const ID = 'act/';
export const isOfActs = (id: string): boolean => id.startsWith(ID);

export function said(acts: Acts, city: Place, act: SayAct, { now }: Moment, tell: Tell): Effects {
  const id = actId(act.act);
  const key = ID + hex(id);
  if (acts.has(key)) return NOTHING;
  if (acts.size >= ACTS_MAX) {
    tell({ id, is: 'busy' });
    return NOTHING;
  }
  const bringing: Bringing = { said: act, id, endsAt: now + act.withinMs };
  acts.set(key, bringing);
  return [bring(city, key, bringing)];
}

const bring = (city: Place, key: string, { said: { act } }: Bringing): Effect<OfferAct> =>
  ask<OfferAct>(key, anyOf(city, 'ledger'), OfferAct.of({ act }), ASK_MS);

/** What a ledger answered; nothing: it was silent. */
export function judged(
  acts: Acts,
  key: string,
  answer: ActHeld | ActDeclined | undefined,
  { now }: Moment,
  tell: Tell,
): Effects {
  const bringing = acts.get(key);
  if (bringing === undefined) return NOTHING;
  const isPassing =
    answer === undefined || (answer.kind !== 'ledger.act-held' && answer.reason === 'busy');
  if (isPassing && now < bringing.endsAt) return [wake(key, LOOK_MS)];
  acts.delete(key);
  if (answer === undefined) tell({ id: bringing.id, is: 'unknown' });
  else tell({ id: bringing.id, is: answer.kind === 'ledger.act-held' ? 'held' : answer.reason });
  return [sleep(key)];
}

export function again(acts: Acts, city: Place, key: string): Effects {
  const bringing = acts.get(key);
  return bringing === undefined ? NOTHING : [bring(city, key, bringing)];
}

/**
 * Driving: the transaction goes to the delegate that is to draw for it, again and again until it has come
 * to its end. A delegate that is silent is passed over for a while, in the order of rendezvous.
 *
 *   attempt   0     1      2      3      4 ...
 *   after         1.5 s   4.5    9.5    14.5     every 5 s from there
 *   to        1st   1st    2nd    3rd    1st     of three delegates
 *
 * The first is asked twice, because a second prover makes a second placement, whose pieces are for nothing
 * when both come through.
 */
import { toBytes } from '../codec.ts';
import { forget, keep, note, put, send, wake, type Effect, type Json } from '../effect.ts';
import { provers } from '../provers.ts';
import type { Self } from '../self.ts';
import { Progress, TakeSelect, type IngressReason, type Moved } from '../sending.messages.ts';
import { address } from '../subjects.ts';
import { nameText } from '#algorithms/identity.ts';
import type { Order } from '../lifecycle.ts';
import { JOURNAL, Journal, keyOf, type Driven, type Ingress, type Standing } from './state.ts';

export const PAUSES_MS = [1_500, 3_000, 5_000] as const;

export const pauseMs = (attempt: number): number =>
  PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)]!;

/** Which in rank is asked at an attempt. */
export const rankAt = (attempt: number, delegates: number): number =>
  attempt === 0 ? 0 : (attempt - 1) % delegates;

export function drive(self: Self, driven: Driven): Effect<TakeSelect>[] {
  const ranked = provers(self.genesis, driven.txId);
  const to = ranked[rankAt(driven.attempt, ranked.length)]!;
  const { tx, txId, attempt } = driven;
  const ingress = address(self.node, 'ingress');
  driven.attempt = Math.min(attempt + 1, 0xffff);
  return [
    send(address(to.node, 'select'), TakeSelect.of({ tx, ingress, attempt })),
    wake(keyOf(txId), pauseMs(attempt)),
  ];
}

export const journal = (driven: Driven, at: number): Effect<never> =>
  keep(
    keyOf(driven.txId),
    put(JOURNAL + keyOf(driven.txId), toBytes(Journal, { tx: driven.tx, at })),
  );

/** How far an order has come; nothing goes back. */
const PLACES: Readonly<Record<Order, number>> = {
  FRESH: 0,
  POH_ACK: 1,
  COMMITTED: 2,
  REJECTED: 3,
  EXPIRED: 3,
};

const isOrder = (state: Standing['state']): state is Order => Object.hasOwn(PLACES, state);

/** Takes word of a transaction; false when it is none that leads on. */
export function takeWord(driven: Driven, word: Moved): boolean {
  const { state, acks, needed, rows, cause, height, reason } = word;
  if (reason === 'no-capacity') return isNews(driven, reason);
  if (isOrder(state)) {
    if (PLACES[state] < PLACES[driven.order]) return false;
    driven.order = state;
  }
  driven.standing = { state, acks, needed, rows, cause, height, reason };
  return true;
}

/** It needs no more of what the window is for: its pieces are held, or nobody will hold them. */
export const isThrough = ({ order }: Driven): boolean => PLACES[order] >= PLACES.POH_ACK;

/**
 * Of one delegate, of now: another may have placed it already, or will when there are holders again. So it is no
 * end, or what is committed could have been told to be rejected; whoever waits hears why.
 */
function isNews(driven: Driven, reason: IngressReason): boolean {
  if (driven.order !== 'FRESH' || driven.standing.reason === reason) return false;
  driven.standing = { ...driven.standing, reason };
  return true;
}

/** Nothing will happen to it any more that an ingress could bring about. */
export const isOver = ({ order }: Driven): boolean => PLACES[order] >= PLACES.COMMITTED;

export const tell = (driven: Driven): Effect<Progress>[] =>
  Array.from(driven.followers, (who) => send(who, progressOf(driven.txId, driven.standing)));

export const progressOf = (txId: Uint8Array, standing: Standing): Progress =>
  Progress.of({ txId, ...standing, known: 'yes' });

/** It has come to its end: what is left of it is how it ended. */
export function release(state: Ingress, driven: Driven): Effect<never>[] {
  const key = keyOf(driven.txId);
  state.driven.delete(key);
  state.ended.put(key, driven.standing);
  return [keep(`end/${key}`, forget(JOURNAL + key))];
}

/** A public fact about a transaction. */
export const fact = (txId: Uint8Array, state: string, more: Readonly<Record<string, Json>>) =>
  note(`tx.${nameText(txId)}.${state}`, { txId: nameText(txId), state, ...more });

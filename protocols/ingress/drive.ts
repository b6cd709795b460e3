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
import { Progress, TakeSelect } from '../sending.messages.ts';
import { address } from '../subjects.ts';
import { nameText } from '#algorithms/identity.ts';
import { JOURNAL, Journal, keyOf, type Driven, type Ingress, type Standing } from './state.ts';

export const PAUSES_MS = [1_500, 3_000, 5_000] as const;

export const pauseMs = (attempt: number): number =>
  PAUSES_MS[Math.min(attempt, PAUSES_MS.length - 1)]!;

/** Which in rank is asked at an attempt. */
export const rankAt = (attempt: number, delegates: number): number =>
  attempt === 0 ? 0 : (attempt - 1) % delegates;

export function drive(self: Self, driven: Driven, now: number): Effect<TakeSelect>[] {
  const ranked = provers(self.genesis, driven.txId);
  const to = ranked[rankAt(driven.attempt, ranked.length)]!;
  const { tx, txId, attempt } = driven;
  const ingress = address(self.node, 'ingress');
  driven.attempt = Math.min(attempt + 1, 0xffff);
  if (driven.askedOf !== to.node) [driven.askedOf, driven.askedAt] = [to.node, now];
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

/** Nothing is said of it before it is accepted. */
export const tell = ({ isKept, followers, txId, standing }: Driven): Effect<Progress>[] =>
  isKept ? Array.from(followers, (who) => send(who, progressOf(txId, standing))) : [];

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

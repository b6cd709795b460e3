/**
 * A transfer between two cities: what leaves the one is in the other, or comes back, and never both.
 *
 *   sender's city                                     receiver's city
 *   op `transfer`: escrow locked, until T
 *        '------- escrow is there (proof) ----------> act `take`, ordered before T: taken | account of the receiver
 *   act `settle`: escrow settled  <--- taken is there (proof) ---'
 *   act `settle`: escrow released <--- taken is not there, by a head whose time is T or later (proof)
 *
 * Why never both. `take` does something only in a batch of the receiver's city whose time is before T. Times of its batches only
 * grow, so a head of time T or later says a state in which every such batch is (proof.ts). If that has no `taken`,
 * none will ever be made. `settle` releases by that proof alone, whatever clock anybody has, and whoever brings it.
 *
 * Why once. `taken` is named by the sender's city and the transaction, stays for ever, and a second `take` finds it. An escrow
 * leaves `locked` once.
 *
 * Trust: each city believes more than two thirds of the stake of the other, for what that one sends, and for nothing else.
 */
import type { Saying } from '../act.ts';
import type { Place } from '../subjects.ts';
import { stampOf } from '#algorithms/clock/hlc.ts';
import { same } from '#lib/bytes.ts';
import { paidInto, type Change, type Read, type Where } from './desk.ts';
import { escrowName, takenName, type Escrow } from './object.ts';
import type { OpEffect } from './op.ts';

/** What another city shows to have locked. */
export interface Take {
  readonly does: 'take';
  readonly txId: Uint8Array;
  readonly from: Place;
  readonly escrow: Escrow;
}

/** What another city shows to have taken in, or not. */
export interface Settle {
  readonly does: 'settle';
  readonly txId: Uint8Array;
  /** Whose account it was taken from, as whoever brings the proof says. */
  readonly sender: Uint8Array;
  readonly by: Place;
  readonly isTaken: boolean;
  /** Whatever is taken in from then on is not before this time. */
  readonly atMs: number;
}

/** What an act asks of objects; `undefined` where its proof is of something else than it should be. */
export function takeOf({ txId, proof }: Saying<'take'>, city: Place): Take | undefined {
  const { name, object, head } = proof;
  const value = object?.value;
  const isIts = same(name, escrowName(txId)) && value?.is === 'escrow';
  if (!isIts || value.city !== city || head.place === city) return undefined;
  return { does: 'take', txId, from: head.place, escrow: value };
}

export function settleOf(
  { txId, sender, proof }: Saying<'settle'>,
  city: Place,
): Settle | undefined {
  const { name, object, head } = proof;
  const isIts = same(name, takenName(city, txId)) && head.place !== city;
  if (!isIts || (object !== undefined && object.value.is !== 'taken')) return undefined;
  const atMs = stampOf(head.at).wallMs;
  const isTaken = object !== undefined;
  return { does: 'settle', txId, sender, by: head.place, isTaken, atMs };
}

export function taken(
  { txId, from, escrow }: Take,
  read: Read,
  { atMs, plant }: Where,
): OpEffect | readonly Change[] {
  const { to, amount, until } = escrow;
  const name = takenName(from, txId);
  if (read(name) !== undefined && plant !== 'taken-twice') return 'over';
  if (atMs >= until) return 'bad-time';
  const gets = paidInto(read, to, amount);
  return gets === undefined ? 'too-much' : [[name, { is: 'taken', city: from, to, amount }], gets];
}

export function settled(
  { txId, sender, by, isTaken, atMs }: Settle,
  read: Read,
  { plant }: Pick<Where, 'plant'>,
): OpEffect | readonly Change[] {
  const name = escrowName(txId);
  const escrow = read(name)?.value;
  if (escrow?.is !== 'escrow' || escrow.stands !== 'locked') return 'over';
  if (escrow.city !== by) return 'other-city';
  if (!same(escrow.from, sender)) return 'malformed';
  if (isTaken) return [[name, { ...escrow, stands: 'settled' }]];
  if (atMs < escrow.until && plant !== 'released-early') return 'bad-time';
  const back = paidInto(read, sender, escrow.amount);
  return back === undefined ? 'too-much' : [[name, { ...escrow, stands: 'released' }], back];
}

/**
 * Acts of transfers that change nothing any more are not taken: else whoever has a proof of a transfer that is done could have it ordered
 * for ever, under ever new names, and each delegate would verify the quorum in it.
 *
 *   take      it was taken in; or its time is over, and whoever brings it is no delegate of the city that it is from: those need
 *             it, since it makes the batch that proves that it was not taken
 *   settle    nothing is locked under that name
 */
import { same } from '#lib/bytes.ts';
import type { Saying, SignedAct } from '../act.ts';
import { whole } from '../codec.ts';
import { escrowName, takenName } from '../objects/object.ts';
import { takeOf } from '../objects/transfer.ts';
import { cityMs } from './fit.ts';
import { objectKey, ObjectRow } from './object-records.ts';
import { key } from './records.ts';
import type { Ledger } from './state.ts';

type OfTransfer = Saying<'take' | 'settle'>;

export const isOfTransfer = (what: SignedAct['act']['what']): what is OfTransfer =>
  what.says === 'take' || what.says === 'settle';

/** Where the object stands that says how far the transfer is here. */
export const transferKey = ({ says, txId, proof }: OfTransfer): string =>
  objectKey(key(says === 'take' ? takenName(proof.head.place, txId) : escrowName(txId)));

/** `row`: what is under that key. */
export function isPast(
  ledger: Pick<Ledger, 'self' | 'head'>,
  { act: { what }, key: by }: SignedAct,
  row: Uint8Array | undefined,
): boolean {
  if (!isOfTransfer(what)) return false;
  const value = row === undefined ? undefined : whole(ObjectRow, row).now.value;
  if (what.says === 'settle') return value?.is !== 'escrow' || value.stands !== 'locked';
  const { genesis, neighbours = [] } = ledger.self;
  const until = takeOf(what, genesis.place)?.escrow.until ?? 0;
  if (value !== undefined || cityMs(ledger) < until) return value !== undefined;
  const from = neighbours.find(({ place }) => place === what.proof.head.place);
  return from?.delegates.some(({ signing }) => same(signing.key, by.key)) !== true;
}

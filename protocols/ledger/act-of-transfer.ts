/**
 * Acts of transfers that change nothing, or nothing any more, are not taken: else whoever has a proof of a transfer could have it ordered
 * for ever, under ever new names, and each delegate would verify the quorum in it.
 *
 *   take      it was taken in; or its time is over by the last batch: that one's head proves that it was not taken. Where the city has
 *             stood still since before that time, the first that comes too late makes the batch that proves it for all
 *   settle    nothing is locked under that name; or what is locked is not what it says, or would not be released by its proof
 *
 * And of one transfer one act of a kind waits for its place at a time: whoever says it, it does the same, and names cost nothing.
 */
import { same } from '#lib/bytes.ts';
import type { Saying, SignedAct } from '../act.ts';
import { whole } from '../codec.ts';
import type { Read } from '../objects/desk.ts';
import { escrowName, takenName, type CityObject } from '../objects/object.ts';
import { settled, settleOf, takeOf } from '../objects/transfer.ts';
import { cityMs } from './fit.ts';
import { objectKey, ObjectRow } from './object-records.ts';
import { key } from './records.ts';
import type { Ledger } from './state.ts';

type OfTransfer = Saying<'take' | 'settle'>;

export const isOfTransfer = (what: SignedAct['act']['what']): what is OfTransfer =>
  what.says === 'take' || what.says === 'settle';

/** The object that says how far the transfer is here. */
const nameOf = ({ says, txId, proof }: OfTransfer): string =>
  key(says === 'take' ? takenName(proof.head.place, txId) : escrowName(txId));
export const transferKey = (what: OfTransfer): string => objectKey(nameOf(what));

/** What an act of a transfer decides; of other acts nothing. */
export const matterOf = (what: SignedAct['act']['what']): string | undefined =>
  isOfTransfer(what) ? nameOf(what) : undefined;

/** `row`: what is under that key. */
export function isPast(
  ledger: Pick<Ledger, 'self' | 'head'>,
  { act: { what } }: SignedAct,
  row: Uint8Array | undefined,
): boolean {
  if (!isOfTransfer(what)) return false;
  const now = row === undefined ? undefined : whole(ObjectRow, row).now;
  if (what.says === 'settle') return isIdle(ledger, what, now);
  if (now !== undefined) return true;
  const until = takeOf(what, ledger.self.genesis.place)?.escrow.until ?? 0;
  // The first batch has none before it whose state its head could prove.
  return cityMs(ledger) >= until && ledger.head.height > 1;
}

/** Of one that is malformed whoever looks at its proof says so. */
function isIdle({ self }: Pick<Ledger, 'self'>, what: Saying<'settle'>, now?: CityObject): boolean {
  const errand = settleOf(what, self.genesis.place);
  const escrow = escrowName(what.txId);
  const read: Read = (name) => (same(name, escrow) ? now : undefined);
  return errand !== undefined && typeof settled(errand, read, self) === 'string';
}

/** Whether another act waits that does the same. Of what is only being looked at, nobody who is known in either city is kept out. */
export function isSaidAlready(
  { acts: { open, checking }, self }: Pick<Ledger, 'acts' | 'self'>,
  { act: { what }, key: by }: SignedAct,
): boolean {
  const matter = matterOf(what);
  if (matter === undefined) return false;
  const isIt = (each: { readonly matter: string | undefined }): boolean => each.matter === matter;
  if ([...open.values()].some(isIt)) return true;
  const { genesis, neighbours = [] } = self;
  const known = [genesis, ...neighbours].flatMap(({ delegates }) => delegates);
  return (
    !known.some(({ signing }) => same(signing.key, by.key)) && [...checking.values()].some(isIt)
  );
}

/**
 * Acts of rewards: what they ask of objects; and those that would change nothing are not taken, else they could be ordered for
 * ever, under ever new names.
 *
 *   payee     the node has said that already
 *   earned    that is agreed on, or this delegate has said it; or it is of a time before
 *   wages     it is no page of what is agreed on, or is paid
 */
import { same } from '#lib/bytes.ts';
import type { Saying, SignedAct } from '../act.ts';
import { whole } from '../codec.ts';
import type { Read } from '../objects/desk.ts';
import { PAYROLL_NAME } from '../objects/object.ts';
import { agreed, paidOut, type Agree, type PayOut } from '../objects/payroll.ts';
import { delegateOf } from './act-check.ts';
import { Payee, payeeKey } from './act-records.ts';
import { placeOf } from './epochs.ts';
import { objectKey, ObjectRow } from './object-records.ts';
import { key } from './records.ts';
import type { Ledger } from './state.ts';

type What = SignedAct['act']['what'];
type OfPayroll = Saying<'payee' | 'earned' | 'wages'>;

export const isOfPayroll = (what: What): what is OfPayroll =>
  what.says === 'payee' || what.says === 'earned' || what.says === 'wages';

/** What shows whether it changes anything. */
export const payrollKey = (what: OfPayroll): string =>
  what.says === 'payee' ? payeeKey(what.node) : objectKey(key(PAYROLL_NAME));

/** `row`: what is under that key. */
export function isIdle(
  ledger: Pick<Ledger, 'self' | 'stakes'>,
  signed: SignedAct,
  row: Uint8Array | undefined,
): boolean {
  const { what } = signed.act;
  if (what.says === 'payee') return row !== undefined && same(whole(Payee, row).to, what.to);
  const errand = payrollErrand(ledger, signed);
  const now = row === undefined ? undefined : whole(ObjectRow, row).now;
  const read: Read = (name) => (same(name, PAYROLL_NAME) ? now : undefined);
  if (errand === undefined) return true;
  const changes = errand.does === 'agree' ? agreed(errand, read) : paidOut(errand, read);
  return changes === 'over' || (errand.does === 'agree' && typeof changes === 'string');
}

/** What an act asks of objects. The seats are those of the epoch in which it stands. */
export function payrollErrand(
  { self, stakes }: Pick<Ledger, 'self' | 'stakes'>,
  signed: SignedAct,
): Agree | PayOut | undefined {
  const { what } = signed.act;
  if (what.says === 'wages') return { does: 'pay-out', page: what.page };
  const by = delegateOf({ self }, signed);
  if (what.says !== 'earned' || by === undefined) return undefined;
  const { seats } = stakes;
  return { does: 'agree', by: placeOf(self.genesis, by.node), seats, sums: what.sums };
}

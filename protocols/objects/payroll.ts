/**
 * The payroll of a city: what its delegates agree that was earned (wages.ts), and what was paid of it.
 *
 *   act `earned` of each delegate: sums, as it has them --(the same of more than two thirds of the stake)--> agreed
 *   act `wages`: a page of the agreed sums --> of each account what is missing to its sum, issued into it, once
 *
 * Why agreed. What audits found is let go after a day (ledger/prune.ts), so a ledger that comes later could not add it up. The
 * sums are a function of the order (audit/accounts.ts), hence the same on all who are honest: to agree on them is to compare,
 * and it takes as much stake as to order a batch. So whoever could inflate them could as well order what he likes.
 *
 * Conserved: `issued` is the sum of all `wage` objects, and what there is more in accounts and escrows than the genesis has and
 * other cities have sent. It is never above what was made, and that follows the schedule of the policy (audit/harmony.ts).
 * Bounds: a word of each delegate that is not agreed on yet, a bit for each page.
 */
import { same } from '#lib/bytes.ts';
import { bitsOf, hasBit, membersIn } from '../city-batch.ts';
import type { Seat } from '../committee.ts';
import { isQuorum } from '../genesis.ts';
import { paidInto, type Change, type Read } from './desk.ts';
import { NO_PAYROLL, PAYROLL_NAME, wageName, type Is, type Payroll } from './object.ts';
import type { OpEffect } from './op.ts';
import { areInOrder, isPageOf, sumsDigest, type Page, type Sums } from './wages.ts';

/** What a delegate says was earned, and who orders when that is ordered. */
export interface Agree {
  readonly does: 'agree';
  readonly by: number;
  readonly seats: readonly Seat[];
  readonly sums: Sums;
}

export interface PayOut {
  readonly does: 'pay-out';
  readonly page: Page;
}

export function payrollOf(read: Read): Payroll {
  const value = read(PAYROLL_NAME)?.value;
  return value?.is === 'payroll' ? value : NO_PAYROLL;
}

const asObject = (payroll: Payroll): Change => [PAYROLL_NAME, { ...payroll, is: 'payroll' }];

/** Each delegate says it once of a time; the newest word of each counts. */
export function agreed({ by, seats, sums }: Agree, read: Read): OpEffect | readonly Change[] {
  const had = payrollOf(read);
  const { untilMs, made } = sums;
  const before = had.said.find(({ delegate }) => delegate === by);
  if (untilMs <= Math.max(had.sums.untilMs, before?.untilMs ?? 0)) return 'over';
  if (made < had.sums.made || sums.pages === 0) return 'malformed';
  const word = { delegate: by, untilMs, sums: sumsDigest(sums) };
  const said = [...had.said.filter(({ delegate }) => delegate !== by), word].toSorted(
    (a, b) => a.delegate - b.delegate,
  );
  const alike = said.filter((each) => same(each.sums, word.sums));
  if (!isMost(seats, new Set(alike.map(({ delegate }) => delegate))))
    return [asObject({ ...had, said })];
  const left = said.filter((each) => each.untilMs > untilMs);
  return [asObject({ ...had, sums, paid: bitsOf([]), said: left })];
}

function isMost(seats: readonly Seat[], of: ReadonlySet<number>): boolean {
  const all = seats.reduce((sum, { stake }) => sum + stake, 0n);
  const part = seats.reduce((sum, { of: each, stake }) => (of.has(each) ? sum + stake : sum), 0n);
  return isQuorum(part, all);
}

/** What an account cannot take stays due. */
export function paidOut({ page }: PayOut, read: Read): OpEffect | readonly Change[] {
  const had = payrollOf(read);
  if (!isPageOf(had.sums, page) || hasBit(had.paid, page.page)) return 'over';
  if (!areInOrder(page)) return 'malformed';
  const changes: Change[] = [];
  let { issued } = had;
  for (const { to, earned } of page.lines) {
    const due = earned - wageOf(read, to);
    const gets = due > 0n ? paidInto(read, to, due) : undefined;
    if (gets === undefined) continue;
    issued += due;
    changes.push(gets, [wageName(to), { is: 'wage', to, amount: earned }]);
  }
  if (issued > had.sums.made) return 'malformed';
  return [
    ...changes,
    asObject({ ...had, issued, paid: bitsOf([...membersIn(had.paid), page.page]) }),
  ];
}

/** What an account was paid of its sums, from the beginning. */
export function wageOf(read: Read, to: Uint8Array): bigint {
  const value = read(wageName(to))?.value;
  return value === undefined ? 0n : (value as Is<'wage'>).amount;
}

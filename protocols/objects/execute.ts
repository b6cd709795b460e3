/**
 * Executing what a batch asks of objects: one errand after another, each wholly or not at all.
 *
 *   objects before | errands in their order | city, time of the batch --> effects | objects that changed
 *
 * A pure function, and so the same on every ledger. An errand touches only objects that follow from itself (`namesOf`), so
 * errands that have none in common do not depend on each other.
 *
 * | errand   | of                        | does                                                        |
 * | -------- | ------------------------- | ----------------------------------------------------------- |
 * | `op`     | a committed transaction   | pays, locks what is sent to another city, or calls (op.ts)   |
 * | `take`   | an act, of the receiver's | what another city has locked is the receiver's (transfer.ts) |
 * | `settle` | an act, of the sender's   | what was locked is gone for good, or is the sender's again  |
 * | `agree`  | an act of a delegate      | it says what was earned; when most say the same, that stands (payroll.ts) |
 * | `pay-out` | an act of a delegate     | what is due of a page of that is issued into accounts       |
 *
 * Safety: no errand makes or loses Harmony but for transfers, which do neither in both cities together, and for what is issued,
 * which the payroll counts.
 */
import { hex } from '#lib/bytes.ts';
import type { Core } from '../transaction.ts';
import { called } from './contract.ts';
import {
  accountName,
  cellName,
  escrowName,
  PAYROLL_NAME,
  takenName,
  wageName,
  type CityObject,
} from './object.ts';
import { account, balanceOf, paidInto, type Change, type Read, type Where } from './desk.ts';
import { agreed, paidOut, type Agree, type PayOut } from './payroll.ts';
import { readOp, type Op, type OpEffect } from './op.ts';
import { settled, taken, type Settle, type Take } from './transfer.ts';

export type { Where } from './desk.ts';

/** What a committed transaction asks for. */
export interface Asking extends Pick<Core, 'sender' | 'receiver' | 'to' | 'op' | 'objects'> {
  readonly does: 'op';
  readonly txId: Uint8Array;
}

export type Errand = Asking | Take | Settle | Agree | PayOut;

/** By their names, in hexadecimal. */
export type Objects = ReadonlyMap<string, CityObject>;

export interface Executed {
  /** Of each errand. */
  readonly effects: readonly OpEffect[];
  /** As they are now, those that changed. */
  readonly after: Objects;
}

/** The objects that an errand reads or changes. */
export function namesOf(errand: Errand): readonly Uint8Array[] {
  switch (errand.does) {
    case 'op':
      return namesAsked(errand);
    case 'take':
      return [takenName(errand.from, errand.txId), accountName(errand.escrow.to)];
    case 'settle':
      return [escrowName(errand.txId), accountName(errand.sender)];
    case 'agree':
      return [PAYROLL_NAME];
    case 'pay-out':
      return [
        PAYROLL_NAME,
        ...errand.page.lines.flatMap(({ to }) => [wageName(to), accountName(to)]),
      ];
  }
}

function namesAsked({ txId, sender, receiver, op: bytes, objects }: Asking): readonly Uint8Array[] {
  const op = readOp(bytes);
  if (op?.op === 'call') return objects.map((cell) => cellName(op.contract, cell));
  if (op === undefined || receiver === undefined) return [];
  const own = accountName(sender);
  return op.op === 'pay' ? [own, accountName(receiver)] : [own, escrowName(txId)];
}

export function execute(errands: readonly Errand[], before: Objects, where: Where): Executed {
  const after = new Map<string, CityObject>();
  const read: Read = (name) => after.get(hex(name)) ?? before.get(hex(name));
  const effects = errands.map((errand) => {
    const found = changes(errand, read, where);
    if (typeof found === 'string') return found;
    for (const [name, value] of found) {
      const version = (read(name)?.version ?? 0) + 1;
      after.set(hex(name), { version, value });
    }
    return 'done';
  });
  return { effects, after };
}

/** What an errand makes of objects, or why it makes nothing. */
function changes(errand: Errand, read: Read, where: Where): OpEffect | readonly Change[] {
  switch (errand.does) {
    case 'op':
      return asked(errand, read, where);
    case 'take':
      return taken(errand, read, where);
    case 'settle':
      return settled(errand, read, where);
    case 'agree':
      return agreed(errand, read);
    case 'pay-out':
      return paidOut(errand, read);
  }
}

function asked(asking: Asking, read: Read, where: Where): OpEffect | readonly Change[] {
  const op = readOp(asking.op);
  if (op === undefined) return 'malformed';
  if (op.op === 'call') return calling(asking, op, read, where);
  if (asking.receiver === undefined) return 'no-receiver';
  if ((asking.to === where.city) !== (op.op === 'pay')) return 'other-city';
  return op.op === 'pay'
    ? paid(asking, asking.receiver, op.amount, read)
    : sentAway(asking, asking.receiver, op, read, where);
}

function paid(
  { sender }: Asking,
  receiver: Uint8Array,
  amount: bigint,
  read: Read,
): OpEffect | readonly Change[] {
  const has = balanceOf(read, sender);
  if (has < amount) return 'short-of-funds';
  if (hex(sender) === hex(receiver)) return [];
  const gets = paidInto(read, receiver, amount);
  return gets === undefined ? 'too-much' : [account(sender, has - amount), gets];
}

function calling(
  { sender, to, objects }: Asking,
  { contract: name, input }: Extract<Op, { op: 'call' }>,
  read: Read,
  { city, contracts }: Where,
): OpEffect | readonly Change[] {
  if (to !== city) return 'other-city';
  const contract = contracts?.get(name);
  return contract === undefined
    ? 'no-contract'
    : called(name, contract, { sender, input, declared: objects }, read);
}

/** Out of the account, and nobody's until the other city has taken it in, or has not. */
function sentAway(
  { txId, sender, to: city }: Asking,
  to: Uint8Array,
  { amount, until }: Extract<Op, { op: 'transfer' }>,
  read: Read,
  { atMs, cities, transferMsMax }: Where,
): OpEffect | readonly Change[] {
  if (!cities.has(city)) return 'no-city';
  if (until <= atMs || until > atMs + transferMsMax) return 'bad-time';
  const has = balanceOf(read, sender);
  if (has < amount) return 'short-of-funds';
  const escrow = { is: 'escrow', from: sender, to, city, amount, until, stands: 'locked' } as const;
  return [account(sender, has - amount), [escrowName(txId), escrow]];
}

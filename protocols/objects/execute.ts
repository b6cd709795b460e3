/**
 * Executing what a batch asks of objects: one errand after another, each wholly or not at all.
 *
 *   objects before | errands in their order | city, time of the batch --> effects | objects that changed
 *
 * A pure function, and so the same on every ledger. A errand touches only objects that follow from itself (`namesOf`), so
 * errands that have none in common do not depend on each other (parts.ts).
 *
 * Safety: no errand makes or loses Harmony. What leaves an account is in another, or in an escrow.
 */
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import type { Place } from '../subjects.ts';
import type { Core } from '../transaction.ts';
import {
  accountName,
  BALANCE_MAX,
  escrowName,
  type CityObject,
  type Is,
  type Value,
} from './object.ts';
import { readOp, type Op, type OpEffect } from './op.ts';

/** A transfer is decided within so long. */
export const TRANSFER_MS_MAX = 30 * 86_400_000;

/** What a committed transaction asks for. */
export interface Errand extends Pick<Core, 'sender' | 'receiver' | 'to' | 'op'> {
  readonly txId: Uint8Array;
}

/** By their names, in hexadecimal. */
export type Objects = ReadonlyMap<string, CityObject>;

export interface Where {
  readonly city: Place;
  readonly atMs: number;
}

export interface Executed {
  /** Of each errand. */
  readonly effects: readonly OpEffect[];
  /** As they are now, those that changed. */
  readonly after: Objects;
}

/** The objects that an errand reads or changes. */
export function namesOf({ txId, sender, receiver, op: bytes }: Errand): readonly Uint8Array[] {
  const op = readOp(bytes);
  if (op === undefined || receiver === undefined) return [];
  const own = accountName(sender);
  return op.op === 'pay' ? [own, accountName(receiver)] : [own, escrowName(txId)];
}

export function execute(errands: readonly Errand[], before: Objects, where: Where): Executed {
  const after = new Map<string, CityObject>();
  const read = (name: Uint8Array): CityObject | undefined =>
    after.get(hex(name)) ?? before.get(hex(name));
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

type Read = (name: Uint8Array) => CityObject | undefined;
type Change = readonly [name: Uint8Array, value: Value];

/** What an errand makes of objects, or why it makes nothing. */
function changes(errand: Errand, read: Read, where: Where): OpEffect | readonly Change[] {
  const op = readOp(errand.op);
  if (op === undefined) return 'malformed';
  if (errand.receiver === undefined) return 'no-receiver';
  if ((errand.to === where.city) !== (op.op === 'pay')) return 'other-city';
  return op.op === 'pay'
    ? paid(errand, errand.receiver, op.amount, read)
    : sentAway(errand, errand.receiver, op, read, where);
}

function balanceOf(read: Read, name: Uint8Array): bigint {
  const value = read(name)?.value ?? account(0n);
  assert(value.is === 'account', 'the name of an account is of nothing else');
  return value.balance;
}

const account = (balance: bigint): Is<'account'> => ({ is: 'account', balance });

function paid(
  { sender }: Errand,
  receiver: Uint8Array,
  amount: bigint,
  read: Read,
): OpEffect | readonly Change[] {
  const [from, to] = [accountName(sender), accountName(receiver)];
  const has = balanceOf(read, from);
  if (has < amount) return 'short-of-funds';
  if (hex(from) === hex(to)) return [];
  const gets = balanceOf(read, to) + amount;
  if (gets > BALANCE_MAX) return 'too-much';
  return [
    [from, account(has - amount)],
    [to, account(gets)],
  ];
}

/** Out of the account, and nobody's until the other city has taken it in, or has not. */
function sentAway(
  { txId, sender, to: city }: Errand,
  to: Uint8Array,
  { amount, until }: Extract<Op, { op: 'transfer' }>,
  read: Read,
  { atMs }: Where,
): OpEffect | readonly Change[] {
  if (until <= atMs || until > atMs + TRANSFER_MS_MAX) return 'bad-time';
  const from = accountName(sender);
  const has = balanceOf(read, from);
  if (has < amount) return 'short-of-funds';
  const escrow = { is: 'escrow', from: sender, to, city, amount, until, stands: 'locked' } as const;
  return [
    [from, account(has - amount)],
    [escrowName(txId), escrow],
  ];
}

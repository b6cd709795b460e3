/**
 * An object: what a city keeps under a name and changes only by what it ordered.
 *
 *   name      32 bytes that follow from what it is; nobody chooses them
 *   version   how often it was changed
 *   value     what it is now, of a closed list of kinds
 *
 * | kind      | one for each                | is                                                          |
 * | --------- | --------------------------- | ----------------------------------------------------------- |
 * | `account` | key, by its fingerprint     | Harmony that a signature of this key may spend              |
 * | `escrow`  | transfer to another city    | Harmony on its way: taken from an account, nobody's meanwhile |
 * | `taken`   | transfer from another city  | that it was taken in here: for ever, so that it is once     |
 * | `cell`    | key that a contract knows   | bytes that this version of this contract alone changes       |
 *
 * Amounts are thousand-millionths of a Harmony. What the objects of a city are at a height is a function of its genesis
 * and of its batches up to there.
 */
import { domain, hash } from '#algorithms/hash/hash.ts';
import { compare, concat, EMPTY, utf8 } from '#lib/bytes.ts';
import { oncePer } from '#lib/once.ts';
import { bytes, count, either, list, oneOf, record, toBytes, u64, type Infer } from '../codec.ts';
import { DELEGATES_MAX, type Endowment } from '../genesis.ts';
import type { Place } from '../subjects.ts';
import { contractName, digest, placeName, unixMs } from '../terms.ts';
import { PAGES_MAX, Sums } from './wages.ts';

export const NANO_PER_HARMONY = 1_000_000_000n;
/** What an account may have. */
export const BALANCE_MAX = (1n << 64n) - 1n;

export const Account = record({ balance: u64 });
export const Escrow = record({
  from: digest,
  /** The account that is to have it, and in which city. */
  to: digest,
  city: placeName,
  amount: u64,
  /** It may be taken in before that, by the batches of the other city, and released after that. */
  until: unixMs,
  stands: oneOf('locked', 'settled', 'released'),
});
export type Escrow = Infer<typeof Escrow>;
export const Taken = record({ city: placeName, to: digest, amount: u64 });
export const CELL_BYTES_MAX = 1_024;
export const Cell = record({ contract: contractName, bytes: bytes(0, CELL_BYTES_MAX) });

/** What a delegate says was earned by then. */
const Said = record({ delegate: count(DELEGATES_MAX - 1), untilMs: unixMs, sums: digest });
/** Of rewards what is agreed, and what was paid (payroll.ts). There is one. */
export const Payroll = record({
  sums: Sums,
  issued: u64,
  /** Pages of these sums that were paid, a bit for each. */
  paid: bytes(0, PAGES_MAX / 8),
  /** By place, of later times. */
  said: list(Said, DELEGATES_MAX),
});
export type Payroll = Infer<typeof Payroll>;
/** What an account was paid of rewards, from the beginning. */
export const Wage = record({ to: digest, amount: u64 });

export const Value = either('is', {
  account: Account,
  escrow: Escrow,
  taken: Taken,
  cell: Cell,
  payroll: Payroll,
  wage: Wage,
});
export type Value = Infer<typeof Value>;
export type Is<K extends Value['is']> = Extract<Value, { is: K }>;

export const CityObject = record({ version: count(Number.MAX_SAFE_INTEGER), value: Value });
export type CityObject = Infer<typeof CityObject>;

const ACCOUNT = domain('account');
const ESCROW = domain('escrow');
const TAKEN = domain('taken');
const CELL = domain('cell');
const PAYROLL = domain('payroll');
const WAGE = domain('wage');
const OBJECT = domain('object');

/** Of a key's fingerprint. */
export const accountName = oncePer((fingerprint: Uint8Array): Uint8Array =>
  hash(ACCOUNT, fingerprint),
);
/** Of the id of the transaction that says it. */
export const escrowName = (txId: Uint8Array): Uint8Array => hash(ESCROW, txId);
/** Of a transfer of that city: another one can make no name that is of it. */
export const takenName = (city: Place, txId: Uint8Array): Uint8Array =>
  hash(TAKEN, concat(txId, utf8(city)));

/** Whatever key somebody declares: it is the name of nothing but a cell, and of this contract. */
export const cellName = (contract: string, cell: Uint8Array): Uint8Array =>
  hash(CELL, concat(cell, utf8(contract)));

export const PAYROLL_NAME = hash(PAYROLL, EMPTY);
/** Before anything was earned. */
export const NO_PAYROLL: Payroll = {
  sums: { untilMs: 0, root: hash(PAYROLL, EMPTY), pages: 0, made: 0n },
  issued: 0n,
  paid: EMPTY,
  said: [],
};
/** Of a key's fingerprint. */
export const wageName = (to: Uint8Array): Uint8Array => hash(WAGE, to);

/** What stands for it in the root over all objects. */
export const objectHash = (object: CityObject): Uint8Array =>
  hash(OBJECT, toBytes(CityObject, object));

/** An object that is there from the beginning. */
export interface Named {
  readonly name: Uint8Array;
  readonly object: CityObject;
}

/** What a city has before its first batch. Of two endowments of one account the last one counts. */
export function endowed(endowments: readonly Endowment[]): readonly Named[] {
  const accounts = new Map(endowments.map((each) => [String(each.account), each]));
  return [...accounts.values()]
    .toSorted((a, b) => compare(a.account, b.account))
    .map(({ account, amount: balance }) => ({
      name: accountName(account),
      object: { version: 0, value: { is: 'account', balance } },
    }));
}

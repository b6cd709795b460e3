/** What errands have in common: reading objects, and paying out of accounts and into them. */
import { assert } from '#lib/assert.ts';
import type { KeepingPlant } from '../self.ts';
import type { Place } from '../subjects.ts';
import type { Contract } from './contract.ts';
import { accountName, BALANCE_MAX, type CityObject, type Value } from './object.ts';

/** Those that a city runs, by name. */
export type Contracts = ReadonlyMap<string, Contract>;

export interface Where {
  readonly city: Place;
  readonly atMs: number;
  /** The others of its network: nobody else's word on a transfer counts here. */
  readonly cities: ReadonlySet<Place>;
  /** Transfers end so long after that at the latest, by the policy in force. */
  readonly transferMsMax: number;
  /** What it runs, by name. */
  readonly contracts?: Contracts;
  readonly plant?: KeepingPlant | undefined;
}

export type Read = (name: Uint8Array) => CityObject | undefined;
export type Change = readonly [name: Uint8Array, value: Value];

/** What the account of a key has. */
export function balanceOf(read: Read, fingerprint: Uint8Array): bigint {
  const value = read(accountName(fingerprint))?.value;
  if (value === undefined) return 0n;
  assert(value.is === 'account', 'the name of an account is of nothing else');
  return value.balance;
}

export const account = (fingerprint: Uint8Array, balance: bigint): Change => [
  accountName(fingerprint),
  { is: 'account', balance },
];

/** `undefined` where it would have more than an account may have. */
export function paidInto(read: Read, fingerprint: Uint8Array, amount: bigint): Change | undefined {
  const gets = balanceOf(read, fingerprint) + amount;
  return gets > BALANCE_MAX ? undefined : account(fingerprint, gets);
}

/**
 * Transfers between two cities, as the disks of their delegates have them at the end: each is in the other city or came back, once.
 *
 *   escrow here     taken there     is
 *   locked          no, or yes      on its way: nobody's, or to be settled
 *   settled         yes             arrived
 *   released        no              back
 *   none            no              never left
 *
 * Everything else is a fault. What an account has to which nothing else was ever sent is the sum of what was taken in for it.
 */
import { nameText, readName } from '#algorithms/identity.ts';
import { hex, same } from '#lib/bytes.ts';
import { ObjectRow, objectKey } from '#protocols/ledger/object-records.ts';
import { HEAD, Head } from '#protocols/ledger/records.ts';
import {
  accountName,
  escrowName,
  takenName,
  type CityObject,
  type Value,
} from '#protocols/objects/object.ts';
import type { Place } from '#protocols/subjects.ts';
import type { Fault } from './above.ts';
import { read, type Rows } from './chain.ts';
import type { Found } from './judge.ts';

/** What the judge knows of transfers from whoever sent them. */
export interface Moving {
  /** As text. */
  readonly txIds: readonly string[];
  /** Of the account that is to have them; nothing else is sent to it. */
  readonly receiver: Uint8Array;
}

export interface TransfersReport {
  readonly settled: number;
  readonly released: number;
  /** On their way still. */
  readonly locked: readonly string[];
  readonly faults: readonly Fault[];
}

type Side = Pick<Found, 'genesis' | 'ledgers'>;

export function judgeTransfers(here: Side, there: Side, moving: Moving): TransfersReport {
  const { place } = here.genesis;
  const [left, came] = [newestOf(here), newestOf(there)];
  const counts = { settled: 0, released: 0 };
  const locked: string[] = [];
  const faults: Fault[] = [];
  for (const who of moving.txIds) {
    const txId = readName(who)!;
    const stands = standsIn(objectIn(left, escrowName(txId)));
    const isTaken = objectIn(came, takenName(place, txId)) !== undefined;
    const what = wrong(stands, isTaken);
    if (what !== undefined) faults.push({ who, what });
    if (stands === 'locked') locked.push(who);
    else if (stands !== undefined) counts[stands]++;
  }
  faults.push(...balanceFaults(came, place, moving));
  return { ...counts, locked, faults };
}

function wrong(stands: ReturnType<typeof standsIn>, isTaken: boolean): string | undefined {
  if (stands === 'settled' && !isTaken) return 'it is settled, and not in the other city';
  if (stands === 'released' && isTaken) return 'it came back, and is in the other city';
  return stands === undefined && isTaken ? 'it is in the other city, and never left' : undefined;
}

const standsIn = (value: Value | undefined): 'locked' | 'settled' | 'released' | undefined =>
  value?.is === 'escrow' ? value.stands : undefined;

/** By the records of what was taken in, whichever transfers they are of. */
function balanceFaults(came: Rows, place: Place, { receiver }: Moving): Fault[] {
  const taken = objectsIn(came).reduce(
    (sum, { value }) =>
      value.is === 'taken' && value.city === place && same(value.to, receiver)
        ? sum + value.amount
        : sum,
    0n,
  );
  const account = objectIn(came, accountName(receiver));
  const has = account?.is === 'account' ? account.balance : 0n;
  const what = `it has ${has} of ${taken} that were taken in for it`;
  return has === taken ? [] : [{ who: nameText(receiver), what }];
}

/** Of the ledger that has come furthest. */
const newestOf = ({ ledgers }: Side): Rows =>
  [...ledgers.values()].reduce((a, b) => (heightOf(b) > heightOf(a) ? b : a));

const heightOf = (rows: Rows): number => read(Head, rows.get(HEAD))?.height ?? 0;

const objectIn = (rows: Rows, name: Uint8Array): Value | undefined =>
  read(ObjectRow, rows.get(objectKey(hex(name))))?.now.value;

const objectsIn = (rows: Rows): CityObject[] =>
  [...rows]
    .filter(([key]) => key.startsWith(objectKey('')))
    .flatMap(([, row]) => read(ObjectRow, row)?.now ?? []);

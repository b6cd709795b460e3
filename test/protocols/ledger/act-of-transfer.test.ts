/** Acts of transfers that change nothing any more: whoever brings them, they are not ordered again. */
import { describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import type { Saying, SignedAct } from '#protocols/act.ts';
import { toBytes } from '#protocols/codec.ts';
import { isPast } from '#protocols/ledger/act-of-transfer.ts';
import { ObjectRow } from '#protocols/ledger/object-records.ts';
import { escrowName, type Escrow, type Value } from '#protocols/objects/object.ts';
import type { Place } from '#protocols/subjects.ts';
import { bytesOf, cityOf, KOMATSU, member, selfOf } from '../sample.ts';

const HERE = cityOf(4);
const THERE = { ...HERE.genesis, place: 'europe.catalonia.barcelona' as Place };
const UNTIL = 1_000;
const txId = bytesOf('a transfer');
const escrow: Escrow & { readonly is: 'escrow' } = {
  is: 'escrow',
  from: bytesOf('sender'),
  to: bytesOf('receiver'),
  city: KOMATSU,
  amount: 5n,
  until: UNTIL,
  stands: 'locked',
};

const rowOf = (value: Value): Uint8Array =>
  toBytes(ObjectRow, { height: 1, now: { version: 1, value }, before: undefined });
const ledgerAt = (wallMs: number) => ({
  self: { ...selfOf(HERE.genesis, HERE.delegates[0]!), neighbours: [THERE] },
  head: { at: stampBytes({ wallMs, count: 0 }) },
});

/** As much of an act as says what it stands on, by somebody. */
const by = (who: SignedAct['key'], says: 'take' | 'settle'): SignedAct => {
  const object = { version: 1, value: escrow };
  const proof = { name: escrowName(txId), object, head: { place: THERE.place } };
  const what = { says, txId, proof } as unknown as Saying<'take'>;
  return { act: { what }, key: who } as unknown as SignedAct;
};
const anyone = member('somebody').signing;
const courier = THERE.delegates[0]!.signing;
const past = (wallMs: number, act: SignedAct, row?: Uint8Array): boolean =>
  isPast(ledgerAt(wallMs) as unknown as Parameters<typeof isPast>[0], act, row);
const taken = rowOf({ is: 'taken', city: THERE.place, to: escrow.to, amount: 5n });

describe('an act of a transfer', () => {
  it('takes in what was not taken in, of anybody, as long as there is time', () => {
    expect(past(UNTIL - 1, by(anyone, 'take'))).toBe(false);
    expect(past(UNTIL - 1, by(anyone, 'take'), taken)).toBe(true);
  });

  it('that comes too late is taken of the delegates who need a batch of it', () => {
    expect(past(UNTIL, by(anyone, 'take'))).toBe(true);
    expect(past(UNTIL, by(courier, 'take'))).toBe(false);
    expect(past(UNTIL, by(courier, 'take'), taken)).toBe(true);
  });

  it('settles what is locked, once', () => {
    expect(past(0, by(anyone, 'settle'), rowOf(escrow))).toBe(false);
    expect(past(0, by(anyone, 'settle'), rowOf({ ...escrow, stands: 'settled' }))).toBe(true);
    expect(past(0, by(anyone, 'settle'))).toBe(true);
  });
});

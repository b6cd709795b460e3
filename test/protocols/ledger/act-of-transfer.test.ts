/** Acts of transfers that change nothing any more: whoever brings them, they are not ordered again. */
import { describe, expect, it } from 'vitest';
import { stampBytes } from '#algorithms/clock/hlc.ts';
import type { Saying, SignedAct } from '#protocols/act.ts';
import { toBytes } from '#protocols/codec.ts';
import { isPast, isSaidAlready, matterOf } from '#protocols/ledger/act-of-transfer.ts';
import { openActBytes, openActIn } from '#protocols/ledger/act-records.ts';
import { ObjectRow } from '#protocols/ledger/object-records.ts';
import { escrowName, takenName, type Escrow, type Value } from '#protocols/objects/object.ts';
import type { Place } from '#protocols/subjects.ts';
import { bytesOf, cityOf, KOMATSU, member, selfOf, TOKYO } from '../sample.ts';

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
const ledgerAt = (wallMs: number, height: number) => ({
  self: { ...selfOf(HERE.genesis, HERE.delegates[0]!), neighbours: [THERE] },
  head: { height, at: stampBytes({ wallMs, count: 0 }) },
});

/** As much of an act as says what it stands on, by somebody. */
const by = (who: SignedAct['key'], says: 'take' | 'settle'): SignedAct => {
  const object = { version: 1, value: escrow };
  const proof = { name: escrowName(txId), object, head: { place: THERE.place } };
  const what = { says, txId, proof } as unknown as Saying<'take'>;
  return { act: { what }, key: who } as unknown as SignedAct;
};
const anyone = member('somebody').signing;

const away: typeof escrow = { ...escrow, city: THERE.place };
/** By anybody: what the other city shows to have taken in, or not, by a head of that time. */
function settle({
  sender = escrow.from,
  atMs = UNTIL,
  isTaken = false,
}: {
  readonly sender?: Uint8Array;
  readonly atMs?: number;
  readonly isTaken?: boolean;
}): SignedAct {
  const head = { place: THERE.place, at: stampBytes({ wallMs: atMs, count: 0 }) };
  const object = isTaken ? { version: 1, value: { is: 'taken' } } : undefined;
  const proof = { name: takenName(KOMATSU, txId), object, head };
  const what = { says: 'settle', txId, sender, proof } as unknown as Saying<'settle'>;
  return { act: { what }, key: anyone } as unknown as SignedAct;
}
const courier = THERE.delegates[0]!.signing;
const past = (wallMs: number, act: SignedAct, row?: Uint8Array, height = 2): boolean =>
  isPast(ledgerAt(wallMs, height) as unknown as Parameters<typeof isPast>[0], act, row);
const taken = rowOf({ is: 'taken', city: THERE.place, to: escrow.to, amount: 5n });

const tableOf = (all: readonly unknown[]) => new Map(all.map((each, i) => [`${i}`, each]));
/** Whether it is beside these that wait, and those that are being looked at. */
function said(open: readonly unknown[], checking: readonly unknown[], act: SignedAct): boolean {
  const acts = { open: tableOf(open), checking: tableOf(checking) };
  return isSaidAlready({ ...ledgerAt(0, 2), acts } as never, act);
}

describe('an act of a transfer', () => {
  it('takes in what was not taken in, of anybody, as long as there is time', () => {
    expect(past(UNTIL - 1, by(anyone, 'take'))).toBe(false);
    expect(past(UNTIL - 1, by(anyone, 'take'), taken)).toBe(true);
  });

  it('that comes too late is taken while no head proves that it was not taken in', () => {
    for (const who of [anyone, courier]) {
      expect(past(UNTIL, by(who, 'take'))).toBe(true);
      expect(past(UNTIL, by(who, 'take'), undefined, 1)).toBe(false);
      expect(past(UNTIL, by(who, 'take'), taken, 1)).toBe(true);
    }
  });

  it('settles what is locked, once', () => {
    expect(past(0, settle({}), rowOf(away))).toBe(false);
    expect(past(0, settle({ isTaken: true, atMs: 0 }), rowOf(away))).toBe(false);
    expect(past(0, settle({}), rowOf({ ...away, stands: 'settled' }))).toBe(true);
    expect(past(0, settle({}))).toBe(true);
  });

  it('that settles nothing is in nobody’s way', () => {
    expect(past(0, settle({ atMs: UNTIL - 1 }), rowOf(away))).toBe(true);
    expect(past(0, settle({ sender: bytesOf('another') }), rowOf(away))).toBe(true);
    expect(past(0, settle({}), rowOf({ ...away, city: TOKYO }))).toBe(true);
  });

  it('waits for its place once, whoever says it; and nobody is kept out by what is made up', () => {
    const take = by(anyone, 'take');
    const itsOwn = { matter: matterOf(take.act.what) };
    const other = { matter: matterOf(by(anyone, 'settle').act.what) };
    expect(said([other], [other], take)).toBe(false);
    expect(said([other, itsOwn], [], take)).toBe(true);
    expect(said([itsOwn], [], by(courier, 'take'))).toBe(true);
    expect(said([], [itsOwn], take)).toBe(true);
    expect(said([], [itsOwn], by(courier, 'take'))).toBe(false);
    const waits = { author: 'ab'.repeat(32), ...itsOwn, until: UNTIL };
    expect(openActIn(openActBytes(waits))).toEqual(waits);
    expect(said([], [itsOwn], by(HERE.genesis.delegates[0]!.signing, 'take'))).toBe(false);
  });
});

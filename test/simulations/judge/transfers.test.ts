/** Transfers as two cities' disks have them: each arrived or came back, once; and each way in which that can be wrong is seen. */
import { expect, it } from 'vitest';
import { nameText } from '#algorithms/identity.ts';
import { hex } from '#lib/bytes.ts';
import { toBytes } from '#protocols/codec.ts';
import { ObjectRow, objectKey } from '#protocols/ledger/object-records.ts';
import { accountName, escrowName, takenName, type Value } from '#protocols/objects/object.ts';
import { judgeTransfers } from '#simulations/judge/transfers.ts';
import { bytesOf, cityOf } from '../../protocols/sample.ts';

const { genesis, delegates } = cityOf(1);
const there = { ...genesis, place: 'europe.catalonia.barcelona' as typeof genesis.place };
const [to, tx] = [bytesOf('to'), bytesOf('tx')];
const moving = { txIds: [nameText(tx)], receiver: to };

type Object = readonly [name: Uint8Array, value: Value];
const side = (of: typeof genesis, ...objects: readonly Object[]) => ({
  genesis: of,
  ledgers: new Map([
    [
      delegates[0]!.node,
      new Map(
        objects.map(([name, value]) => [
          objectKey(hex(name)),
          toBytes(ObjectRow, { height: 1, now: { version: 1, value }, before: undefined }),
        ]),
      ),
    ],
  ]),
});

const escrow = (stands: 'locked' | 'settled' | 'released'): Object => [
  escrowName(tx),
  { is: 'escrow', from: bytesOf('me'), to, city: there.place, amount: 7n, until: 9, stands },
];
const taken: Object = [
  takenName(genesis.place, tx),
  { is: 'taken', city: genesis.place, to, amount: 7n },
];
const has = (balance: bigint): Object => [accountName(to), { is: 'account', balance }];

const judged = (here: readonly Object[], other: readonly Object[]) =>
  judgeTransfers(side(genesis, ...here), side(there, ...other), moving);
const faultsOf = (...of: Parameters<typeof judged>): string[] =>
  judged(...of).faults.map(({ what }) => what);

it('arrived, came back, or is on its way', () => {
  const none = { settled: 0, released: 0, locked: [], faults: [] };
  expect(judged([escrow('settled')], [taken, has(7n)])).toEqual({ ...none, settled: 1 });
  expect(judged([escrow('released')], [])).toEqual({ ...none, released: 1 });
  expect(judged([escrow('locked')], [])).toEqual({ ...none, locked: moving.txIds });
  expect(judged([escrow('locked')], [taken, has(7n)])).toEqual({ ...none, locked: moving.txIds });
  expect(judged([], [])).toEqual(none);
});

it('is nowhere twice, and nowhere lost', () => {
  expect(faultsOf([escrow('settled')], [])).toEqual(['it is settled, and not in the other city']);
  expect(faultsOf([escrow('released')], [taken, has(7n)])).toEqual([
    'it came back, and is in the other city',
  ]);
  expect(faultsOf([], [taken, has(7n)])).toEqual(['it is in the other city, and never left']);
  expect(faultsOf([escrow('settled')], [taken, has(14n)])).toEqual([
    'it has 14 of 7 that were taken in for it',
  ]);
});

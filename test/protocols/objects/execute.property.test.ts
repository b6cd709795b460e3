/** What errands do to objects: no Harmony is made or lost, and what is refused has changed nothing. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import { execute, namesOf, type Asking } from '#protocols/objects/execute.ts';
import {
  accountName,
  BALANCE_MAX,
  endowed,
  escrowName,
  type CityObject,
} from '#protocols/objects/object.ts';
import { opBytes, type Op } from '#protocols/objects/op.ts';
import { bytesOf, KOMATSU } from '../sample.ts';

const OTHER = 'europe.bavaria.munich' as typeof KOMATSU;
const NOWHERE = 'europe.bavaria.nowhere' as typeof KOMATSU;
const where = {
  city: KOMATSU,
  atMs: 1_000_000,
  cities: new Set([OTHER]),
  transferMsMax: 30 * 86_400_000,
};
const PEOPLE = ['ann', 'bob', 'cho', 'dan'].map((name) => bytesOf(name));

const person = fc.constantFrom(...PEOPLE);
const amount = fc.oneof(fc.bigInt({ min: 0n, max: 12n }), fc.constantFrom(BALANCE_MAX, 1n));
const until = fc.constantFrom(0, where.atMs, where.atMs + 1, where.atMs + where.transferMsMax + 1);
const op: fc.Arbitrary<Op> = fc.oneof(
  fc.record({ op: fc.constant('pay' as const), amount }),
  fc.record({ op: fc.constant('transfer' as const), amount, until }),
);
const errands = fc
  .array(
    fc.record({
      sender: person,
      receiver: fc.option(person, { nil: undefined }),
      to: fc.constantFrom(KOMATSU, OTHER, NOWHERE),
      op: fc.oneof(op.map(opBytes), op.map(opBytes), fc.uint8Array({ maxLength: 12 })),
    }),
    { maxLength: 12 },
  )
  .map((all) =>
    all.map((errand, i): Asking => ({
      ...errand,
      does: 'op',
      objects: [],
      txId: bytesOf(`tx ${i}`),
    })),
  );
const begun = fc
  .tuple(...PEOPLE.map(() => fc.oneof(fc.bigInt({ min: 0n, max: 20n }), fc.constant(BALANCE_MAX))))
  .map((all) => all.map((each, i) => ({ account: PEOPLE[i]!, amount: each })))
  .map((all) => new Map(endowed(all).map(({ name, object }) => [hex(name), object])));

const sum = (objects: ReadonlyMap<string, CityObject>): bigint =>
  [...objects.values()].reduce((all, { value }) => {
    if (value.is === 'account') return all + value.balance;
    return value.is === 'escrow' && value.stands === 'locked' ? all + value.amount : all;
  }, 0n);

describe('errands', () => {
  it('neither make nor lose Harmony', () => {
    fc.assert(
      fc.property(errands, begun, (all, before) => {
        const { after } = execute(all, before, where);
        expect(sum(new Map([...before, ...after]))).toBe(sum(before));
        for (const { value } of after.values())
          expect(value.is === 'account' && value.balance > BALANCE_MAX).toBe(false);
      }),
    );
  });

  it('touch what they say, each a version further, and change nothing where they are refused', () => {
    fc.assert(
      fc.property(errands, begun, (all, before) => {
        const objects = new Map(before);
        for (const errand of all) {
          const { effects, after } = execute([errand], objects, where);
          const named = new Set(namesOf(errand).map(hex));
          for (const [name, { version }] of after) {
            expect(named.has(name)).toBe(true);
            expect(version).toBe((objects.get(name)?.version ?? 0) + 1);
            objects.set(name, after.get(name)!);
          }
          if (effects[0] !== 'done') expect(after.size).toBe(0);
          for (const { value } of after.values())
            expect(value.is === 'escrow' && value.city === NOWHERE).toBe(false);
        }
        const together = execute(all, before, where).after;
        expect(new Map([...before, ...together])).toEqual(objects);
      }),
    );
  });

  it('lock a transfer for its receiver, until then', () => {
    const [from, to] = PEOPLE as [Uint8Array, Uint8Array];
    const transfer = { op: 'transfer', amount: 5n, until: where.atMs + 9 } as const;
    const errand = {
      does: 'op',
      txId: bytesOf('tx'),
      sender: from,
      receiver: to,
      to: OTHER,
      objects: [],
    } as const;
    const before = new Map([
      [hex(accountName(from)), { version: 0, value: { is: 'account', balance: 7n } } as const],
    ]);
    const { effects, after } = execute([{ ...errand, op: opBytes(transfer) }], before, where);
    expect(effects).toEqual(['done']);
    const stands = { from, to, city: OTHER, amount: 5n, until: transfer.until, stands: 'locked' };
    expect(after.get(hex(escrowName(errand.txId)))?.value).toEqual({ is: 'escrow', ...stands });
  });
});

/** Calls of contracts: done wholly within what they declare and the meter lets them, or nothing at all, whatever is called. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameText } from '#algorithms/identity.ts';
import { hex, text, utf8 } from '#lib/bytes.ts';
import { METER, type Contract } from '#protocols/objects/contract.ts';
import { CONTRACTS } from '#protocols/objects/contracts.ts';
import { execute, namesOf, type Asking, type Objects } from '#protocols/objects/execute.ts';
import {
  accountName,
  CELL_BYTES_MAX,
  cellName,
  endowed,
  type CityObject,
} from '#protocols/objects/object.ts';
import { opBytes } from '#protocols/objects/op.ts';
import { bytesOf, KOMATSU } from '../sample.ts';

const REGISTER = 'register@1';
const PEOPLE = ['ann', 'bob', 'cho'].map((name) => bytesOf(name));
const [ann, bob] = PEOPLE as [Uint8Array, Uint8Array];
const CELLS = ['one', 'two', 'three'].map((name) => bytesOf(name));
const [one, two] = CELLS as [Uint8Array, Uint8Array];
const where = (contracts = CONTRACTS) => ({
  city: KOMATSU,
  atMs: 1_000,
  cities: new Set<typeof KOMATSU>(),
  transferMsMax: 1_000,
  contracts,
});
const NONE: Objects = new Map();

let calls = 0;
const calling = (contract: string, input: string, more: Partial<Asking> = {}): Asking => ({
  does: 'op',
  txId: bytesOf(`call ${calls++}`),
  sender: ann,
  receiver: undefined,
  to: KOMATSU,
  op: opBytes({ op: 'call', contract, input: utf8(input) }),
  objects: CONTRACTS.get(contract)?.cells(utf8(input)) ?? CELLS,
  ...more,
});

/** What comes of one call of a contract that does this. */
function outcome(
  run: Contract['run'],
  more: Partial<Asking> = {},
  before = NONE,
): readonly [string | undefined, Objects] {
  const contracts = new Map([['drawn@1', { run, cells: () => [] }]]);
  const { effects, after } = execute([calling('drawn@1', '', more)], before, where(contracts));
  return [effects[0], after];
}

const cell = (bytes: Uint8Array, contract = 'drawn@1'): CityObject => ({
  version: 1,
  value: { is: 'cell', contract, bytes },
});

function swallows(work: () => void): void {
  try {
    work();
  } catch {
    // As if nothing were wrong.
  }
}

const effects = (all: Asking[], contracts = CONTRACTS) =>
  execute(all, NONE, where(contracts)).effects;

describe('a call', () => {
  it('is refused by name, and changes nothing, whatever the contract does wrong', () => {
    const long = new Uint8Array(CELL_BYTES_MAX + 1);
    const wrong: readonly (readonly [string, Contract['run']])[] = [
      [
        'failed',
        () => {
          throw new Error('as it may');
        },
      ],
      ['failed', () => undefined as never],
      ['failed', () => [[one, undefined as never]]],
      [
        'undeclared',
        () => [
          [one, utf8('first')],
          [ann, utf8('elsewhere')],
        ],
      ],
      ['undeclared', ({ read }) => (swallows(() => read(bob)), [[one, utf8('kept')]])],
      ['over-meter', () => [[one, long]]],
      ['over-meter', () => Array.from({ length: METER.writes + 1 }, () => [one, long.slice(0, 1)])],
      ['over-meter', () => Array.from({ length: METER.writes }, () => [one, long])],
      [
        'over-meter',
        ({ read }) => (
          swallows(() => {
            for (;;) read(one);
          }),
          [[one, utf8('kept')]]
        ),
      ],
      ['not-yours', () => 'not-yours'],
    ];
    for (const [effect, run] of wrong) expect(outcome(run)).toEqual([effect, NONE]);
  });

  it('reads all bytes on the meter', () => {
    const before = new Map([[hex(cellName('drawn@1', one)), cell(new Uint8Array(CELL_BYTES_MAX))]]);
    const times =
      (count: number): Contract['run'] =>
      ({ read }) => {
        for (let i = 0; i < count; i++) read(one);
        return [];
      };
    const most = METER.bytes / CELL_BYTES_MAX;
    expect(outcome(times(most), {}, before)[0]).toBe('done');
    expect(outcome(times(most + 1), {}, before)[0]).toBe('over-meter');
  });

  it('changes what is declared by copies, and no account, whatever key is declared', () => {
    const account = { account: ann, amount: 5n };
    const before = new Map(
      [...endowed([account])].map(({ name, object }) => [hex(name), object] as const),
    );
    const keys = [accountName(ann), ann, cellName(REGISTER, one)];
    const [effect, after] = outcome(
      ({ sender }) => keys.map((key) => [key, sender]),
      { objects: keys },
      before,
    );
    expect(effect).toBe('done');
    expect([...after.keys()].toSorted()).toEqual(
      keys.map((key) => hex(cellName('drawn@1', key))).toSorted(),
    );
    const kept = utf8('kept');
    const [, changed] = outcome(() => [[one, kept]]);
    kept.fill(0);
    expect([...changed.values()]).toEqual([cell(utf8('kept'))]);
    const spoiled = new Map([[hex(cellName('drawn@1', two)), cell(utf8('as it is'))]]);
    outcome(({ read }) => (read(two)?.fill(0), 'malformed'), {}, spoiled);
    expect([...spoiled.values()]).toEqual([cell(utf8('as it is'))]);
  });

  it('is of a contract that the city runs, in the city itself', () => {
    const elsewhere = { to: 'europe.bavaria.munich' as typeof KOMATSU };
    expect(effects([calling('nothing@1', ''), calling(REGISTER, 'a', elsewhere)])).toEqual([
      'no-contract',
      'other-city',
    ]);
    expect(effects([calling(REGISTER, 'a')], new Map())).toEqual(['no-contract']);
    expect(effects([calling(REGISTER, 'a', { objects: [] })])).toEqual(['undeclared']);
  });
});

const NAMES = ['haruka', 'kenji', 'yui'];
const wish = fc.record({
  sender: fc.constantFrom(...PEOPLE),
  name: fc.constantFrom(...NAMES),
  to: fc.option(fc.constantFrom(...PEOPLE)),
});
const asked = fc.array(wish, { maxLength: 12 }).map((all) =>
  all.map(({ sender, name, to }) => ({
    name,
    errand: calling(REGISTER, to === null ? name : `${name} ${nameText(to)}`, { sender }),
  })),
);
const owner = (objects: Objects, name: string): string | undefined => {
  const [key] = CONTRACTS.get(REGISTER)!.cells(utf8(name));
  const value = objects.get(hex(cellName(REGISTER, key!)))?.value;
  return value?.is === 'cell' ? text(value.bytes) : undefined;
};

describe('calls', () => {
  it('that have no object in common come to the same in any order', () => {
    fc.assert(
      fc.property(asked, fc.shuffledSubarray(NAMES, { minLength: NAMES.length }), (all, order) => {
        // Those of one name stay in their order; names are gone through in another one.
        const other = order.flatMap((name) => all.filter((each) => each.name === name));
        const run = (calls: typeof all) => {
          const { effects, after } = execute(
            calls.map(({ errand }) => errand),
            NONE,
            where(),
          );
          return {
            after,
            by: new Map(calls.map(({ errand }, i) => [hex(errand.txId), effects[i]])),
          };
        };
        expect(run(other)).toEqual(run(all));
      }),
    );
  });

  it('touch what they say, a version further each', () => {
    fc.assert(
      fc.property(asked, (all) => {
        let objects: Objects = NONE;
        for (const { errand } of all) {
          const { effects, after } = execute([errand], objects, where());
          const named = new Set(namesOf(errand).map(hex));
          for (const [name, { version }] of after) {
            expect(named.has(name)).toBe(true);
            expect(version).toBe((objects.get(name)?.version ?? 0) + 1);
          }
          if (effects[0] !== 'done') expect(after.size).toBe(0);
          objects = new Map([...objects, ...after]);
        }
      }),
    );
  });
});

describe('a registered name', () => {
  it('is of whoever came first, and handed on by nobody else', () => {
    const mine = calling(REGISTER, 'haruka');
    const theirs = calling(REGISTER, 'haruka', { sender: bob });
    const given = calling(REGISTER, `haruka ${nameText(bob)}`);
    const taken = calling(REGISTER, `haruka ${nameText(bob)}`, { sender: bob });
    const first = execute([taken, mine, theirs, taken], NONE, where());
    expect(first.effects).toEqual(['not-yours', 'done', 'not-yours', 'not-yours']);
    expect(owner(first.after, 'haruka')).toBe(nameText(ann));
    const then = execute([mine, given, theirs, mine], NONE, where());
    expect(then.effects).toEqual(['done', 'done', 'done', 'not-yours']);
    expect(owner(then.after, 'haruka')).toBe(nameText(bob));
  });

  it('is a word, and a receiver is a key', () => {
    const wrong = ['', 'Haruka', 'a b', 'haruka ', `haruka ${'z'.repeat(52)}`, 'x'.repeat(64)];
    for (const each of wrong)
      expect(effects([calling(REGISTER, each, { objects: CELLS })])).toEqual(['malformed']);
  });
});

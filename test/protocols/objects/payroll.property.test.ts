/**
 * Rewards as objects: whatever delegates say, in whatever order and how often, everybody is paid what more than two thirds of
 * the stake say that he has earned, once, and nothing else is made.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex } from '#lib/bytes.ts';
import { execute, namesOf, type Errand } from '#protocols/objects/execute.ts';
import { BALANCE_MAX, endowed, type CityObject } from '#protocols/objects/object.ts';
import { opBytes } from '#protocols/objects/op.ts';
import { payrollOf } from '#protocols/objects/payroll.ts';
import { LINES_MAX, paydayOf, type Line, type Payday } from '#protocols/objects/wages.ts';
import { cases } from '#test/cases.ts';
import { bytesOf, KOMATSU } from '../sample.ts';

const where = {
  city: KOMATSU,
  atMs: 1_000_000,
  cities: new Set<typeof KOMATSU>(),
  transferMsMax: 30 * 86_400_000,
};
const SEATS = [0, 1, 2, 3].map((of) => ({ of, stake: 10n }));
const PEOPLE = Array.from({ length: LINES_MAX + 3 }, (_, i) => bytesOf(`person ${i}`));
/** What the honest have at each time, and what a liar has: always more for himself. */
const EPOCHS = [1, 2, 3, 4].map((epoch) => {
  const lines = PEOPLE.slice(0, LINES_MAX + epoch - 1).map((to, i): Line => ({
    to,
    earned: BigInt(epoch * (i + 1)),
  }));
  const made = lines.reduce((sum, { earned }) => sum + earned, 0n) + BigInt(epoch);
  const lie = [{ to: PEOPLE[0]!, earned: made * 10n }, ...lines.slice(1)];
  const payday = (of: readonly Line[], all: bigint): Payday => paydayOf(of, epoch * 60_000, all)!;
  return { lines, honest: payday(lines, made), lie: payday(lie, made * 20n) };
});

const epoch = fc.nat(EPOCHS.length - 1);
const said = fc.oneof(
  { weight: 4, arbitrary: fc.record({ is: fc.constant('agree' as const), epoch, by: fc.nat(3) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      is: fc.constant('page' as const),
      epoch,
      page: fc.nat(2),
      isLie: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ is: fc.constant('pay' as const), by: fc.nat(5) }) },
);
type Said = typeof said extends fc.Arbitrary<infer T> ? T : never;

/** The first delegate lies, about everything. */
function errandOf(each: Said, i: number): Errand | undefined {
  switch (each.is) {
    case 'agree': {
      const { honest, lie } = EPOCHS[each.epoch]!;
      const { sums } = each.by === 0 ? lie : honest;
      return { does: 'agree', by: each.by, seats: SEATS, sums };
    }
    case 'page': {
      const { honest, lie } = EPOCHS[each.epoch]!;
      const page = (each.isLie ? lie : honest).pages[each.page];
      return page && { does: 'pay-out', page };
    }
    default: {
      const op = opBytes({ op: 'pay', amount: 2n });
      const [sender, receiver] = [PEOPLE[each.by]!, PEOPLE[each.by + 1]!];
      const to = KOMATSU;
      return { does: 'op', sender, receiver, to, op, objects: [], txId: bytesOf(`tx ${i}`) };
    }
  }
}

type State = Map<string, CityObject>;
const begun = (): State =>
  new Map(
    endowed(PEOPLE.slice(0, 3).map((account) => ({ account, amount: 5n }))).map(
      ({ name, object }) => [hex(name), object],
    ),
  );
const inAccounts = (objects: State): bigint =>
  [...objects.values()].reduce(
    (sum, { value }) => sum + (value.is === 'account' ? value.balance : 0n),
    0n,
  );
const wages = (objects: State): bigint =>
  [...objects.values()].reduce(
    (sum, { value }) => sum + (value.is === 'wage' ? value.amount : 0n),
    0n,
  );
const payroll = (objects: State) => payrollOf((name) => objects.get(hex(name)));

function after(objects: State, errand: Errand): { readonly effect: string; readonly now: State } {
  const { effects, after: changed } = execute([errand], objects, where);
  const named = new Set(namesOf(errand).map(hex));
  for (const name of changed.keys()) expect(named.has(name)).toBe(true);
  return { effect: effects[0]!, now: new Map([...objects, ...changed]) };
}

describe('wages', () => {
  it('are what is issued, once each, by what most agree on, whatever is said', () => {
    fc.assert(
      fc.property(fc.array(said, { maxLength: 60 }), (all) => {
        let objects = begun();
        for (const [i, each] of all.entries()) {
          const errand = errandOf(each, i);
          if (errand === undefined) continue;
          const before = payroll(objects);
          const { now } = after(objects, errand);
          objects = now;
          const { issued, sums, said: words } = payroll(objects);
          expect(inAccounts(objects)).toBe(15n + issued);
          expect(wages(objects)).toBe(issued);
          expect(issued <= sums.made && issued >= before.issued).toBe(true);
          expect(sums.untilMs >= before.sums.untilMs).toBe(true);
          expect(words.length <= SEATS.length).toBe(true);
          const agreed = EPOCHS.map(({ honest }) => honest.sums.untilMs);
          expect([0, ...agreed]).toContain(sums.untilMs);
          expect(sums.made < 1_000_000n).toBe(true);
        }
      }),
      { numRuns: cases(100) },
    );
  });

  it('come to the same, whatever was missed or said twice on the way', () => {
    fc.assert(
      fc.property(fc.array(said, { maxLength: 40 }), (all) => {
        let objects = begun();
        for (const [i, each] of all.entries()) {
          const errand = each.is === 'pay' ? undefined : errandOf(each, i);
          if (errand !== undefined) objects = after(objects, errand).now;
        }
        const { honest, lines } = EPOCHS.at(-1)!;
        for (const by of [1, 2, 3])
          objects = after(objects, { does: 'agree', by, seats: SEATS, sums: honest.sums }).now;
        for (const page of [...honest.pages, ...honest.pages])
          objects = after(objects, { does: 'pay-out', page }).now;
        const due = lines.reduce((sum, { earned }) => sum + earned, 0n);
        expect(payroll(objects).issued).toBe(due);
        expect(inAccounts(objects)).toBe(15n + due);
      }),
      { numRuns: cases(50) },
    );
  });

  it('are agreed on by more than two thirds of those who order, and by nobody who does not', () => {
    const { honest } = EPOCHS[0]!;
    const say = (objects: State, by: number, seats = SEATS) =>
      after(objects, { does: 'agree', by, seats, sums: honest.sums });
    let { now, effect } = say(begun(), 1);
    ({ now } = say(now, 2));
    expect([effect, payroll(now).sums.untilMs]).toEqual(['done', 0]);
    expect(say(now, 2).effect).toBe('over');
    expect(payroll(say(now, 7).now).sums.untilMs).toBe(0);
    expect(payroll(say(now, 3).now).sums.untilMs).toBe(60_000);
    ({ now, effect } = after(now, { does: 'pay-out', page: honest.pages[0]! }));
    expect([effect, inAccounts(now)]).toEqual(['over', 15n]);
  });

  it('that an account cannot take, or that came out of order, are not paid', () => {
    const rich = endowed([{ account: PEOPLE[0]!, amount: BALANCE_MAX }]);
    let now: State = new Map(rich.map(({ name, object }) => [hex(name), object]));
    const two = PEOPLE.slice(0, 2).map((to) => ({ to, earned: 7n }));
    const payday = paydayOf(two, 60_000, 14n)!;
    for (const by of [1, 2, 3])
      ({ now } = after(now, { does: 'agree', by, seats: SEATS, sums: payday.sums }));
    ({ now } = after(now, { does: 'pay-out', page: payday.pages[0]! }));
    expect([payroll(now).issued, inAccounts(now)]).toEqual([7n, BALANCE_MAX + 7n]);
    const [, to] = PEOPLE;
    const twice = paydayOf(
      [9n, 8n].map((earned) => ({ to: to!, earned })),
      120_000,
      100n,
    )!;
    for (const by of [1, 2, 3])
      ({ now } = after(now, { does: 'agree', by, seats: SEATS, sums: twice.sums }));
    expect(after(now, { does: 'pay-out', page: twice.pages[0]! }).effect).toBe('malformed');
  });
});

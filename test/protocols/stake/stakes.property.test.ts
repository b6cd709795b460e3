/** Stakes for any history: nothing is made or lost, nobody gets away in time, evidence counts once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NONE } from '#protocols/city-batch.ts';
import { convict, penaltyOf } from '#protocols/stake/penalty.ts';
import {
  bond,
  invariants,
  isYoung,
  leavingOf,
  unbond,
  type Stakes,
} from '#protocols/stake/stakes.ts';
import { begun, cityOf, lived, RULES } from './city.ts';

const CITY = cityOf(40n, 30n, 20n, 10n);

const does = fc.oneof(
  fc.record({ is: fc.constant('bond' as const), who: fc.nat(3), amount: fc.bigInt(0n, 50n) }),
  fc.record({ is: fc.constant('unbond' as const), who: fc.nat(3), amount: fc.bigInt(0n, 50n) }),
  fc.record({ is: fc.constant('convict' as const), who: fc.nat(3), amount: fc.constant(0n) }),
  fc.record({ is: fc.constant('live' as const), who: fc.nat(3), amount: fc.bigInt(0n, 10n) }),
);
type Done = typeof does extends fc.Arbitrary<infer T> ? T : never;

const accused = (stakes: Stakes, who: number): Stakes | undefined =>
  convict(stakes, RULES, { who, fault: 'dag-equivocation', height: 1, act: NONE });

function after(stakes: Stakes, { is, who, amount }: Done): Stakes {
  switch (is) {
    case 'bond':
      return bond(stakes, who, amount) ?? stakes;
    case 'unbond':
      return unbond(stakes, who, amount) ?? stakes;
    case 'convict':
      return accused(stakes, who) ?? stakes;
    case 'live':
      return lived(CITY, stakes, (each) => (each === who ? Number(amount) : 10));
  }
}

describe('stakes', () => {
  it('are conserved, and what is lost stays lost, whatever is done', () => {
    fc.assert(
      fc.property(fc.array(does, { maxLength: 24 }), (all) => {
        let stakes = begun(CITY);
        for (const each of all) {
          const before = stakes;
          stakes = after(stakes, each);
          invariants(stakes, CITY);
          for (const [i, { slashed, offence }] of stakes.delegates.entries()) {
            const had = before.delegates[i]!;
            expect(slashed >= had.slashed).toBe(true);
            expect(had.offence === undefined || offence !== undefined).toBe(true);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('that are taken back can be lost for as long as evidence of their last vote counts', () => {
    const taken = unbond(begun(CITY), 0, 39n)!;
    let now = taken;
    let votedIn = 0;
    for (let epoch = 0; leavingOf(now.delegates[0]!) > 0n; epoch++) {
      if (now.seats[0]!.stake === 40n) votedIn = epoch;
      expect(now.epoch).toBe(epoch);
      now = lived(CITY, now);
    }
    expect(votedIn).toBe(1);
    expect(isYoung({ epoch: now.epoch - 1 }, RULES, votedIn)).toBe(true);
    expect(isYoung(now, RULES, votedIn)).toBe(false);
    expect(now.delegates[0]!.free).toBe(39n);
    expect(bond(now, 0, 40n)).toBeUndefined();
    expect(bond(now, 0, 39n)!.delegates[0]!.bonded).toBe(40n);
  });

  it('leave in few sums, and not beyond what there is', () => {
    expect(unbond(begun(CITY), 3, 11n)).toBeUndefined();
    expect(unbond(begun(CITY), 3, 0n)).toBeUndefined();
    const twice = unbond(unbond(begun(CITY), 3, 4n)!, 3, 5n)!;
    expect(twice.delegates[3]!.leaving).toEqual([{ amount: 9n, epoch: 0 }]);
  });
});

describe('evidence', () => {
  it('costs the base alone, the square together, all from a third on; the first ones too', () => {
    expect(penaltyOf(1_000n, 1, 10, RULES)).toBe(50n);
    expect(penaltyOf(1_000n, 2, 10, RULES)).toBe(360n);
    expect(penaltyOf(1_000n, 4, 10, RULES)).toBe(1_000n);
    const ten = cityOf(...Array.from({ length: 10 }, () => 1_000n));
    const one = accused(begun(ten), 0)!;
    expect(one.delegates[0]!.slashed).toBe(50n);
    const two = accused(one, 7)!;
    expect([0, 7].map((i) => two.delegates[i]!.slashed)).toEqual([360n, 360n]);
    const late = accused(lived(ten, lived(ten, one)), 7)!;
    expect([0, 7].map((i) => late.delegates[i]!.slashed)).toEqual([50n, 50n]);
  });

  it('counts once, and takes from what leaves as well', () => {
    const leaving = unbond(begun(CITY), 0, 39n)!;
    const once = accused(leaving, 0)!;
    expect(once.delegates[0]!.slashed).toBe(2n);
    expect(once.delegates[0]!.bonded).toBe(0n);
    expect(leavingOf(once.delegates[0]!)).toBe(38n);
    expect(accused(once, 0)).toBeUndefined();
  });
});

/** Elections: decided on what was, by a beacon that nobody alone makes; who has a tombstone never stands again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NONE } from '#protocols/city-batch.ts';
import { beaconOf, drawn } from '#protocols/stake/draw.ts';
import { nextSeats, standingOf } from '#protocols/stake/election.ts';
import { convict } from '#protocols/stake/penalty.ts';
import { unbond, type Stakes } from '#protocols/stake/stakes.ts';
import { begun, cityOf, lived, RULES, seatedIn } from './city.ts';

const FIVE = cityOf(50n, 40n, 30n, 20n, 10n);
const tombstone = (stakes: Stakes, who: number): Stakes =>
  convict(stakes, RULES, { who, fault: 'double-vote', height: 1, act: NONE })!;
const output = (byte: number): Uint8Array => new Uint8Array(64).fill(byte);
const draw = (stakes: Stakes, who: number, byte: number): Stakes =>
  drawn(stakes, who, { epoch: stakes.epoch, proof: new Uint8Array(80), output: output(byte) })!;

describe('a committee', () => {
  it('is that of genesis in the first two epochs, with its stakes', () => {
    const second = lived(FIVE, unbond(begun(FIVE), 0, 45n)!);
    expect(second.seats).toEqual(begun(FIVE).seats);
    const third = lived(FIVE, second);
    expect(third.seats[0]).toEqual({ of: 0, stake: 5n });
  });

  it('never has anybody with a tombstone, from the next election on', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { maxLength: 8 }), (liars) => {
        let now = begun(FIVE);
        const marked = new Set<number>();
        for (const who of liars) {
          if (!marked.has(who) && marked.size < 4) now = tombstone(now, (marked.add(who), who));
          now = lived(FIVE, now);
          for (const of of seatedIn(now)) expect(marked.has(of)).toBe(false);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('goes on as it is when nobody stands', () => {
    const all = [0, 1, 2, 3, 4].reduce(tombstone, begun(FIVE));
    expect(seatedIn(lived(FIVE, all))).toEqual([0, 1, 2, 3, 4]);
  });

  it('is not decided by stake that moves while it is drawn', () => {
    const rules = { ...RULES, seats: 2 };
    const second = lived(FIVE, begun(FIVE));
    const moved = unbond(second, 1, 39n)!;
    expect(nextSeats(FIVE, moved, rules, 20)).toEqual(nextSeats(FIVE, second, rules, 20));
  });

  it('has as many as there are seats, drawn by the beacon', () => {
    const rules = { ...RULES, seats: 2 };
    const second = lived(FIVE, begun(FIVE));
    const committees = new Set<string>();
    for (let byte = 0; byte < 12; byte++) {
      const seats = nextSeats(FIVE, draw(second, 0, byte), rules, 20);
      expect(seats).toHaveLength(2);
      committees.add(seats.map(({ of }) => of).join());
    }
    expect(committees.size).toBeGreaterThan(2);
  });
});

describe('who was away', () => {
  const rules = { ...RULES, seats: 4 };

  it('is left out for two epochs where others fill the seats, loses nothing, and stands again', () => {
    let now = lived(FIVE, begun(FIVE), (who) => (who === 0 ? 4 : 10), rules);
    const out: boolean[] = [];
    for (let epoch = 1; epoch < 5; epoch++) {
      out.push(standingOf(now, rules, 0, now.since) === 'away' || !seatedIn(now).includes(0));
      now = lived(FIVE, now, undefined, rules);
    }
    expect(out.slice(0, 2)).toEqual([true, true]);
    expect(standingOf(now, rules, 0, now.since)).toBe('stands');
    expect(now.delegates[0]!.slashed).toBe(0n);
  });

  it('is not left out where too few others stand', () => {
    const now = lived(FIVE, begun(FIVE), (who) => (who < 3 ? 10 : 0), rules);
    expect(standingOf(now, rules, 4, now.since)).toBe('away');
    expect(seatedIn(lived(FIVE, now, (who) => (who < 3 ? 10 : 0), rules))).toHaveLength(4);
    expect(seatedIn(now)).toEqual([0, 1, 2, 3, 4]);
  });
});

describe('a beacon', () => {
  it('is the same in whatever order its draws come, another with each, and takes each once', () => {
    const now = begun(FIVE);
    const both = beaconOf(draw(draw(now, 0, 1), 1, 2));
    expect(beaconOf(draw(draw(now, 1, 2), 0, 1))).toEqual(both);
    expect(beaconOf(draw(now, 0, 1))).not.toEqual(both);
    const again = { epoch: 0, proof: new Uint8Array(80), output: output(3) };
    expect(drawn(draw(now, 0, 1), 0, again)).toBeUndefined();
    expect(drawn(now, 0, { ...again, epoch: 1 })).toBeUndefined();
  });

  it('is another one in each epoch, though nobody draws', () => {
    expect(beaconOf(lived(FIVE, begun(FIVE)))).not.toEqual(beaconOf(begun(FIVE)));
  });
});

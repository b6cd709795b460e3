/** A dealt coin: its shares are those that its key promises, and of other members it is none. */
import { describe, expect, it } from 'vitest';
import { shares, tossed } from '#protocols/abba/jobs.ts';
import { dealCoin, isCoinKey } from '#protocols/abba/deal.ts';
import { seatsOf } from '#protocols/abba/seats.ts';
import { weightsOf } from '#protocols/abba/tally.ts';
import { bytesOf } from '../sample.ts';

const STAKES = [3n, 1n, 1n, 1n];
const { of: seats, count, threshold } = seatsOf(weightsOf(STAKES));
const dealt = dealCoin(STAKES, bytesOf('coin'));
const which = { epoch: 0, instance: bytesOf('instance'), round: 2 };

describe('a dealt coin', () => {
  it('is tossed alike by whoever has enough of its shares', () => {
    const all = dealt.shares.flatMap((secrets, member) =>
      shares({ ...which, secrets }).map((share, i) => ({ seat: seats[member]![i]!, share })),
    );
    const toss = (some: typeof all) =>
      tossed({ ...which, keys: dealt.key, seats: count, threshold, shares: some });
    const first = toss(all.slice(0, threshold));
    expect(first.liars).toEqual([]);
    expect(first.coin).toBeDefined();
    expect(toss(all.slice(-threshold))).toEqual(first);
  });

  it('has a key for these members, and for no other number of them', () => {
    expect(isCoinKey(STAKES, dealt.key)).toBe(true);
    expect(isCoinKey([1n, 1n, 1n, 1n], dealt.key)).toBe(false);
    expect(isCoinKey(STAKES, new Uint8Array(dealt.key.length))).toBe(false);
  });
});

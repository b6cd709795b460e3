/** What is verified, and what is not verified again; how patient a city is. */
import { describe, expect, it } from 'vitest';
import type { VerifyJob } from '#algorithms/signature.ts';
import { arrive, emptyInbox, verified, verifyNext } from '#protocols/dag/inbox.ts';
import { buckets } from '#protocols/allowance.ts';
import { tellAccused } from '#protocols/dag/fork.ts';
import { cityOf, type City } from '#protocols/dag/state.ts';
import { leaderMs } from '#protocols/dag/pace.ts';
import { nodeAddress } from '#protocols/subjects.ts';
import { moment } from '../moments.ts';
import { vertexOn } from './drawn.ts';
import { KOMATSU } from './world.ts';

const [a, b] = ['d1', 'd2'].map((name) => nodeAddress(KOMATSU, name)) as [never, never];
const claim = (mark: number) => ({ is: 'vertex', vertex: vertexOn(1, 1, [], { mark }) }) as const;
const job = {} as VerifyJob;

describe('an inbox', () => {
  it('verifies what waits in one job, and nothing twice that a sender says again meanwhile', () => {
    const inbox = emptyInbox();
    arrive(inbox, a, claim(1), [job]);
    expect(verifyNext(inbox)).toHaveLength(1);
    for (const mark of [1, 2, 2, 3]) arrive(inbox, a, claim(mark), [job]);
    arrive(inbox, b, claim(2), [job]);
    expect(verifyNext(inbox)).toEqual([]);
    expect(verified(inbox, [true])).toEqual([{ claim: claim(1), from: a, isGood: true }]);
    expect(verifyNext(inbox)).toHaveLength(1);
    expect(verified(inbox, [true, false, true]).map(({ isGood }) => isGood)).toEqual([
      true,
      false,
      true,
    ]);
    arrive(inbox, a, claim(1), [job]);
    expect(verifyNext(inbox)).toHaveLength(1);
  });

  it('has room for so many of each sender, whatever another sends', () => {
    const inbox = emptyInbox();
    const fits = Array.from({ length: 200 }, (_, i) => arrive(inbox, a, claim(i), [job]));
    expect(fits.filter((fit) => fit)).toHaveLength(128);
    expect(arrive(inbox, b, claim(1), [job])).toBe(true);
  });
});

const ms = (failures: number, roundMs = 0) => leaderMs({ failures, roundMs });

describe('patience with a leader', () => {
  it('grows with turns that fail, and with what rounds have taken of late', () => {
    expect([0, 1, 2].map((failures) => ms(failures))).toEqual([80, 120, 180]);
    expect(ms(0, 100)).toBe(300);
    expect(ms(100, 1_000)).toBe(2_000);
  });
});

it('evidence is told to whoever asks, and not more often than anybody may', () => {
  const city = { accused: [], fork: undefined, askers: buckets(4) } as unknown as City;
  const ask = (from: typeof a, now = 0) =>
    tellAccused(city, moment(now, { from: cityOf(from) })).length;
  expect(Array.from({ length: 20 }, () => ask(a)).filter((said) => said > 0)).toHaveLength(8);
  expect([ask(b), ask(a), ask(a, 1_000)]).toEqual([1, 0, 1]);
});

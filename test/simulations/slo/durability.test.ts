/** Chains with a loss against closed forms, and durability by what must help. */
import { describe, expect, it } from 'vitest';
import {
  chainOf,
  durability,
  REPAIRING,
  UNREPAIRED,
  type Repairing,
} from '#simulations/slo/durability.ts';
import { named } from '#simulations/slo/layout.ts';
import { longRun, LOSS, lossWithin, type Chain } from '#simulations/slo/markov.ts';

/** n devices that fail at rate 1 each, lost below k: the time is a sum of exponentials. */
const dying = (n: number, k: number): Chain => ({
  states: n - k + 1,
  moves: Array.from({ length: n - k + 1 }, (_, i) => ({
    from: i,
    to: i === n - k ? LOSS : i + 1,
    rate: n - i,
  })),
});

describe('a chain with a loss', () => {
  it('has the mean time of the sum of its steps', () => {
    let mean = 0;
    for (let i = 10; i <= 42; i++) mean += 1 / i;
    expect(longRun(dying(42, 10)).meanTime / mean).toBeCloseTo(1, 12);
  });
  it('is lost by a time as often as fewer than k of n are still there', () => {
    const [n, k, time] = [12, 10, 0.05];
    const lives = Math.exp(-time);
    let kept = 0;
    for (const [alive, ways] of [
      [12, 1],
      [11, 12],
      [10, 66],
    ] as const) {
      kept += ways * lives ** alive * (1 - lives) ** (n - alive);
    }
    expect(lossWithin(dying(n, k), time)).toBeCloseTo(1 - kept, 13);
  });
  it('keeps the digits of a loss that hardly ever comes', () => {
    // Birth and death: mean time to loss in closed form, 1/l + (l + m)/l^2 + ..., here for two steps.
    const [loss, repair] = [1e-12, 1e6];
    const chain: Chain = {
      states: 2,
      moves: [
        { from: 0, to: 1, rate: loss },
        { from: 1, to: LOSS, rate: loss },
        { from: 1, to: 0, rate: repair },
      ],
    };
    const mean = 2 / loss + repair / loss ** 2;
    expect(longRun(chain).meanTime / mean).toBeCloseTo(1, 12);
    expect(lossWithin({ ...chain, moves: chain.moves.slice(0, 2) }, 1)).toBeCloseTo(5e-25, 35);
  });
  it('is never lost in no time, and spends all of its time somewhere', () => {
    expect(lossWithin(dying(5, 2), 0)).toBe(0);
    expect(longRun(dying(5, 2)).share.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  });
});

const daysToLoss = (repairing: Partial<Repairing>, p = 0.05): number =>
  durability(named('asia', p), { ...REPAIRING, ...repairing }, 1).meanDaysToLoss;

describe('durability', () => {
  const asia = named('asia', 0.05);

  it('starts whole, and repairs only what the thresholds say', () => {
    const { moves, states } = chainOf(asia, REPAIRING);
    // 30 to 10 - 4 j lights beside j anchors of 4 pieces, for j = 3, 2, 1, 0.
    expect(states).toBe(31 + 29 + 25 + 21);
    const repairsFrom = new Set(moves.filter(({ made }) => made > 0).map(({ from }) => from));
    // 12 anchor pieces: with 15 lights 27 are healthy, with 14 there are 26.
    expect([repairsFrom.has(15), repairsFrom.has(16)]).toEqual([false, true]);
    // An anchor less leaves 8 pieces on anchors: repaired with all lights there.
    expect(repairsFrom.has(31)).toBe(true);
  });
  it('waits its time, less when it is urgent, and tries again until enough are online', () => {
    const { moves } = chainOf(named('asia', 1), REPAIRING);
    const waits = (state: number): number =>
      1 / moves.find(({ from, made }) => from === state && made > 0)!.rate;
    // 14 lights and 12 anchor pieces are routine, 4 lights urgent: two weeks to notice, then the queue.
    expect(waits(16)).toBeCloseTo(14 + 1, 6);
    expect(waits(26)).toBeCloseTo(14 + 1 / 24, 6);
    // An anchor is missed within hours.
    expect(waits(31)).toBeCloseTo(1 / 4 + 1, 6);
  });
  it('grows with repair, with quicker notice, with longer lives and with p', () => {
    const now = daysToLoss({});
    expect(now).toBeGreaterThan(100 * durability(asia, UNREPAIRED, 1).meanDaysToLoss);
    expect(daysToLoss({ anchorNoticeDays: 1 / 24 })).toBeGreaterThan(now);
    expect(daysToLoss({ lightNoticeDays: 1 })).toBeGreaterThan(now);
    expect(daysToLoss({ lightLifeDays: 1_460 })).toBeGreaterThan(now);
    expect(daysToLoss({ anchorLifeDays: 3_650 })).toBeGreaterThan(now);
    expect(daysToLoss({}, 0.1)).toBeGreaterThan(now);
  });
  it('is a chance that grows with time, and repairs make no fewer than the pieces that go', () => {
    const within = (days: number) => durability(asia, REPAIRING, days).lossWithin;
    expect(within(30)).toBeLessThan(within(180));
    expect(within(180)).toBeLessThan(1);
    const { repairsPerYear, piecesPerYear } = durability(asia, REPAIRING, 1);
    expect(piecesPerYear / repairsPerYear).toBeGreaterThan(1);
    expect(piecesPerYear / repairsPerYear).toBeLessThanOrEqual(42);
  });
});

/** Offsets: the truth is inside each honest interval, and in what many agree on. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agreement, commonGround, type Interval, type Voice } from '#algorithms/clock/agreement.ts';
import {
  errorUs,
  ledTo,
  middleUs,
  offsetAt,
  setTo,
  SLEWING_US,
  STANDING_US,
  timeAt,
} from '#algorithms/clock/discipline.ts';
import {
  aged,
  bestOf,
  DRIFT_PPM,
  roundTripUs,
  sampleOf,
  SAMPLES_MAX,
  withSample,
  type Sample,
} from '#algorithms/clock/offset.ts';
import { cases } from '#test/cases.ts';

const holds = ({ lowUs, highUs }: Interval, point: number): boolean =>
  lowUs <= point && point <= highUs;
const widthUs = ({ lowUs, highUs }: Interval): number => highUs - lowUs;

/** An exchange with a clock that is `offsetUs` ahead of ours. */
const exchange = (
  offsetUs: number,
  atUs: number,
  thereUs: number,
  heldUs: number,
  backUs: number,
) => ({
  sentUs: atUs,
  receivedUs: atUs + thereUs + offsetUs,
  answeredUs: atUs + thereUs + heldUs + offsetUs,
  returnedUs: atUs + thereUs + heldUs + backUs,
});
const delays = () => fc.tuple(fc.nat(300_000), fc.nat(5_000), fc.nat(300_000));
const offset = () => fc.integer({ min: -(10 ** 12), max: 10 ** 12 });

const sample = (): fc.Arbitrary<Sample> =>
  fc
    .tuple(offset(), fc.nat(10 ** 9), delays())
    .map(([offsetUs, atUs, [there, held, back]]) =>
      sampleOf(exchange(offsetUs, atUs, there, held, back))!,
    );

const lead = () =>
  fc.record({
    passedUs: fc.nat(100_000),
    targetUs: fc.integer({ min: -1_000, max: 1_000 }),
    everyUs: fc.constantFrom(SLEWING_US, SLEWING_US, STANDING_US),
  });

describe('a sample, for any offset and delays', () => {
  it('holds the offset, within half of the round trip to each side of its middle', () =>
    fc.assert(
      fc.property(offset(), fc.nat(), delays(), (offsetUs, atUs, [there, held, back]) => {
        const times = exchange(offsetUs, atUs, there, held, back);
        const sample = sampleOf(times)!;
        expect(holds(sample, offsetUs)).toBe(true);
        expect(roundTripUs(times)).toBe(there + back);
        expect(widthUs(sample)).toBe(there + back);
        expect(2 * errorUs(sample, middleUs(sample))).toBeLessThanOrEqual(there + back + 1);
      }),
    ));
  it('still holds it when both clocks have drifted apart', () =>
    fc.assert(
      fc.property(
        offset(),
        delays(),
        fc.nat(10 ** 10),
        fc.integer({ min: -DRIFT_PPM, max: DRIFT_PPM }),
        (offsetUs, [there, held, back], ageUs, ppm) => {
          const sample = sampleOf(exchange(offsetUs, 0, there, held, back))!;
          const drifted = offsetUs + Math.trunc((ageUs * ppm) / 1_000_000);
          expect(holds(aged(sample, sample.atUs + ageUs), drifted)).toBe(true);
        },
      ),
    ));
  it('grows with the first moment, to both sides', () => {
    const fresh = { lowUs: 3, highUs: 5, atUs: 100 };
    expect(aged(fresh, 100)).toEqual({ lowUs: 3, highUs: 5 });
    expect(aged(fresh, 101)).toEqual({ lowUs: 2, highUs: 6 });
    expect(aged(fresh, 100 + 2_000_000)).toEqual({ lowUs: 3 - 30, highUs: 5 + 30 });
  });
  it('is refused where its times cannot be', () => {
    const good = exchange(5, 100, 10, 3, 10);
    expect(sampleOf(good)).toBeDefined();
    for (const bad of [
      { answeredUs: good.receivedUs - 1 },
      { returnedUs: good.sentUs + 2 },
      { sentUs: Number.NaN },
      { receivedUs: 0.5, answeredUs: 0.5 },
      { answeredUs: 2 ** 60 },
    ]) {
      expect(sampleOf({ ...good, ...bad })).toBeUndefined();
    }
  });
});

describe('the samples of a peer', () => {
  it('are the last eight, and the best is none of the wider ones', () =>
    fc.assert(
      fc.property(fc.array(sample(), { minLength: 1, maxLength: 20 }), (all) => {
        const kept = all.reduce(withSample, [] as readonly Sample[]);
        expect(kept).toEqual(all.slice(-SAMPLES_MAX));
        const nowUs = 2 * 10 ** 9;
        const best = bestOf(kept, nowUs)!;
        const widths = kept.map((sample) => widthUs(aged(sample, nowUs)));
        expect(widthUs(best)).toBe(Math.min(...widths));
        expect(kept.map((sample) => aged(sample, nowUs))).toContainEqual(best);
      }),
    ));
  it('prefer the least delay of the fresh, but no good one that is too old', () => {
    const fast = { lowUs: 0, highUs: 1_000, atUs: 0 };
    const slow = { lowUs: 0, highUs: 9_000, atUs: 0 };
    expect(bestOf([slow, fast], 0)).toEqual(aged(fast, 0));
    const recent = { ...slow, atUs: 10 ** 9 };
    expect(bestOf([fast, recent], 10 ** 9)).toEqual(aged(recent, 10 ** 9));
    expect(bestOf([], 0)).toBeUndefined();
  });
});

const WEIGHT_MAX = 4;
const weight = () => fc.integer({ min: 1, max: WEIGHT_MAX }).map(BigInt);
const honestly = (truth: number): fc.Arbitrary<Voice> =>
  fc
    .tuple(fc.nat(100), fc.nat(100), weight())
    .map(([a, b, of]) => ({ lowUs: truth - a, highUs: truth + b, weight: of }));
const any = (): fc.Arbitrary<Voice> =>
  fc
    .tuple(
      fc.oneof(fc.integer({ min: -300, max: 300 }), fc.integer({ min: 0, max: 20 })),
      fc.oneof(fc.nat(200), fc.nat(10)),
      weight(),
    )
    .map(([lowUs, width, of]) => ({ lowUs, highUs: lowUs + width, weight: of }));
const weightOf = (all: readonly Voice[]): bigint =>
  all.reduce((sum, each) => sum + each.weight, 0n);
const group = () =>
  fc
    .record({
      honest: fc.array(honestly(17), { minLength: 1, maxLength: 8 }),
      liars: fc.array(any(), { maxLength: 3 }),
    })
    .filter(({ honest, liars }) => weightOf(honest) > weightOf(liars));
const one = (lowUs: number, highUs: number): Voice => ({ lowUs, highUs, weight: 1n });

describe('agreement, for any honest and lying intervals', () => {
  it('holds the truth while no more lie than it is told', () =>
    fc.assert(
      fc.property(group(), fc.bigInt({ min: 0n, max: 2n }), ({ honest, liars }, spare) => {
        const all = [...liars, ...honest];
        const lying = weightOf(liars) + spare;
        fc.pre(weightOf(all) > 2n * lying);
        expect(holds(agreement(all, weightOf(all) - lying)!, 17)).toBe(true);
        expect(holds(commonGround(all, lying)!, 17)).toBe(true);
      }),
    ));
  it('is no wider than an honest interval when less than a third lie', () =>
    fc.assert(
      fc.property(group(), ({ honest, liars }) => {
        fc.pre(weightOf(honest) > 2n * weightOf(liars));
        const agreed = agreement([...liars, ...honest], weightOf(honest))!;
        expect(widthUs(agreed)).toBeLessThanOrEqual(Math.max(...honest.map(widthUs)));
      }),
    ));
  it('is the hull of the points that so much weight holds, in any order', () =>
    fc.assert(
      fc.property(
        fc.array(any(), { maxLength: 9 }),
        fc.bigInt({ min: 1n, max: 20n }),
        (all, needed) => {
          const held: number[] = [];
          for (let point = -300; point <= 500; point++)
            if (weightOf(all.filter((each) => holds(each, point))) >= needed) held.push(point);
          const expected = held.length > 0 ? { lowUs: held[0]!, highUs: held.at(-1)! } : undefined;
          expect(agreement(all, needed)).toEqual(expected);
          expect(agreement(all.toReversed(), needed)).toEqual(expected);
        },
      ),
    ));
  it('counts intervals that only touch', () => {
    expect(agreement([one(0, 5), one(5, 9), one(5, 5)], 3n)).toEqual({ lowUs: 5, highUs: 5 });
  });
  it('takes an interval without an inside for a bug', () => {
    expect(() => agreement([one(1, 0)], 1n)).toThrow('inside');
  });
});

describe('common ground, for any clocks that are apart and any liars', () => {
  it('begins and ends between what honest ones say, and is there where agreement is none', () =>
    fc.assert(
      fc.property(
        fc.array(any(), { minLength: 1, maxLength: 8 }),
        fc.array(any(), { maxLength: 3 }),
        (honest, liars) => {
          const lying = weightOf(liars);
          fc.pre(weightOf(honest) > lying);
          const { lowUs, highUs } = commonGround([...liars, ...honest], lying)!;
          expect(lowUs).toBeLessThanOrEqual(highUs);
          expect(lowUs).toBeGreaterThanOrEqual(Math.min(...honest.map((each) => each.lowUs)));
          expect(highUs).toBeLessThanOrEqual(Math.max(...honest.map((each) => each.highUs)));
        },
      ),
    ));
  it('is none where liars may be half', () => {
    expect(commonGround([one(0, 1), one(0, 1)], 1n)).toBeUndefined();
    expect(commonGround([one(0, 1), one(4, 5), one(9, 9)], 1n)).toEqual({ lowUs: 4, highUs: 5 });
  });
});

describe('a disciplined clock, led anywhere at any time', () => {
  it('never goes back, and nothing but standing still is faster than 500 ppm', () =>
    fc.assert(
      fc.property(fc.array(lead(), { maxLength: 40 }), (leads) => {
        let clock = setTo(0, 0);
        let nowUs = 0;
        let shown = 0;
        for (const { passedUs, targetUs, everyUs } of leads) {
          const [fromUs, fromOffset] = [nowUs, offsetAt(clock, nowUs)];
          for (const part of [0, 1, 2, 3]) {
            const atUs = fromUs + Math.floor((passedUs * part) / 3);
            expect(timeAt(clock, atUs)).toBeGreaterThanOrEqual(shown);
            shown = timeAt(clock, atUs);
          }
          nowUs += passedUs;
          const moved = Math.abs(offsetAt(clock, nowUs) - fromOffset);
          expect(moved).toBeLessThanOrEqual(Math.ceil(passedUs / clock.everyUs));
          const rate = targetUs < offsetAt(clock, nowUs) ? everyUs : SLEWING_US;
          const led = ledTo(clock, targetUs, nowUs, rate);
          expect(timeAt(led, nowUs)).toBe(timeAt(clock, nowUs));
          clock = led;
        }
      }),
    ));
  it('arrives, however often it is led', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: -300, max: 300 }),
        fc.integer({ min: 1, max: 5_000 }),
        (targetUs, stepUs) => {
          let clock = setTo(0, 0);
          const neededUs = Math.abs(targetUs) * 2_000 + 2_000;
          for (let nowUs = 0; nowUs <= neededUs + stepUs; nowUs += stepUs)
            clock = ledTo(clock, targetUs, nowUs);
          expect(offsetAt(clock, neededUs + 2 * stepUs)).toBe(targetUs);
        },
      ),
      { numRuns: cases(30) },
    ));
});

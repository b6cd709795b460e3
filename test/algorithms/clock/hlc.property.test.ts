/** The hybrid clock: what the paper proves, and what it leaves out, on random histories. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareStamps,
  COUNT_MAX,
  isStamp,
  kept,
  medianStamp,
  packed,
  receive,
  stampBytes,
  stampOf,
  start,
  tick,
  unpacked,
  WALL_MS_MAX,
  type Hlc,
  type HlcBounds,
  type Stamp,
  type Ticked,
} from '#algorithms/clock/hlc.ts';
import { compare } from '#lib/bytes.ts';

const BOUNDS: HlcBounds = { aheadMsMax: 500, markAheadMs: 200 };
const BEGIN_MS = 1_700_000_000_000;

const stamp = (): fc.Arbitrary<Stamp> =>
  fc.record({
    wallMs: fc.oneof(fc.nat(3), fc.integer({ min: 0, max: WALL_MS_MAX })),
    count: fc.oneof(fc.nat(3), fc.nat(COUNT_MAX)),
  });

/** A clock whose marks are kept as soon as they are asked for. */
function settled(ticked: Ticked): Ticked {
  return ticked.keepMs === undefined ? ticked : { ...ticked, hlc: kept(ticked.hlc, ticked.keepMs) };
}
/** Tries once more where only the mark was missing. */
function once(hlc: Hlc, step: (hlc: Hlc) => Ticked): Ticked {
  const first = settled(step(hlc));
  return first.kind === 'refused' && first.reason === 'not-kept' ? settled(step(first.hlc)) : first;
}

const clock = (): Hlc => settled(start(0, BEGIN_MS, BOUNDS)).hlc;

interface Event {
  readonly node: number;
  /** Which earlier event's stamp arrives with it, if any. */
  readonly from: number | undefined;
  readonly passedMs: number;
}
const event = (): fc.Arbitrary<Event> =>
  fc.record({
    node: fc.nat(3),
    from: fc.option(fc.nat(200), { nil: undefined }),
    passedMs: fc.constantFrom(0, 0, 0, 1, 7, 300),
  });
const history = () => fc.array(event(), { maxLength: 120, size: 'max' });
const skews = () => fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 4, maxLength: 4 });

interface Happened {
  readonly stamp: Stamp;
  readonly nowMs: number;
  /** Indices of all events that happened before. */
  readonly past: ReadonlySet<number>;
}

/** Runs a history of four nodes whose clocks are off by fixed skews, and records causality. */
function run(history: readonly Event[], skews: readonly number[]): Happened[] {
  const happened: Happened[] = [];
  const clocks = skews.map((skew) => settled(start(0, BEGIN_MS + skew, BOUNDS)).hlc);
  const last: (number | undefined)[] = skews.map(() => undefined);
  let realMs = BEGIN_MS;
  for (const { node, from, passedMs } of history) {
    realMs += passedMs;
    const nowMs = realMs + skews[node]!;
    const source = from === undefined ? undefined : happened[from];
    const ticked = once(clocks[node]!, (hlc) =>
      source === undefined ? tick(hlc, nowMs, BOUNDS) : receive(hlc, source.stamp, nowMs, BOUNDS),
    );
    expect(ticked.kind).toBe('ticked');
    clocks[node] = ticked.hlc;
    const causes = [last[node], source === undefined ? undefined : from].filter(
      (i) => i !== undefined,
    );
    const past = new Set(causes.flatMap((i) => Array.from(happened[i]!.past).concat(i)));
    last[node] = happened.push({ stamp: ticked.hlc, nowMs, past }) - 1;
  }
  return happened;
}

describe('the hybrid clock, on random histories', () => {
  it('stamps what happened before with less (theorem 1)', () =>
    fc.assert(
      fc.property(history(), skews(), (history, skews) => {
        const happened = run(history, skews);
        for (const { stamp, past } of happened) {
          for (const i of past) expect(compareStamps(happened[i]!.stamp, stamp)).toBeLessThan(0);
        }
      }),
    ));
  it('shows the greatest clock of its past, at least its own (theorems 2 and 3)', () =>
    fc.assert(
      fc.property(history(), skews(), (history, skews) => {
        const happened = run(history, skews);
        for (const { stamp, nowMs, past } of happened) {
          const greatest = Math.max(nowMs, ...[...past].map((i) => happened[i]!.nowMs));
          expect(stamp.wallMs).toBe(greatest);
          // Hence no farther ahead than clocks differ: skews are within 50 ms of the truth.
          expect(stamp.wallMs - nowMs).toBeLessThanOrEqual(100);
        }
      }),
    ));
  it('counts no more than the events of its past with that wall time (theorem 4)', () =>
    fc.assert(
      fc.property(history(), skews(), (history, skews) => {
        const happened = run(history, skews);
        for (const { stamp, past } of happened) {
          const alike = [...past].filter((i) => happened[i]!.stamp.wallMs === stamp.wallMs);
          expect(stamp.count).toBeLessThanOrEqual(alike.length);
        }
      }),
    ));
});

describe('the hybrid clock, for any clock it is given', () => {
  it('never goes back, over steps back and restarts', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            nowMs: fc.integer({ min: 0, max: 3_000 }),
            restart: fc.boolean(),
            keeps: fc.boolean(),
          }),
          { maxLength: 60, size: 'max' },
        ),
        (moves) => {
          let keptMs = 0; // What the disk holds.
          let asked: number | undefined;
          const take = (ticked: Ticked): Hlc => ((asked = ticked.keepMs ?? asked), ticked.hlc);
          let hlc = take(start(keptMs, 0, BOUNDS));
          let last: Stamp = { wallMs: 0, count: 0 };
          for (const { nowMs, restart, keeps } of moves) {
            if (keeps && asked !== undefined) {
              keptMs = asked;
              hlc = kept(hlc, asked);
            }
            if (restart) hlc = take(start(keptMs, nowMs, BOUNDS));
            const ticked = tick(hlc, nowMs, BOUNDS);
            hlc = take(ticked);
            if (ticked.kind === 'refused') continue;
            expect(compareStamps(ticked.hlc, last)).toBeGreaterThan(0);
            expect(ticked.hlc.wallMs).toBeLessThan(keptMs);
            last = ticked.hlc;
          }
        },
      ),
    ));
  it('refuses what is too far ahead, and does not move', () =>
    fc.assert(
      fc.property(stamp(), fc.integer({ min: 0, max: WALL_MS_MAX - 1_000 }), (theirs, nowMs) => {
        const hlc = settled(start(0, nowMs, BOUNDS)).hlc;
        const ticked = receive(hlc, theirs, nowMs, BOUNDS);
        if (theirs.wallMs > nowMs + BOUNDS.aheadMsMax) {
          expect(ticked).toEqual({ kind: 'refused', reason: 'far-future', hlc });
        } else {
          expect(ticked.kind === 'refused' && ticked.reason === 'far-future').toBe(false);
          expect(ticked.hlc.wallMs).toBeLessThanOrEqual(nowMs + BOUNDS.aheadMsMax);
        }
      }),
    ));
});

describe('the hybrid clock', () => {
  it('refuses what is no stamp', () => {
    for (const [wallMs, count] of [
      [BEGIN_MS + 3_600_000, 0],
      [BEGIN_MS + 315_360_000_000, 0],
      [2 ** 63, 0],
      [Number.NaN, 0],
      [-1, 0],
      [0.5, 0],
      [BEGIN_MS, -1],
      [BEGIN_MS, COUNT_MAX + 1],
      [BEGIN_MS, Number.NaN],
    ] as const) {
      const ticked = receive(clock(), { wallMs, count }, BEGIN_MS, BOUNDS);
      expect(ticked.kind).toBe('refused');
      expect(ticked.hlc).toEqual(clock());
    }
  });
  it('carries a full count into the next millisecond', () => {
    let hlc = clock();
    for (let given = 0; given <= COUNT_MAX; given++) hlc = tick(hlc, BEGIN_MS, BOUNDS).hlc;
    expect(hlc).toMatchObject({ wallMs: BEGIN_MS, count: COUNT_MAX });
    const next = { wallMs: BEGIN_MS + 1, count: 0 };
    expect(tick(hlc, BEGIN_MS, BOUNDS)).toMatchObject({ kind: 'ticked', hlc: next });
    expect(receive(hlc, hlc, BEGIN_MS, BOUNDS)).toMatchObject({ kind: 'ticked', hlc: next });
  });

  it('is not stalled by a stamp at the edge of what it accepts', () => {
    const edge = { wallMs: BEGIN_MS + BOUNDS.aheadMsMax, count: COUNT_MAX };
    const hlc = clock();
    expect(receive(hlc, edge, BEGIN_MS, BOUNDS)).toMatchObject({ reason: 'far-future', hlc });
    // As if it had been taken in just below the edge: every tick still gives a stamp.
    let at: Hlc = { ...hlc, wallMs: edge.wallMs - 1, count: COUNT_MAX - 1 };
    for (let ms = 0; ms < 100; ms++) {
      const ticked = once(at, (each) => tick(each, BEGIN_MS + ms, BOUNDS));
      expect(ticked.kind).toBe('ticked');
      at = ticked.hlc;
    }
  });
  it('stamps nothing before its first mark is kept', () => {
    const begun = start(0, BEGIN_MS, BOUNDS);
    expect(begun.keepMs).toBe(BEGIN_MS + BOUNDS.markAheadMs);
    expect(tick(begun.hlc, BEGIN_MS, BOUNDS)).toMatchObject({ reason: 'not-kept' });
    expect(tick(kept(begun.hlc, begun.keepMs!), BEGIN_MS, BOUNDS).kind).toBe('ticked');
  });
  it('asks for the next mark when half of the last one is left, once', () => {
    const hlc = clock();
    expect(tick(hlc, BEGIN_MS + 99, BOUNDS).keepMs).toBeUndefined();
    const ticked = tick(hlc, BEGIN_MS + 100, BOUNDS);
    expect(ticked.keepMs).toBe(BEGIN_MS + 300);
    expect(tick(ticked.hlc, BEGIN_MS + 101, BOUNDS).keepMs).toBeUndefined();
    // Not kept yet: the old mark still bounds it.
    expect(tick(ticked.hlc, BEGIN_MS + 200, BOUNDS)).toMatchObject({ reason: 'not-kept' });
  });
  it('goes on after a long silence as soon as a new mark is kept', () => {
    const late = tick(clock(), BEGIN_MS + 60_000, BOUNDS);
    expect(late).toMatchObject({ reason: 'not-kept', keepMs: BEGIN_MS + 60_200 });
    const hlc = kept(late.hlc, late.keepMs!);
    expect(tick(hlc, BEGIN_MS + 60_001, BOUNDS).kind).toBe('ticked');
  });
  it('believes only marks that it asked for', () => {
    expect(kept(clock(), WALL_MS_MAX).markMs).toBe(clock().markMs);
    expect(kept(clock(), clock().markMs - 1)).toEqual(clock());
  });
  it('takes bounds that contradict one another, and fractions of milliseconds, for a bug', () => {
    expect(() => start(0, 0, { aheadMsMax: 100, markAheadMs: 101 })).toThrow('peers accept');
    expect(() => tick(clock(), 0.5, BOUNDS)).toThrow('whole');
    expect(() => receive(clock(), clock(), Number.NaN, BOUNDS)).toThrow('whole');
  });
});

describe('stamps, any', () => {
  it('pack and unpack, as a number and as bytes', () =>
    fc.assert(
      fc.property(stamp(), (stamp) => {
        expect(isStamp(stamp)).toBe(true);
        expect(unpacked(packed(stamp))).toEqual(stamp);
        expect(stampOf(stampBytes(stamp))).toEqual(stamp);
        expect(packed(stamp) < 2n ** 64n).toBe(true);
      }),
    ));
  it('compare as their packed forms do', () =>
    fc.assert(
      fc.property(stamp(), stamp(), (a, b) => {
        const order = Math.sign(compareStamps(a, b));
        expect(Math.sign(Number(packed(a) - packed(b)))).toBe(order);
        expect(Math.sign(compare(stampBytes(a), stampBytes(b)))).toBe(order);
      }),
    ));
  it('have a median between honest ones while liars have less than half of the weight', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            stamp: stamp(),
            weight: fc.bigInt({ min: 1n, max: 9n }),
            lies: fc.boolean(),
          }),
          {
            minLength: 1,
          },
        ),
        (all) => {
          const sum = (some: typeof all) => some.reduce((sum, { weight }) => sum + weight, 0n);
          const honest = all.filter(({ lies }) => !lies);
          fc.pre(2n * sum(honest) > sum(all));
          const median = medianStamp({ wallMs: 0, count: 0 }, all);
          const sorted = honest.map(({ stamp }) => stamp).toSorted(compareStamps);
          const atLeast = compareStamps(sorted[0]!, median) <= 0;
          const atMost = compareStamps(median, sorted.at(-1)!) <= 0;
          expect(median.wallMs === 0 || (atLeast && atMost)).toBe(true);
        },
      ),
    ));
  it('have as median the smaller of two', () => {
    const [a, b] = [
      { wallMs: 5, count: 1 },
      { wallMs: 9, count: 0 },
    ];
    const weighed = [b, a].map((stamp) => ({ stamp, weight: 3n }));
    expect(medianStamp({ wallMs: 0, count: 0 }, weighed)).toEqual(a);
    expect(medianStamp({ wallMs: 5, count: 1 }, weighed)).toEqual({ wallMs: 5, count: 2 });
  });
  it('have a median after the previous one', () =>
    fc.assert(
      fc.property(stamp(), fc.array(stamp(), { minLength: 1 }), (previous, stamps) => {
        fc.pre(previous.wallMs < WALL_MS_MAX);
        const weighed = stamps.map((stamp) => ({ stamp, weight: 1n }));
        expect(compareStamps(medianStamp(previous, weighed), previous)).toBeGreaterThan(0);
        expect(medianStamp(previous, weighed)).toEqual(medianStamp(previous, weighed.toReversed()));
      }),
    ));
});

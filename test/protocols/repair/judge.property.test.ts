/**
 * Judging: figures of the policy's defaults, and what holds for any transaction: losing a piece never
 * makes it look better, what was repaired in full is never due, and nobody repairs what nobody wants.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULTS } from '#config/policy/read.ts';
import {
  judge,
  missingOf,
  soundOf,
  stateOf,
  survivalDays,
  wantedAt,
  type Judging,
  type Sight,
  type Tally,
  type Verdict,
} from '#protocols/repair/judge.ts';
import { termsOf } from '../sample.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
const terms = termsOf();

const judging = (more: Partial<Judging> = {}): Judging => ({
  terms,
  lightUntil: 180 * DAY,
  anchorUntil: 1_000 * DAY,
  expiresAt: 1_000 * DAY,
  repair: DEFAULTS.repair,
  ackedAt: 0,
  isUnderway: false,
  present: new Set(['asia', 'europe']),
  ...more,
});

const tally = (lights: number, asia: number, europe: number, more: Partial<Tally> = {}): Tally => ({
  lights,
  anchors: new Map([
    ['asia', asia],
    ['europe', europe],
  ]),
  online: 15,
  anchorLeftMs: Infinity,
  ...more,
});

const said = (verdict: Verdict): string =>
  'why' in verdict ? `${verdict.is} ${verdict.why} ${verdict.missing}` : verdict.is;

describe('a verdict', () => {
  it.each([
    ['all there', tally(30, 6, 6), 'sound'],
    ['one above the mark', tally(15, 6, 6), 'sound'],
    ['at the mark', tally(14, 6, 6), 'due pieces 16'],
    ['at the urgent mark', tally(4, 6, 6), 'urgent pieces 26'],
    ['fewer than k', tally(3, 3, 3), 'lost'],
    ['an anchor of Europe gone', tally(30, 6, 4), 'due continent 2'],
    ['three anchor pieces gone', tally(30, 4, 5), 'due anchors 3'],
    ['one piece of Europe gone', tally(30, 6, 5), 'sound'],
  ])('of a transaction with %s', (_, held, verdict) => {
    expect(said(judge(judging(), held, DAY))).toBe(verdict);
  });

  it('waits until it has settled', () => {
    expect(judge(judging(), tally(14, 6, 6), 29_999).is).toBe('settling');
    expect(judge(judging(), tally(14, 6, 6), 30_000).is).toBe('due');
  });

  it('of one whose repair has begun is due until nothing is missing', () => {
    const begun = judging({ isUnderway: true });
    expect(said(judge(begun, tally(29, 6, 6), DAY))).toBe('due underway 1');
    expect(said(judge(begun, tally(30, 6, 6), DAY))).toBe('sound');
  });

  it('does not want lights whose time is over', () => {
    expect(said(judge(judging(), tally(0, 6, 6), 180 * DAY))).toBe('sound');
    expect(said(judge(judging(), tally(0, 6, 4), 180 * DAY))).toBe('urgent continent 2');
  });

  it('wants nothing of a transaction whose time is over', () => {
    expect(judge(judging(), tally(0, 0, 0), 1_000 * DAY)).toEqual({
      is: 'sound',
      missing: 0,
      alarm: false,
    });
  });

  it('begins again before the anchors forget, if the transaction lives on', () => {
    const small = judging({ anchorUntil: 36 * HOUR });
    const left = (hours: number): Tally => tally(30, 6, 6, { anchorLeftMs: hours * HOUR });
    expect(said(judge(small, left(7), DAY))).toBe('sound');
    expect(said(judge(small, left(6), DAY))).toBe('due time 0');
    expect(said(judge(judging(), left(6), DAY))).toBe('sound');
  });

  it('moves nothing because few are online, unless the policy says so', () => {
    const few = tally(20, 6, 6, { online: 11 });
    expect(judge(judging(), few, DAY)).toEqual({ is: 'sound', missing: 10, alarm: true });
    const repair = { ...DEFAULTS.repair, floorAction: 'repair' } as const;
    expect(said(judge(judging({ repair }), few, DAY))).toBe('due floor 10');
  });

  it('asks no continent that is dark for its share', () => {
    const alone = judging({ present: new Set(['asia']) });
    expect(said(judge(alone, tally(30, 6, 0), DAY))).toBe('due anchors 6');
    expect(said(judge(alone, tally(30, 12, 0), DAY))).toBe('sound');
    expect(said(judge(alone, tally(30, 11, 0), DAY))).toBe('sound');
    expect(said(judge(judging(), tally(30, 12, 0), DAY))).toBe('due continent 6');
  });
});

const tallies = fc
  .tuple(fc.nat({ max: 30 }), fc.nat({ max: 8 }), fc.nat({ max: 8 }), fc.nat({ max: 42 }))
  .map(([lights, asia, europe, online]) => tally(lights, asia, europe, { online }));
const judgings = fc
  .record({
    isUnderway: fc.boolean(),
    present: fc.subarray(['asia', 'europe']).map((names) => new Set(names)),
    anchorUntil: fc.constantFrom(36 * HOUR, 1_000 * DAY),
  })
  .map(judging);
const times = fc.constantFrom(DAY, 36 * HOUR, 180 * DAY, 500 * DAY, 1_000 * DAY);

const less = (pieces: number): number => Math.max(0, pieces - 1);
const days = (lights: number, anchored: number): number =>
  survivalDays({ lights, anchors: new Map([['asia', anchored]]) }, terms.k);

const RANKS = ['settling', 'sound', 'due', 'urgent', 'lost'];
const worse = (verdict: Verdict): number => RANKS.indexOf(verdict.is);

describe('judging', () => {
  it('never likes a transaction better for a piece that it lost', () => {
    fc.assert(
      fc.property(
        judgings,
        tallies,
        times,
        fc.constantFrom('lights', 'asia', 'europe'),
        (of, held, at, which) => {
          const anchors = new Map(held.anchors);
          if (which !== 'lights') anchors.set(which, less(anchors.get(which)!));
          const lost = {
            ...held,
            anchors,
            lights: which === 'lights' ? less(held.lights) : held.lights,
          };
          expect(worse(judge(of, lost, at))).toBeGreaterThanOrEqual(worse(judge(of, held, at)));
        },
      ),
    );
  });

  it('calls fewer than k pieces lost as long as any are wanted, and never more than that', () => {
    fc.assert(
      fc.property(judgings, tallies, times, (of, held, at) => {
        const isLost = judge(of, held, at).is === 'lost';
        expect(isLost).toBe(soundOf(held) < terms.k && wantedAt(of, at).all > 0);
      }),
    );
  });

  it('is content with what nothing is missing of, but for time', () => {
    fc.assert(
      fc.property(judgings, tallies, times, (of, held, at) => {
        const verdict = judge(of, held, at);
        if (missingOf(wantedAt(of, at), held, of.present) > 0 || soundOf(held) < terms.k) return;
        expect('why' in verdict ? verdict.why : 'none').toMatch(/^(none|time)$/);
      }),
    );
  });
});

describe('a piece', () => {
  const sight: Sight = {
    missedMs: 6 * HOUR,
    isAcked: true,
    isDisproved: false,
    until: DAY,
    seenAt: 0,
  };
  it.each([
    [{}, 6 * HOUR, 'sound'],
    [{}, 6 * HOUR + 1, 'missed'],
    [{ missedMs: 14 * DAY, until: 30 * DAY }, 14 * DAY, 'sound'],
    [{ missedMs: 14 * DAY, until: 30 * DAY }, 14 * DAY + 1, 'missed'],
    [{ until: HOUR }, HOUR, 'expired'],
    [{ isAcked: false }, 0, 'unacked'],
    [{ isDisproved: true }, 0, 'disproved'],
  ] as const)('%j at %d is %s', (more, at, state) => {
    expect(stateOf({ ...sight, ...more }, at)).toBe(state);
  });
});

describe('what survives longer', () => {
  it('grows with every piece, and most with one on an anchor', () => {
    expect(days(9, 0)).toBe(0);
    expect(days(10, 0)).toBeCloseTo(73);
    expect(days(14, 6)).toBeGreaterThan(days(15, 4));
    expect(days(14, 7)).toBeGreaterThan(days(15, 6));
  });
});

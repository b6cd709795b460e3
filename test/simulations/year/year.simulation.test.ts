/** A few days of a small city: one seed gives one story, and each decision is seen at work in it. */
import { describe, expect, it } from 'vitest';
import { readFails } from '#simulations/slo/availability.ts';
import { anchorsIn, lightsIn } from '#simulations/slo/layout.ts';
import { totalOf } from '#simulations/year/report.ts';
import { daysOf, PLAIN, policyOf, small } from './settings.ts';

/** Lights alone: what no anchor catches is seen. */
const ALONE = `${PLAIN}pieces: { anchor_total: 0 }\nack_rule: { anchors: 0, escalate_anchor_pieces: 0 }\n`;

const asia = (from: number, dark?: { fromDay: number; untilDay: number }) => ({
  continent: 'asia',
  fromDay: from,
  dark,
});
const europe = (from: number, dark?: { fromDay: number; untilDay: number }) => ({
  continent: 'europe',
  fromDay: from,
  dark,
});

const floor = (action: string) =>
  policyOf(`${PLAIN}repair: { online_floor: 24, floor_action: ${action} }\n`);

describe('a year', () => {
  it('is the same for the same seed, to the last digit', () => {
    const of = small({ days: 2, lightLifeDays: 20 });
    expect(daysOf(of)).toEqual(daysOf(of));
    expect(daysOf({ ...of, seed: 2 })).not.toEqual(daysOf(of));
  });

  it('places by the policy: boosts of the hour, and of few lights', () => {
    const night = policyOf(
      'boosts: [{ when: time 20:00-08:00 Asia/Tokyo, anchor_total: +4 }]\nanchors: { survive_loss_of: none }',
    );
    const [day] = daysOf(small({ days: 1, policy: night }));
    const [boosted] = day!.boosted;
    expect(boosted!.fired[0]).toBeCloseTo(0.5, 1);
    expect(boosted!.anchorPieces).toBeCloseTo(12 + 4 * boosted!.fired[0]!, 9);
    const few = policyOf(
      'boosts: [{ when: p_light < 0.5, anchor_total: +4 }]\nanchors: { survive_loss_of: none }',
    );
    expect(daysOf(small({ days: 1, policy: few }))[0]!.boosted[0]!.anchorPieces).toBe(16);
  });

  it('divides over continents from the day on that they join', () => {
    const of = small({ days: 3, lights: 4_800, continents: [asia(0), europe(2)] });
    const days = daysOf(of);
    const held = days.map(({ anchors }) =>
      anchors.filter(({ node }) => node.startsWith('europe.')),
    );
    expect(held[1]!.every(({ bytes }) => bytes === 0)).toBe(true);
    expect(held[2]!.every(({ bytes }) => bytes > 0)).toBe(true);
    expect(days.map(({ presence }) => presence[1]!.registered)).toEqual([0, 0, 2_400]);
  });

  it('stores what arrives: on lights and anchors together, each transaction in all its pieces', () => {
    const days = daysOf(small());
    const { arrived, refused } = totalOf(days);
    const last = days.at(-1)!;
    const stored =
      last.lights.meanBytes * 2_400 + last.anchors.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(refused).toBe(0);
    expect(arrived).toBeCloseTo(50_000, -4);
    expect(stored / (arrived * 16_384 * 4.2)).toBeCloseTo(1, 6);
  });

  it('keeps through repair what it would lose without', () => {
    const leaving = {
      days: 90,
      lights: 900,
      people: [{ share: 1, online: 0.6 }],
      lightLifeDays: 40,
      samplesPerDay: 10,
      readsPerHour: 0,
    };
    const never = `${ALONE}repair: { start_at: 0, urgent_at: 0, anchor_pieces_low: 0 }\n`;
    const mended = totalOf(daysOf(small({ ...leaving, policy: policyOf(ALONE) })));
    const left = totalOf(daysOf(small({ ...leaving, policy: policyOf(never) })));
    expect(left.repaired).toBe(0);
    expect(left.lostAtLast).toBeGreaterThan(0);
    expect(mended.repaired).toBeGreaterThan(0);
    expect(mended.lostMost * 10).toBeLessThan(left.lostAtLast);
  });

  it('moves no more than the budget of repair', () => {
    const slow = `${ALONE}repair: { bytes_per_s: 1024 }\n`;
    const of = {
      days: 30,
      lights: 900,
      people: [{ share: 1, online: 0.6 }],
      lightLifeDays: 20,
      perDay: 100_000,
      samplesPerDay: 20,
      readsPerHour: 0,
    };
    const total = totalOf(daysOf(small({ ...of, policy: policyOf(slow) })));
    const towns = 6;
    const oneRepair = (100_000 / 20) * 40 * 1_638.4;
    expect(total.waitedMost).toBeGreaterThan(0);
    expect(total.bytesRead + total.bytesWritten).toBeLessThanOrEqual(
      towns * (30 * 86_400 * 1_024 + oneRepair),
    );
  });

  it('takes what anchors hold for hours anew before they forget it', () => {
    const hours = `${PLAIN}repair: { anchor_ttl_hours: 12, watermark_hours: 3 }\n`;
    const days = daysOf(small({ days: 4, policy: policyOf(hours) }));
    const total = totalOf(days);
    expect(days.at(-1)!.repaired.renewed).toBeGreaterThan(0);
    expect(total.lostMost).toBe(0);
    // For longer, by whoever has it: nothing is moved.
    expect(total.bytesWritten).toBe(0);
  });

  it('forgets what nobody wants any more', () => {
    const days = daysOf(small({ days: 6, livesDays: 2 }));
    expect(days.at(-1)!.living).toBeLessThanOrEqual(2 * 10_000 + 2_000);
    expect(totalOf(days).repaired).toBe(0);
  });

  it('makes up for a continent that is dark, on the other', () => {
    const dark = europe(0, { fromDay: 2, untilDay: 3 });
    const days = daysOf(small({ days: 4, lights: 4_800, continents: [asia(0), dark] }));
    expect(days[1]!.repaired.transactions).toBe(0);
    expect(days[2]!.repaired.why.anchors).toBeGreaterThan(0);
    expect(days[2]!.read.failed).toBeGreaterThan(0);
    expect(days[3]!.read.failed).toBe(0);
  });

  it('comes to what the formula says, where everybody is alike and independent', () => {
    const of = small({
      days: 40,
      lights: 12_000,
      people: [{ share: 1, online: 0.05 }],
      anchorUp: 0.9,
      outageHours: 2,
      sessionHours: 1,
      samplesPerDay: 20,
      readsPerHour: 100,
      anchorLifeDays: 1e6,
      lightLifeDays: 1e6,
    });
    const { fails, within } = totalOf(daysOf(of));
    const formula = readFails({
      k: 10,
      lights: [lightsIn('asia', 0.05)],
      anchors: [anchorsIn('asia', 3, 4, 0.9)],
    });
    expect(Math.abs(fails - formula)).toBeLessThan(2 * within);
    expect(within).toBeLessThan(formula / 4);
  });

  it('refuses what nobody is there for', () => {
    const of = small({ days: 1, lights: 240, people: [{ share: 1, online: 0.05 }] });
    const { arrived, refused } = totalOf(daysOf(of));
    expect(refused).toBe(arrived);
  });

  it('repairs for few online only where the policy says so', () => {
    const of = { days: 19, lightLifeDays: 20, samplesPerDay: 10, readsPerHour: 20 };
    const alarmed = totalOf(daysOf(small({ ...of, policy: floor('alarm') })));
    const moved = totalOf(daysOf(small({ ...of, policy: floor('repair') })));
    expect(alarmed.alarms).toBeGreaterThan(0);
    expect(moved.repaired).toBeGreaterThan(alarmed.repaired);
  });

  it('gives up the oldest pieces of a device that is full', () => {
    const tight = policyOf(`${PLAIN}capacity: { light_mb: 1 }\n`);
    const days = daysOf(small({ days: 4, policy: tight, perDay: 50_000 }));
    expect(Math.max(...days.map(({ lights }) => lights.mostBytes))).toBeLessThanOrEqual(1_048_576);
    expect(totalOf(days).dropped).toBeGreaterThan(0);
  });
});

/** What an operator imagines on the command line, for any text: a world, or what was expected. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULTS } from '#config/policy/read.ts';
import { momentShown, offsetAt, zoneNamed } from '#config/policy/zone.ts';
import { moodOf, timeOf } from '#cli/policy-mood.ts';
import { printReport } from '#cli/policy-print.ts';
import { reportOf } from '#cli/policy-report.ts';
import { Unfit } from '#cli/unfit.ts';
import { cases } from '#test/cases.ts';

const ZONES = ['Asia/Tokyo', 'Europe/Paris', 'America/New_York', 'Africa/Casablanca', 'UTC', 'X/Y'];
const part = fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('', '0', '-1', '1e9', '0.05'));
const time = fc.oneof(
  fc.string(),
  fc
    .tuple(fc.nat(13), fc.nat(32), fc.nat(25), fc.nat(61), fc.constantFrom(...ZONES))
    .map(([month, day, hour, minute, zone]) => {
      const [mm, dd, hh, mi] = [month, day, hour, minute].map((n) => String(n).padStart(2, '0'));
      return `2026-${mm}-${dd}T${hh}:${mi} ${zone}`;
    }),
);
const names = fc.oneof(
  part,
  fc
    .array(fc.tuple(fc.constantFrom('asia', 'europe', 'constructor', 'x'), part), { maxLength: 3 })
    .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join(',')),
);

/** Else few would be right in all of their parts, and of fifteen now and then none. */
const mostly = (right: string, other: fc.Arbitrary<string>) =>
  fc.oneof({ weight: 20, arbitrary: fc.constant(right) }, { weight: 1, arbitrary: other });

describe('the world of `policy show`, for any text', () => {
  it('is one that can be shown, or says what it expected', () => {
    const flags = fc.record({
      at: mostly('2026-01-01T23:30 Asia/Tokyo', time),
      pLight: mostly('0.1', names),
      continents: mostly('asia,europe', names),
      city: mostly('asia.ishikawa.komatsu', part),
      perDay: mostly('1M', part),
      size: mostly('16KB', part),
      lights: mostly('100k', part),
    });
    let shown = 0;
    fc.assert(
      fc.property(flags, (given) => {
        try {
          expect(printReport(reportOf(DEFAULTS, moodOf(given, DEFAULTS)), 'x')).toContain('WHY');
          shown++;
        } catch (error) {
          expect(error).toBeInstanceOf(Unfit);
        }
      }),
      { numRuns: cases(150) },
    );
    expect(shown).toBeGreaterThan(cases(20));
  });
  it('has the time that clocks there show', () => {
    fc.assert(
      fc.property(time, (text) => {
        try {
          const zone = zoneNamed(text.split(' ')[1] ?? 'UTC');
          const at = timeOf(text);
          if (zone === undefined) return;
          const shown = new Date(at + offsetAt(zone, at)).toISOString();
          expect(text.slice(0, 10)).toBe(shown.slice(0, 10));
          expect(momentShown(zone, at + offsetAt(zone, at))).toBeLessThanOrEqual(at);
        } catch (error) {
          expect(error).toBeInstanceOf(Unfit);
        }
      }),
      { numRuns: cases(300) },
    );
  });
});

/** Conditions: what they mean by the hour, in every zone, over midnight and daylight saving. */
import { describe, expect, it } from 'vitest';
import { holds, readCondition } from '#config/policy/condition.ts';
import { MINUTE_MS, minuteOfDay, zoneNamed } from '#config/policy/zone.ts';

const isSo = (
  text: string,
  at: number,
  pLight: Readonly<Record<string, number>> = {},
  isStrained = false,
): boolean => {
  const read = readCondition(text);
  if (!read.ok) throw new Error(read.error.expected);
  return holds(read.value.condition, read.value.zones, {
    at,
    pLight: new Map(Object.entries(pLight)),
    local: 'asia',
    isStrained,
  });
};
const misread = (text: string): string => {
  const read = readCondition(text);
  return read.ok ? 'nothing' : `${read.error.at}: ${read.error.expected}`;
};
const at = (millionths: number) => ({ asia: millionths });
const so = (text: string): boolean => isSo(text, 0, at(500_000));
const utc = (text: string): number => Date.parse(`${text}Z`);

describe('windows', () => {
  const NIGHT = 'time 23:00-06:00 Asia/Tokyo';
  it('begin and end to the minute, over midnight', () => {
    expect(isSo(NIGHT, utc('2026-01-01T13:59:59.999'))).toBe(false);
    expect(isSo(NIGHT, utc('2026-01-01T14:00'))).toBe(true);
    expect(isSo(NIGHT, utc('2026-01-01T20:59:59.999'))).toBe(true);
    expect(isSo(NIGHT, utc('2026-01-01T21:00'))).toBe(false);
    expect(isSo('time: 23:00-06:00 Asia/Tokyo', utc('2026-01-01T14:00'))).toBe(true);
    expect(isSo('time 00:00-24:00 UTC', utc('2026-01-01T14:00'))).toBe(true);
  });
  it('follow the clocks on the walls when they change', () => {
    const early = 'time 02:00-03:00 America/New_York';
    // In spring 02:00 is 03:00: the hour does not come. In autumn 01:00 to 02:00 comes twice.
    expect(isSo(early, utc('2026-03-08T06:59'))).toBe(false);
    expect(isSo(early, utc('2026-03-08T07:00'))).toBe(false);
    expect(isSo(early, utc('2026-03-07T07:00'))).toBe(true);
    const twice = 'time 01:00-02:00 America/New_York';
    for (const at of ['05:00', '05:59', '06:00', '06:59']) {
      expect(isSo(twice, utc(`2026-11-01T${at}`))).toBe(true);
    }
    expect(isSo(twice, utc('2026-11-01T07:00'))).toBe(false);
  });
  it('know zones of any offset, and years ahead', () => {
    const kathmandu = zoneNamed('Asia/Kathmandu')!;
    expect(minuteOfDay(kathmandu, 0)).toBe(5 * 60 + 45);
    const paris = zoneNamed('Europe/Paris')!;
    expect(minuteOfDay(paris, utc('2040-07-01T10:00'))).toBe(12 * 60);
    expect(minuteOfDay(paris, utc('2040-12-01T10:00'))).toBe(11 * 60);
    expect(paris.spans.length).toBeGreaterThan(50);
    expect(zoneNamed('Asia/Tokyo')!.spans).toEqual([{ from: 0, offsetMs: 540 * MINUTE_MS }]);
    expect(zoneNamed('Mars/Olympus')).toBeUndefined();
  });
});

describe('lights', () => {
  it('are compared as they are written', () => {
    expect(isSo('p_light < 0.08', 0, at(79_999))).toBe(true);
    expect(isSo('p_light < 0.08', 0, at(80_000))).toBe(false);
    expect(isSo('p_light <= 0.08', 0, at(80_000))).toBe(true);
    expect(isSo('p_light > .08', 0, at(80_001))).toBe(true);
    expect(isSo('p_light >= 1', 0, at(1_000_000))).toBe(true);
  });
  it('are of the sender, or of a continent; unknown is never so', () => {
    expect(isSo('p_light.europe < 0.08', 0, { asia: 0, europe: 90_000 })).toBe(false);
    expect(isSo('p_light.europe < 0.08', 0, { asia: 0 })).toBe(false);
    expect(isSo('p_light.europe >= 0', 0, { asia: 0 })).toBe(false);
    expect(isSo('strained', 0)).toBe(false);
    expect(isSo('strained', 0, {}, true)).toBe(true);
    expect(isSo('strained and p_light < 0.1', 0, at(200_000), true)).toBe(false);
    expect(isSo('p_light < 0.08', 0, { asia: 0, europe: 90_000 })).toBe(true);
  });
});

describe('and, or, parentheses', () => {
  const [yes, no] = ['p_light >= 0', 'p_light > 0.9'];
  it('binds and before or', () => {
    expect(so(`${yes} or ${no} and ${no}`)).toBe(true);
    expect(so(`(${yes} or ${no}) and ${no}`)).toBe(false);
    expect(so(`${no} and ${no} or ${yes}`)).toBe(true);
    expect(so(`${no} or (${yes} and (${no} or ${yes}))`)).toBe(true);
  });
});

describe('what is no condition', () => {
  it('is refused where it goes wrong', () => {
    expect(misread('')).toMatch(/^0: time/);
    expect(misread('p_light')).toBe('7: <, <=, > or >=');
    expect(misread('p_light < 8%')).toMatch(/^10: a number from 0 to 1/);
    expect(misread('p_light < 0.0000001')).toMatch(/^10: a number/);
    expect(misread('p_light == 0.1')).toMatch(/^8: <, <=/);
    expect(misread('time 23:00-25:00 UTC')).toMatch(/^5: a window such/);
    expect(misread('time 6:00-7:00 UTC')).toMatch(/^5: a window such/);
    expect(misread('time 06:00-06:00 UTC')).toMatch(/^5: a window that/);
    expect(misread('time 23:00-06:00 Asia/Tokio')).toMatch(/^17: a time zone/);
    expect(misread('time 23:00-06:00')).toMatch(/^16: a time zone/);
    expect(misread('(p_light < 0.1')).toBe('14: )');
    expect(misread('p_light < 0.1)')).toBe('13: and, or, or the end');
    expect(misread('p_light < 0.1 xor p_light > 0.2')).toMatch(/^14: and, or/);
    expect(misread(`${'('.repeat(20)}p_light < 0.1`)).toMatch(/parentheses/);
    expect(misread(Array.from({ length: 40 }, () => 'p_light < 0.1').join(' or '))).toMatch(/64/);
  });
});

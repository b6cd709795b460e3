/** `city-chain ttl`: what it prints, and what it says to a command line that makes no sense. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { daysText } from '#cli/ttl-print.ts';
import type { Report } from '#cli/ttl-report.ts';
import { command } from '#cli/ttl.ts';
import { scratch } from '../scratch.ts';

const place = scratch();
let printed: string[] = [];
const ttl = (...words: string[]): string => {
  printed = [];
  command().exitOverride().parse(words, { from: 'user' });
  return printed.join('\n');
};
const report = (...words: string[]): Report => JSON.parse(ttl(...words, '--json')) as Report;

beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => place.remove());

describe('ttl', () => {
  it("prints the owner's tables", () => {
    const text = ttl();
    expect(text).toMatch(/^lights 64 KB, 100 MB, 100,000 nodes +533 d +53 d/m);
    expect(text).toMatch(/^lights 16 KB, 500 MB, 100,000 nodes +10,667 d +1,067 d +213 d +107 d/m);
    expect(text).toMatch(
      /^anchors 1000 TB x 3, 16 KB, Asia only +1,677,722 d +167,772 d +33,554 d +16,777 d +3,355 d$/m,
    );
    expect(text).toMatch(
      /^anchors 500 MB x 3, 16 KB, split +1\.60 d \(38\.4 h\) +0\.16 d \(3\.8 h\)/m,
    );
    expect(text).toMatch(
      /^In decimal units.*: 0\.78 d \(18\.8 h\) Asia only, 1\.56 d \(37\.5 h\) split\.$/m,
    );
  });
  it('turns the question around', () => {
    const lights = report('--days', '180', '--size', '64KB', '--cap', '100MB').needed!;
    expect(lights.devices).toBe(337_500);
    expect(lights.devicesWithOverheads).toBeGreaterThan(337_500);
    const anchors = report(
      '--days',
      '180',
      '--anchors',
      '3',
      '--cap',
      '100MB',
      '--size',
      '64KB',
      '--per-day',
      '100k',
    );
    expect(anchors.needed!.devices).toBe(13_500);
    expect(ttl('--days', '180', '--per-day', '5M')).toMatch(/^lights +84,375 +\d/m);
  });
  it('is itself when what it asks for is given to it', () => {
    const { needed } = report('--days', '90', '--per-day', '2M', '--size', '32KB');
    const again = report('--lights', String(needed!.devices), '--per-day', '2M', '--size', '32KB');
    expect(again.days).toBeGreaterThanOrEqual(90);
    expect(again.days).toBeLessThan(90.01);
  });
  it('says what the formula leaves out, and counts it in what it recommends', () => {
    const [bare, with_] = [report('--per-day', '5M'), report('--per-day', '5M', '--capsules')];
    expect(bare.daysAfterOverheads).toBeLessThan(bare.days);
    expect(with_.daysAfterOverheads).toBeLessThan(bare.daysAfterOverheads);
    expect(bare.recommended.withOverheads.hours!.most / 24).toBeLessThanOrEqual(180);
    expect(ttl('--anchors', '3')).toContain('none, capacity decides');
    expect(ttl('--anchors', '3', '--cap', '500MB', '--split', '--per-day', '100k')).toMatch(
      /^by the formula +24 to 36 h +6 h of it are left/m,
    );
  });
  it('writes its curve as SVG', () => {
    const file = join(place.path, 'days.svg');
    ttl('--plot', file);
    expect(readFileSync(file, 'utf8')).toContain('transactions a day');
  });
  it('writes days as the owner does', () => {
    expect([533.33, 0.04, 1.6, 3.5].map(daysText)).toEqual([
      '533 d',
      '0.04 d (57.6 min)',
      '1.60 d (38.4 h)',
      '3.50 d',
    ]);
  });
});

describe('what makes no sense', () => {
  it.each([
    [['--cap', '5'], /--cap is '5', expected a size above 0/],
    [['--per-day', '-5'], /--per-day is '-5', expected a count above 0/],
    [['--lights', '1.5'], /--lights is '1.5', expected a whole number of devices/],
    [['--days', '0'], /--days is '0', expected a number from 0.001/],
    [['--split'], /--split is for --anchors only/],
    [['--pieces', '0'], /--pieces is '0'/],
  ])('%s', (words, message) => {
    expect(() => ttl(...words)).toThrow(message);
  });
});

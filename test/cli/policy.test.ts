/** `city-chain policy`: what it prints, what it writes, and what it says to what is unfit. */
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { command } from '#cli/policy.ts';
import { timeOf } from '#cli/policy-mood.ts';
import type { Difference, Report } from '#cli/policy-report.ts';
import { scratch } from '../scratch.ts';

const place = scratch();
let printed: string[] = [];
const policy = (...words: string[]): string => {
  printed = [];
  command().exitOverride().parse(words, { from: 'user' });
  return printed.join('\n');
};
const file = (name: string, text: string): string => {
  writeFileSync(join(place.path, name), text);
  return join(place.path, name);
};
const DAY = ['--at', '2026-01-01T12:00Z'];
const NIGHT = ['--at', '2026-01-01T23:30 Asia/Tokyo'];
const shown = (...words: string[]): Report =>
  JSON.parse(policy('show', ...words, '--json')) as Report;

beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation((text: string) => void printed.push(text));
});
afterEach(() => vi.restoreAllMocks());
afterAll(() => place.remove());

describe('policy show', () => {
  it('tells what applies, and why', () => {
    const text = policy('show', ...NIGHT, '--p-light', '0.1');
    expect(text).toMatch(/^on anchors +asia 7 on 3, europe 7 on 3$/m);
    expect(text).toMatch(/^applies +time 23:00-06:00 .* 23:30 in Asia\/Tokyo: yes$/m);
    expect(text).toMatch(/^not now +p_light < 0.08 .* p_light of asia is 0.1: no$/m);
  });
  it("has the owner's nines where the layout is the owner's", () => {
    const plain = file('plain.yaml', 'boosts: []\nanchors: { survive_loss_of: none }\n');
    const at = (...words: string[]) => shown(plain, '--p-light', '0.05', ...words).worth.at[0]!;
    expect((1 - at().fails).toFixed(7)).toBe('0.9999917');
    expect((1 - at('--continents', 'asia').fails).toFixed(6)).toBe('0.998340');
    expect(Math.round(100 * at().gone.find(({ continent }) => continent === 'europe')!.fails)).toBe(
      94,
    );
  });
  it('has the days of the tables of keeping', () => {
    const { worth } = shown('--per-day', '5M', ...DAY);
    expect(Math.round(worth.lights.roomDays)).toBe(213);
    expect(worth.anchors.map(({ continent }) => continent)).toEqual(['asia', 'europe']);
    expect(worth.bytes.stored).toBe(4.2);
  });
  it('takes lights by continent', () => {
    const { terms } = shown('--p-light', 'asia=0.07,europe=0.5', ...DAY);
    expect(terms.fired).toEqual([1]);
    const { terms: unknown } = shown('--p-light', 'europe=0.01', ...DAY);
    expect(unknown.fired).toEqual([]);
  });
  it.each([
    [['--at', '25:00'], /--at is '25:00', expected a time such as/],
    [['--at', '23:00 Asia/Atlantis'], /expected a time such as/],
    [['--at', 'tonight'], /--at is 'tonight', expected a time such as/],
    [['--at', '2026-02-30T10:00Z'], /expected a time such as/],
    [['--at', '2026-01-01T10:00 Asia/Tokio'], /expected a time zone such as/],
    [['--at', '2026-03-08T02:30 America/New_York'], /which clocks in America\/New_York skip/],
    [['--p-light', '5'], /--p-light is '5', expected a number from 0 to 1/],
    [['--p-light', 'asia='], /--p-light is '', expected a number/],
    [['--continents', 'Asia'], /--continents has 'Asia'/],
    [['--city', 'komatsu'], /--city is 'komatsu'/],
  ])('says what it expected instead of %j', (words, said) =>
    expect(() => policy('show', ...words)).toThrow(said),
  );
  it('reads times in zones', () => {
    expect(timeOf('2026-01-01T23:30 Asia/Tokyo')).toBe(Date.UTC(2_026, 0, 1, 14, 30));
    expect(timeOf('2026-07-01T12:00:05 Europe/Paris')).toBe(Date.UTC(2_026, 6, 1, 10, 0, 5));
    expect(timeOf('2026-07-01')).toBe(Date.UTC(2_026, 6, 1));
    // Tonight, and not again what has passed today; whatever the date there is.
    const noon = Date.UTC(2_026, 0, 1, 3);
    expect(timeOf('23:00 Asia/Tokyo', '--at', noon)).toBe(Date.UTC(2_026, 0, 1, 14));
    expect(timeOf('12:00 Asia/Tokyo', '--at', noon)).toBe(noon);
    expect(timeOf('11:59 Asia/Tokyo', '--at', noon)).toBe(Date.UTC(2_026, 0, 2, 2, 59));
    expect(timeOf('22:00 America/New_York', '--at', noon)).toBe(noon);
    expect(timeOf('02:00', '--at', noon)).toBe(Date.UTC(2_026, 0, 2, 2));
    const eve = Date.UTC(2_026, 2, 7, 12);
    expect(timeOf('02:30 America/New_York', '--at', eve)).toBe(Date.UTC(2_026, 2, 9, 6, 30));
    // The first of the two.
    expect(timeOf('2026-11-01T01:30 America/New_York')).toBe(Date.UTC(2_026, 10, 1, 5, 30));
  });
});

describe('policy check', () => {
  it('tells what is odd with its place, and which names were understood', () => {
    const odd = file('odd.yaml', 'global: { k: 10 }\nrepair:\n  start_at: 42\n');
    const text = policy('check', odd);
    expect(text).toContain('global.k is pieces.k');
    expect(text).toContain(`${odd}:3:13: repair.start_at: all 42 pieces`);
    expect(text).toMatch(/a policy, 1 to look at; [0-9a-f]{16}$/);
    expect(JSON.parse(policy('check', odd, '--json'))).toMatchObject({
      advice: [{ key: 'repair.start_at' }],
    });
  });
  it('says what a running city makes of an empty file', () => {
    expect(policy('check', file('empty.yaml', ' \n'))).toMatch(/: empty: .* no edit to a running/);
    expect(policy('check', file('plain.yaml', '# the defaults\n'))).not.toMatch(/: empty:/);
  });
  it('refuses what is unfit, and files that are not there', () => {
    expect(() => policy('check', file('bad.yaml', 'piece: {}\n'))).toThrow(/did you mean 'pieces'/);
    expect(() => policy('check', join(place.path, 'none.yaml'))).toThrow(/cannot be read: ENOENT/);
  });
});

describe('policy set', () => {
  it('writes values, and nothing else', () => {
    const mine = join(place.path, 'mine.yaml');
    copyFileSync('config/policy.yaml', mine);
    const said = policy('set', mine, 'repair.start_at=28', 'boosts.0.anchor_total=+3');
    expect(said).toContain('repair.start_at 26 -> 28');
    const [before, after] = ['config/policy.yaml', mine].map((name) =>
      readFileSync(name, 'utf8').split('\n'),
    );
    const changed = after!.filter((line, i) => line !== before![i]);
    expect(changed.map((line) => line.trim())).toEqual([
      "- { when: 'time 23:00-06:00 Asia/Tokyo', anchor_total: +3 }",
      'start_at: 28 # healthy pieces at which repair starts',
    ]);
    expect(after!.length).toBe(before!.length);
    expect(readdirSync(place.path).filter((name) => name.endsWith('.new'))).toEqual([]);
  });
  it("writes under the owner's names where they are used", () => {
    const owners = file('owners.yaml', 'global:\n  k: 10 # ten\n');
    policy('set', owners, 'pieces.k=12');
    expect(readFileSync(owners, 'utf8')).toBe('global:\n  k: 12 # ten\n');
  });
  it('writes all or nothing', () => {
    const kept = file('kept.yaml', 'pieces: { k: 10 }\n');
    expect(() => policy('set', kept, 'pieces.k=12', 'repair.start_at=many')).toThrow(
      /start_at is "many"/,
    );
    expect(() => policy('set', kept, 'pieces.k=12', 'pieces.kk=1')).toThrow(/no 'pieces.kk'/);
    expect(() => policy('set', kept, 'pieces.k')).toThrow(/is no change, expected such as/);
    expect(() => policy('set', kept, 'pieces.k.x=1')).toThrow(
      /cannot be set to '1': there is no place/,
    );
    expect(readFileSync(kept, 'utf8')).toBe('pieces: { k: 10 }\n');
  });
});

describe('policy diff', () => {
  it('tells keys, nines, bytes and what it takes', () => {
    const one = file('one.yaml', 'boosts: []\n');
    const two = file('two.yaml', 'boosts: []\nanchors: { survive_loss_of: continent }\n');
    const difference = JSON.parse(policy('diff', one, two, '--json')) as Difference;
    expect(difference.keys).toEqual([
      { key: 'anchors.survive_loss_of', before: 'anchor', after: 'continent' },
    ]);
    const text = policy('diff', one, two);
    expect(text).toMatch(/^bytes of a transaction +67.2 KB +80 KB$/m);
    expect(text).toMatch(/^nines at p = 0.05 +5.08 +9.06$/m);
    expect(policy('diff', one, one)).toMatch(/means what .* means/);
  });
});

describe('policy schema', () => {
  it('is JSON', () => expect(JSON.parse(policy('schema'))).toMatchObject({ type: 'object' }));
});

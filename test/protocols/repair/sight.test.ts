/** What is seen of rows, counted; and which of them are made anew. */
import { describe, expect, it } from 'vitest';
import { isTakenAsHeld, rowsToRenew, tallyOf, type SeenRow } from '#protocols/repair/sight.ts';
import { nodeAddress } from '#protocols/subjects.ts';
import { KOMATSU, PARIS, termsOf } from '../sample.ts';
import { WALL } from '../moments.ts';

const terms = termsOf();
const manifest = { terms };
const HOUR_MS = 3_600_000;
const wanted = { lights: 30, continents: terms.continents, anchors: 12, all: 42 };
const both = new Set(['asia', 'europe']);

/** All 44 rows; those for escalation were never sent. */
const rowsBut = (changed: Readonly<Record<number, Partial<SeenRow>>>): readonly SeenRow[] =>
  Array.from({ length: 44 }, (_, row): SeenRow => ({
    missedMs: row < 30 ? 14 * 24 * HOUR_MS : 6 * HOUR_MS,
    holder: nodeAddress(row >= 36 && row < 42 ? PARIS : KOMATSU, `n${row}`),
    isAcked: row < 42,
    isDisproved: false,
    until: WALL + (row < 30 ? 48 : 96) * HOUR_MS,
    seenAt: WALL,
    isOnline: true,
    ...changed[row],
  }));
const lost = (...rows: readonly number[]) =>
  Object.fromEntries(rows.map((row) => [row, { isDisproved: true }]));
const renewed = (
  changed: Readonly<Record<number, Partial<SeenRow>>>,
  present = both,
): readonly number[] => rowsToRenew(manifest, rowsBut(changed), wanted, present, WALL);

describe('sight', () => {
  it('counts what is sound, where it is, whether it is here, and how long anchors promise', () => {
    const rows = rowsBut({ ...lost(1, 31), 2: { isOnline: false }, 40: { until: WALL + HOUR_MS } });
    const { lights, anchors, online, anchorLeftMs } = tallyOf(manifest, rows, WALL);
    expect({ lights, online, anchorLeftMs }).toEqual({
      lights: 29,
      online: 39,
      anchorLeftMs: HOUR_MS,
    });
    expect([...anchors]).toEqual([
      ['asia', 5],
      ['europe', 6],
    ]);
  });

  it('makes anew what is gone, and leaves alone what is merely away', () => {
    expect(renewed(lost(3, 31))).toEqual([3, 31]);
    expect(renewed({ 3: { isOnline: false } })).toEqual([]);
    expect(renewed({ 3: { seenAt: WALL - 15 * 24 * HOUR_MS } })).toEqual([3]);
  });

  it('needs no row of a continent that has one for escalation instead', () => {
    expect(renewed({ ...lost(31, 37), 42: { isAcked: true } })).toEqual([37]);
  });

  it('makes up elsewhere for a continent that is dark, and brings its rows back when it is not', () => {
    const dark = lost(36, 37, 38, 39, 40, 41);
    expect(renewed(dark, new Set(['asia']))).toEqual([36, 37, 38, 39, 40, 41]);
    const away = { holder: nodeAddress(KOMATSU, 'other') };
    expect(renewed({ 36: away, 37: away })).toEqual([36, 37]);
    expect(renewed(dark, new Set())).toEqual([]);
  });

  it('wants no lights when their time is over', () => {
    const later = { ...wanted, lights: 0 };
    expect(rowsToRenew(manifest, rowsBut(lost(3, 31)), later, both, WALL)).toEqual([31]);
  });

  it('takes a row without an ack as held where its holder was there to be sent it', () => {
    const sentUntil = WALL;
    expect(isTakenAsHeld({ isListed: true, seenAt: WALL + 1, sentUntil })).toBe(true);
    expect(isTakenAsHeld({ isListed: false, seenAt: WALL + 1, sentUntil })).toBe(true);
    expect(isTakenAsHeld({ isListed: false, seenAt: WALL - 1, sentUntil })).toBe(false);
  });
});

/** Which segment is given up, and whose pieces are named: the table of verdicts, with segments made by hand. */
import { describe, expect, it } from 'vitest';
import { HINT_ENTRY_BYTES } from '#runtime/pieces/hint.ts';
import { packed, PieceIndex } from '#runtime/pieces/piece-index.ts';
import { SHADOWS, TOMBSTONE } from '#runtime/pieces/record.ts';
import type { Segment } from '#runtime/pieces/segment-log.ts';
import { choosePoorest, chooseVictim } from '#runtime/pieces/victim.ts';

const SEGMENT_BYTES = 1_000;
/** Ten of them fill a segment. */
const RECORD = SEGMENT_BYTES / 10 - HINT_ENTRY_BYTES;
const NOW = 1_000;

interface Entry {
  readonly leftSec?: number;
  readonly flags?: number;
  readonly isHot?: boolean;
}

/** Segments 1, 2, ... of full size with these entries; what is not listed of a segment is dead. */
function made(...segments: readonly (readonly Entry[])[]) {
  const index = new PieceIndex();
  const all = segments.map((entries, row): Segment => {
    for (const [i, { leftSec = 100, flags = 0, isHot = false }] of entries.entries()) {
      const lo = row * 100 + i;
      index.set(lo, 7, row, i * RECORD, packed(flags, RECORD), NOW + leftSec);
      if (isHot) index.heat(index.find(lo, 7));
    }
    return { id: row + 1, row, bytes: 10 * RECORD, cost: SEGMENT_BYTES };
  });
  return { index, all };
}

type Segments = readonly (readonly Entry[])[];
const victim = (...segments: Segments): number | undefined => {
  const { index, all } = made(...segments);
  return chooseVictim(index, all, NOW)?.id;
};
const poorest = (...segments: Segments): number | undefined => {
  const { index, all } = made(...segments);
  return choosePoorest(index, all, NOW, SEGMENT_BYTES)?.id;
};

const entries = (count: number, entry: Entry = {}): Entry[] =>
  Array.from({ length: count }, () => entry);

const dead = entries(10, { leftSec: 0 });
const graves = entries(10, { flags: TOMBSTONE | SHADOWS });

describe('the segment that is given up', () => {
  it('is one of expired pieces, whatever its age', () => {
    expect(victim(entries(10, { leftSec: 1 }), entries(10), dead)).toBe(3);
    expect(victim(entries(10), dead)).toBe(2);
  });
  it('is the one with the least to move', () => {
    expect(victim(entries(2), entries(1), entries(2))).toBe(2);
    expect(victim(entries(7), entries(5), entries(6))).toBe(2);
    expect(victim(entries(10, { leftSec: 1 }), entries(2))).toBe(2);
  });
  it('is none, where nearly everything is alive', () => {
    expect(victim(entries(8), entries(10))).toBeUndefined();
    expect(victim(entries(7), entries(10))).toBe(1);
    expect(victim()).toBeUndefined();
  });
  it('leaves tombstones behind unless it is the oldest, which count as what has to be moved', () => {
    expect(victim(entries(10), graves)).toBeUndefined();
    expect(victim(graves, entries(10))).toBe(1);
  });
});

describe('the segment whose pieces are named', () => {
  it('is the one that expires soonest', () => {
    expect(poorest(entries(10), entries(10, { leftSec: 9 }), entries(10))).toBe(2);
  });
  it('is the oldest, where nothing else tells them apart', () => {
    expect(poorest(entries(10), entries(10), entries(10))).toBe(1);
  });
  it('is one whose pieces are cold rather than one that would lose hot ones', () => {
    expect(poorest(entries(10, { isHot: true }), entries(10))).toBe(2);
  });
  it('is one of hot pieces all the same, where there are no others', () => {
    expect(poorest(entries(10, { isHot: true }))).toBe(1);
    expect(poorest()).toBeUndefined();
  });
  it('counts tombstones that it would leave behind', () => {
    const shadows = entries(10, { flags: SHADOWS, leftSec: 1 });
    expect(poorest(entries(10), shadows)).toBe(1);
    expect(poorest(shadows, shadows)).toBe(1);
  });
});

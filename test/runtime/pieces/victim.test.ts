/** Which segment is given up: the table of verdicts, with segments made by hand. */
import { describe, expect, it } from 'vitest';
import { HINT_ENTRY_BYTES } from '#runtime/pieces/hint.ts';
import { packed, PieceIndex } from '#runtime/pieces/piece-index.ts';
import { SHADOWS, TOMBSTONE } from '#runtime/pieces/record.ts';
import type { Segment } from '#runtime/pieces/segment-log.ts';
import { chooseVictim, type Evicts } from '#runtime/pieces/victim.ts';

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
function judge(evicts: Evicts, ...segments: readonly (readonly Entry[])[]) {
  const index = new PieceIndex();
  const all = segments.map((entries, row): Segment => {
    for (const [i, { leftSec = 100, flags = 0, isHot = false }] of entries.entries()) {
      const lo = row * 100 + i;
      index.set(lo, 7, row, i * RECORD, packed(flags, RECORD), NOW + leftSec);
      if (isHot) index.heat(index.find(lo, 7));
    }
    return { id: row + 1, row, bytes: 10 * RECORD, cost: SEGMENT_BYTES };
  });
  const victim = chooseVictim(index, all, NOW, evicts, SEGMENT_BYTES);
  return victim && `${victim.segment.id} sparing ${victim.spares}`;
}

const entries = (count: number, entry: Entry = {}): Entry[] =>
  Array.from({ length: count }, () => entry);

describe('the segment that is given up', () => {
  it('is the one that expires soonest', () => {
    expect(judge('live', entries(10), entries(10, { leftSec: 9 }), entries(10))).toBe(
      '2 sparing hot',
    );
  });
  it('is the oldest, where nothing else tells them apart', () => {
    expect(judge('live', entries(10), entries(10), entries(10))).toBe('1 sparing hot');
  });
  it('is one of expired pieces before any live one, whatever its age', () => {
    const dead = entries(10, { leftSec: 0 });
    expect(judge('live', entries(10, { leftSec: 1 }), entries(10), dead)).toBe('3 sparing live');
    expect(judge('expired', entries(10), dead)).toBe('2 sparing live');
  });
  it('is one of which little is left, and that is spared', () => {
    expect(judge('live', entries(10, { leftSec: 1 }), entries(2))).toBe('2 sparing live');
  });
  it('is the one with the least to move, where nothing is lost', () => {
    expect(judge('live', entries(2), entries(1), entries(2))).toBe('2 sparing live');
    expect(judge('expired', entries(7), entries(5), entries(6))).toBe('2 sparing live');
  });
  it('is one whose pieces are cold rather than one that would lose hot ones', () => {
    const hot = entries(10, { isHot: true });
    expect(judge('live', [...hot], entries(10))).toBe('2 sparing hot');
  });
  it('is none, where live pieces stay and there is too little else', () => {
    expect(judge('expired', entries(8), entries(10))).toBeUndefined();
    expect(judge('expired', entries(7), entries(10))).toBe('1 sparing live');
    expect(judge('live')).toBeUndefined();
  });
  it('leaves tombstones behind unless it is the oldest, which count as what has to be moved', () => {
    const graves = entries(10, { flags: TOMBSTONE | SHADOWS });
    expect(judge('live', entries(10), graves)).toBe('1 sparing hot');
    expect(judge('live', graves, entries(10))).toBe('1 sparing live');
    const shadows = entries(10, { flags: SHADOWS, leftSec: 1 });
    expect(judge('live', entries(10), shadows)).toBe('1 sparing hot');
    expect(judge('live', shadows, shadows)).toBe('1 sparing hot');
  });
  it('is a short one that is full of life only if nothing of it has to be moved', () => {
    const index = new PieceIndex();
    index.set(1, 1, 0, 0, packed(0, RECORD), NOW + 5);
    const short = { id: 1, row: 0, bytes: RECORD, cost: RECORD + HINT_ENTRY_BYTES };
    expect(chooseVictim(index, [short], NOW, 'live', SEGMENT_BYTES)?.spares).toBe('hot');
    index.heat(index.find(1, 1));
    expect(chooseVictim(index, [short], NOW, 'live', SEGMENT_BYTES)?.spares).toBe('nothing');
    expect(chooseVictim(index, [short], NOW, 'expired', SEGMENT_BYTES)).toBeUndefined();
  });
});

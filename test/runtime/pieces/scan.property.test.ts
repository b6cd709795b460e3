/**
 * Segments that are not what was written: flipped, cut, overwritten, moved, or made by a peer who knows
 * the format. Method: write records, damage the bytes, scan; whatever is found must be what was written.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, same, text, utf8 } from '#lib/bytes.ts';
import { Contents, readHint } from '#runtime/pieces/hint.ts';
import {
  FIRST,
  keyOf,
  recordBytes,
  Seal,
  valueOf,
  viewOf,
  writeRecord,
  type Draft,
} from '#runtime/pieces/record.ts';
import { scan } from '#runtime/pieces/scan.ts';

const seal = new Seal(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
const SEGMENT = 5;

const draft = (key: string, value: Uint8Array): Draft => ({
  key: utf8(key),
  lo: 0,
  hi: 0,
  value,
  expiresAt: 1_700_000_000_000,
  flags: 0,
});

/** A segment of these records; every third one begins a group. */
function written(drafts: readonly Draft[], by = seal, segment = SEGMENT, from = 0): Uint8Array {
  const bytes = new Uint8Array(
    drafts.reduce((sum, { key, value }) => sum + recordBytes(key.length, value.length), 0),
  );
  const view = viewOf(bytes);
  let at = 0;
  for (const [i, each] of drafts.entries()) {
    const first = i % 3 === 0 ? FIRST : 0;
    at += writeRecord(bytes, view, at, each, first, by, by.seed(segment), from + at);
  }
  return bytes;
}

function found(bytes: Uint8Array): Map<string, Uint8Array> {
  const pieces = new Map<string, Uint8Array>();
  for (const { at, head } of scan(bytes, seal, SEGMENT).whole) {
    const value = valueOf(bytes, at, head, seal.seed(SEGMENT))!;
    pieces.set(text(keyOf(bytes, at, head)), value);
  }
  return pieces;
}

const drafts = fc
  .array(fc.uint8Array({ maxLength: 60 }), { minLength: 1, maxLength: 12 })
  .map((values) => values.map((value, i) => draft(`key ${i}`, value)));

/** Everything found is what was written; how many are missing. */
function missing(all: readonly Draft[], bytes: Uint8Array): number {
  const pieces = found(bytes);
  for (const [key, value] of pieces) {
    const original = all.find((each) => text(each.key) === key);
    expect(original).toBeDefined();
    expect(same(value, original!.value)).toBe(true);
  }
  return all.length - pieces.size;
}

describe('a segment', () => {
  it('is read back whole', () => {
    fc.assert(
      fc.property(drafts, (all) => {
        const { whole, damaged, torn } = scan(written(all), seal, SEGMENT);
        expect([whole.length, damaged, torn]).toEqual([all.length, [], undefined]);
        expect(missing(all, written(all))).toBe(0);
      }),
    );
  });

  it('loses one piece to one flipped bit, wherever it is, and says so', () => {
    fc.assert(
      fc.property(drafts, fc.nat(), fc.nat(7), (all, where, bit) => {
        const bytes = written(all);
        bytes[where % bytes.length]! ^= 1 << bit;
        expect(missing(all, bytes)).toBe(1);
        const { damaged, torn } = scan(bytes, seal, SEGMENT);
        expect(damaged.length + (torn === undefined ? 0 : 1)).toBe(1);
      }),
    );
  });

  it('loses only what was cut off, when its tail is', () => {
    fc.assert(
      fc.property(drafts, fc.nat(), (all, where) => {
        const bytes = written(all);
        const left = where % (bytes.length + 1);
        let whole = 0;
        for (let end = 0; whole < all.length; whole++) {
          end += recordBytes(all[whole]!.key.length, all[whole]!.value.length);
          if (end > left) break;
        }
        expect(missing(all, bytes.subarray(0, left))).toBe(all.length - whole);
        expect(scan(bytes.subarray(0, left), seal, SEGMENT).damaged).toEqual([]);
      }),
    );
  });

  it('finds nothing that was not written, whatever is done to it', () => {
    fc.assert(
      fc.property(
        drafts,
        fc.array(fc.record({ at: fc.nat(), bytes: fc.uint8Array({ maxLength: 40 }) }), {
          maxLength: 6,
        }),
        fc.nat(),
        (all, patches, rotate) => {
          const bytes = written(all);
          for (const patch of patches) {
            const at = patch.at % bytes.length;
            bytes.set(patch.bytes.subarray(0, bytes.length - at), at);
          }
          missing(all, bytes);
          // Nor when the whole of it is somewhere else.
          const cut = rotate % bytes.length;
          const turned = concat(bytes.subarray(cut), bytes.subarray(0, cut));
          missing(all, turned);
          found(concat(bytes, bytes));
        },
      ),
    );
  });

  it('finds nothing in random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 2_000 }), (bytes) => {
        expect(scan(bytes, seal, SEGMENT).whole).toEqual([]);
      }),
    );
  });

  it('does not take a record that a peer hid inside a piece', () => {
    // The best a peer can have: a real record of another store, of another segment, of another place.
    const forged = [draft('forged', utf8('a lie'))];
    const other = new Seal(Uint8Array.of(9, 9, 9, 9, 9, 9, 9, 9));
    const inOtherPlace = written(forged, seal, SEGMENT, 1_000_000);
    for (const hidden of [written(forged, other), written(forged, seal, 6), inOtherPlace]) {
      const all = [draft('a', utf8('x')), draft('carrier', hidden), draft('b', utf8('y'))];
      const bytes = written(all);
      const carrier = recordBytes(1, 1);
      bytes[carrier + 4]! ^= 1; // The carrier's own head is damaged: the reader looks for the next.
      expect([...found(bytes).keys()]).toEqual(['a', 'b']);
    }
  });

  it('tells a loss from the tail that a power cut leaves', () => {
    const all = Array.from({ length: 9 }, (_, i) => draft(`key ${i}`, new Uint8Array(50).fill(i)));
    const each = recordBytes(5, 50);
    const damage = (record: number, at = 30): ReturnType<typeof scan> => {
      const bytes = written(all);
      bytes[record * each + at]! ^= 1;
      return scan(bytes, seal, SEGMENT);
    };
    // Groups begin at 0, 3 and 6: only the last one may have been on its way.
    for (const record of [0, 2, 5]) {
      expect(damage(record).torn).toBeUndefined();
      expect(text(damage(record).damaged[0]!.key!)).toBe(`key ${record}`);
      expect(damage(record, 8).damaged).toEqual([
        { at: record * each, bytes: each, key: undefined },
      ]);
    }
    expect(damage(7)).toMatchObject({ damaged: [], torn: { at: 7 * each, bytes: 2 * each } });
  });
});

function contents(count: number): Contents {
  const all = new Contents();
  for (let i = 0; i < count; i++) all.add(i, i * 2, i + 1, i * 3);
  return all;
}

describe('a hint', () => {
  it('is read back, of any size', () => {
    for (const count of [0, 1, 255, 256, 257, 1_000]) {
      const words = readHint(contents(count).hint(seal, SEGMENT, 99), seal, SEGMENT, 99)!;
      expect(words.length).toBe(4 * count);
      if (count > 0)
        expect([...words.subarray(-4)]).toEqual([count - 1, 2 * count - 2, count, 3 * count - 3]);
    }
  });

  it('is good for its own segment only, and only as it was written', () => {
    const hint = contents(10).hint(seal, SEGMENT, 99);
    expect(readHint(hint, seal, SEGMENT + 1, 99)).toBeUndefined();
    expect(readHint(hint, seal, SEGMENT, 98)).toBeUndefined();
    expect(readHint(hint, new Seal(new Uint8Array(8)), SEGMENT, 99)).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(hint.length - 1), fc.nat(7), (at, bit) => {
        const flipped = hint.slice();
        flipped[at]! ^= 1 << bit;
        expect(readHint(flipped, seal, SEGMENT, 99)).toBeUndefined();
        expect(readHint(hint.subarray(0, at), seal, SEGMENT, 99)).toBeUndefined();
      }),
    );
  });
});

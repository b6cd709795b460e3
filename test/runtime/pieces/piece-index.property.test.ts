/** The index of pieces against a `Map`, for any sequence of operations. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOT, packed, PieceIndex } from '#runtime/pieces/piece-index.ts';

/** Few homes and many wrap-arounds: the hard cases of probing. */
const hash = fc.record({
  lo: fc.oneof(fc.integer({ min: 250, max: 260 }), fc.constantFrom(0, 1, 255, 511, 0xffff_ffff)),
  hi: fc.integer({ min: 0, max: 3 }),
});
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ set: hash, row: fc.nat(3), at: fc.nat(0xffff_ffff) }) },
  { weight: 3, arbitrary: fc.record({ remove: hash }) },
  { weight: 1, arbitrary: fc.record({ removeRow: fc.nat(3) }) },
);

const nameOf = ({ lo, hi }: { lo: number; hi: number }): string => `${lo >>> 0}:${hi}`;

function contents(index: PieceIndex): Map<string, string> {
  const found = new Map<string, string>();
  index.each((slot) => {
    const name = nameOf({ lo: index.lo(slot), hi: index.hi(slot) });
    expect(found.has(name)).toBe(false);
    found.set(name, `${index.row(slot)}@${index.at(slot)}`);
  });
  return found;
}

describe('the index of pieces, for any sequence', () => {
  it('agrees with a map', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const index = new PieceIndex();
        const model = new Map<string, string>();
        for (const each of steps) {
          if ('set' in each) {
            const { lo, hi } = each.set;
            index.set(lo, hi, each.row, each.at, packed(1, 100), 7);
            model.set(nameOf(each.set), `${each.row}@${each.at}`);
          } else if ('remove' in each) {
            const slot = index.find(each.remove.lo, each.remove.hi);
            expect(slot >= 0).toBe(model.delete(nameOf(each.remove)));
            if (slot >= 0) index.remove(slot);
          } else {
            index.removeRow(each.removeRow);
            for (const [name, place] of model) {
              if (place.startsWith(`${each.removeRow}@`)) model.delete(name);
            }
          }
        }
        expect(contents(index)).toEqual(model);
        expect(index.count).toBe(model.size);
        for (const name of model.keys()) {
          const [lo, hi] = name.split(':').map(Number) as [number, number];
          expect(index.find(lo, hi)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('grows, and keeps every field', () => {
    const index = new PieceIndex();
    for (let i = 0; i < 5_000; i++) {
      index.set(Math.imul(i, 0x9e3779b1), i, i % 7, i * 3, packed(i % 256, i + 1), i * 5);
    }
    expect(index.count).toBe(5_000);
    for (let i = 0; i < 5_000; i++) {
      const slot = index.find(Math.imul(i, 0x9e3779b1), i);
      expect([index.row(slot), index.at(slot), index.length(slot)]).toEqual([i % 7, i * 3, i + 1]);
      expect([index.flags(slot), index.expirySec(slot)]).toEqual([i % 256, i * 5]);
    }
    index.removeRow(3);
    expect(index.count).toBe(5_000 - 714);
  });

  it('remembers what is hot until it is set again', () => {
    const index = new PieceIndex();
    index.set(1, 2, 0, 0, packed(4, 0xff_ffff), 9);
    index.heat(index.find(1, 2));
    expect(index.flags(index.find(1, 2))).toBe(4 | HOT);
    expect(index.length(index.find(1, 2))).toBe(0xff_ffff);
    index.set(1, 2, 0, 0, packed(4, 5), 9);
    expect(index.flags(index.find(1, 2))).toBe(4);
  });
});

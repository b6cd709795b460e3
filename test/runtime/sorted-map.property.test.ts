/** A map in the order of its keys, against a plain map that is sorted by their bytes at each walk. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SortedMap } from '#runtime/sorted-map.ts';

const key = fc.oneof(
  fc.nat(60).map((n) => `a/${n}`),
  fc.constantFrom('', 'a', 'b', '\u{1F600}', '\uFFFD', 'a/\u{1F600}', 'a/\uFFFD'),
);
const change = fc.record({ key, value: fc.option(fc.uint8Array({ maxLength: 1 })) });
/** Some changes, then a walk, and a copy of which only one goes on. */
const rounds = fc.array(
  fc.record({
    changes: fc.array(change, { maxLength: 90, size: 'max' }),
    prefix: fc.constantFrom('', 'a', 'a/1', 'b'),
    copies: fc.boolean(),
  }),
  { maxLength: 3 },
);

const inOrder = (model: ReadonlyMap<string, Uint8Array>, prefix: string) =>
  [...model]
    .filter(([each]) => each.startsWith(prefix))
    .toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));

describe('a sorted map', () => {
  it('is walked in order, whatever was written, deleted and written again between two walks', () => {
    fc.assert(
      fc.property(rounds, (all) => {
        let map = new SortedMap();
        const model = new Map<string, Uint8Array>();
        for (const { changes, prefix, copies } of all) {
          for (const { key: of, value } of changes) {
            for (const each of [map, model]) {
              if (value === null) each.delete(of);
              else each.set(of, value);
            }
            expect(map.get(of)).toBe(model.get(of));
          }
          const before = map;
          if (copies) map = map.copy();
          for (const each of [before, map]) {
            expect(each.under(prefix)).toEqual(inOrder(model, prefix));
            expect(each.size).toBe(model.size);
          }
          if (!copies) continue;
          before.set('of the other', Uint8Array.of(1));
          expect(before.under('of')).toHaveLength(1);
          expect(map.under('')).toEqual(inOrder(model, ''));
        }
      }),
      { numRuns: 15 },
    );
  });
});

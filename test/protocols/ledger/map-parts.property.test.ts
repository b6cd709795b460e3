/** The map over all objects, changed in parts: the same as at once, whichever part is done first. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_PAGE, type Leaf } from '#algorithms/merkle/sparse.ts';
import { domain, hash } from '#algorithms/hash/hash.ts';
import { EMPTY, hex } from '#lib/bytes.ts';
import {
  changePart,
  joined,
  partsOf,
  turnedAtOnce,
  type Written,
} from '#protocols/ledger/map-parts.ts';
import { readPage, writePage } from '#protocols/ledger/object-records.ts';

const OF = domain('test of map parts');
const leaf = fc.nat({ max: 60 }).map((n): Leaf => ({
  name: hash(OF, Uint8Array.of(n)),
  value: hash(OF, Uint8Array.of(n, n)),
}));
const leaves = fc.uniqueArray(leaf, { maxLength: 40, selector: ({ name }) => hex(name) });
const rewritten = (leaf: Leaf): Leaf => ({ ...leaf, value: hash(OF, leaf.value) });

const shown = (pages: Written): string[] =>
  [...pages].map(([way, page]) => `${way} ${hex(page)}`).toSorted();

describe('the map, changed in parts', () => {
  it('is what it is when it is changed at once', () => {
    fc.assert(
      fc.property(leaves, leaves, fc.boolean(), (before, some, isBackwards) => {
        fc.pre(some.length > 0);
        const all = new Map([['', EMPTY]]);
        const empty = new Map([['', EMPTY_PAGE]]);
        const { pages } = before.length === 0 ? { pages: all } : turnedAtOnce(empty, before);
        for (const [way, page] of pages) all.set(way, page);
        const first = all.get('')!;
        const change = some.map(rewritten);
        const done = partsOf(all, change).map((part) => changePart(structuredClone(part)));
        const after = joined(readPage(first), isBackwards ? done.toReversed() : done);
        const read = new Map([...all].map(([way, page]) => [way, readPage(page)]));
        const once = turnedAtOnce(read, change);
        expect(shown(after.pages)).toEqual(shown(once.pages));
        expect(after.root).toEqual(once.root);
      }),
    );
  });

  it('reads pages as it wrote them', () => {
    fc.assert(
      fc.property(leaves, (some) => {
        fc.pre(some.length > 0);
        for (const page of turnedAtOnce(new Map([['', EMPTY_PAGE]]), some).pages.values())
          expect(writePage(readPage(page))).toEqual(page);
      }),
    );
  });
});

/** A map under one root: the same whatever came when, and proofs of what is in it and of what is not. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  changed,
  EMPTY_PAGE,
  isProved,
  leafHash,
  NOTHING,
  prove,
  rootOf,
  wanted,
  type Leaf,
  type Page,
} from '#algorithms/merkle/sparse.ts';
import { domain, hash } from '#algorithms/hash/hash.ts';
import { concat, hex } from '#lib/bytes.ts';
import { cases } from '#test/cases.ts';

const KEY = domain('test of maps');
/** Names that share their first bits: by few different bytes, the rest alike. */
const names = fc
  .array(fc.constantFrom(0, 1, 3, 16, 128, 255), { minLength: 3, maxLength: 3 })
  .map((first) => Uint8Array.from({ length: 32 }, (_, i) => first[i] ?? 7));
const values = fc.nat({ max: 9 }).map((n) => hash(KEY, Uint8Array.of(n)));
const leaves = fc.uniqueArray(fc.record({ name: names, value: values }), {
  maxLength: 24,
  selector: ({ name }) => hex(name),
});

type Kept = Map<string, Page>;
const empty = (): Kept => new Map([['', EMPTY_PAGE]]);
function put(pages: Kept, some: readonly Leaf[]): void {
  for (const [way, page] of changed(pages, some)) pages.set(way, page);
}
const rootIn = (pages: Kept): string => hex(rootOf(pages.get('')!));

/** What the header comment says, and nothing about pages. */
function plainRoot(all: readonly Leaf[], depth = 0): Uint8Array {
  if (all.length === 0) return NOTHING;
  if (all.length === 1) return leafHash(all[0]!);
  const bit = ({ name }: Leaf): number => (name[depth >> 3]! >> (7 - (depth & 7))) & 1;
  const half = (of: number): Uint8Array =>
    plainRoot(
      all.filter((leaf) => bit(leaf) === of),
      depth + 1,
    );
  return hash('city-chain v1 map node' as typeof KEY, concat(half(0), half(1)));
}

describe('a map under a root', () => {
  it('has the root that its contents have, whatever came with what', () => {
    fc.assert(
      fc.property(leaves, fc.nat({ max: 5 }), (all, cut) => {
        const [one, many] = [empty(), empty()];
        put(many, all);
        put(one, all.slice(0, cut));
        for (const leaf of all.slice(cut).toReversed()) put(one, [leaf]);
        expect(rootIn(many)).toBe(hex(plainRoot(all)));
        expect(rootIn(one)).toBe(rootIn(many));
      }),
      { numRuns: cases(60) },
    );
  });

  it('changes a value in its place', () => {
    fc.assert(
      fc.property(leaves, values, (all, value) => {
        fc.pre(all.length > 0);
        const pages = empty();
        put(pages, all);
        put(pages, [{ name: all[0]!.name, value }]);
        expect(rootIn(pages)).toBe(
          hex(plainRoot([{ name: all[0]!.name, value }, ...all.slice(1)])),
        );
      }),
      { numRuns: cases(40) },
    );
  });

  it('proves of each name what it has, and nothing else', () => {
    fc.assert(
      fc.property(leaves, names, values, (all, name, value) => {
        const pages = empty();
        put(pages, all);
        const root = rootOf(pages.get('')!);
        const has = all.find((leaf) => hex(leaf.name) === hex(name))?.value;
        const proof = prove(pages, name);
        expect(isProved(root, name, has, proof)).toBe(true);
        const other = has === undefined ? value : undefined;
        expect(isProved(root, name, other, proof)).toBe(false);
        expect(isProved(root, name, has, { ...proof, path: concat(proof.path, root) })).toBe(false);
        for (const leaf of all) {
          const lie = { path: prove(pages, leaf.name).path, other: undefined };
          expect(isProved(root, leaf.name, undefined, lie)).toBe(false);
          expect(isProved(root, leaf.name, undefined, { ...lie, other: leaf })).toBe(false);
        }
      }),
      { numRuns: cases(60) },
    );
  });

  it('needs the pages on the way of a name, and no others', () => {
    fc.assert(
      fc.property(leaves, names, (all, name) => {
        const pages = empty();
        put(pages, all);
        const loaded: Kept = new Map();
        for (let way = wanted(loaded, name); way !== undefined; way = wanted(loaded, name)) {
          expect(hex(name).startsWith(way)).toBe(true);
          loaded.set(way, pages.get(way)!);
        }
        expect(prove(loaded, name)).toEqual(prove(pages, name));
        const leaf = { name, value: NOTHING };
        expect(rootOf(changed(loaded, [leaf]).get('')!)).toEqual(
          rootOf(changed(pages, [leaf]).get('')!),
        );
      }),
      { numRuns: cases(40) },
    );
  });
});

/**
 * A map under one root: what a name has, and that it has nothing, are proved alike.
 *
 *   bits of the name     0              1
 *                      /              \
 *                  leaf a          /      \            a stands where it is alone: no deeper than it must
 *                              leaf b     / \
 *                                    nothing leaf c    what has one leaf below it is that leaf: never here
 *
 * The tree is binary, by the bits of names of 32 bytes, the first bit at the root. What has no leaf below it is
 * `NOTHING`; what has one is that leaf; everything else is the hash of its halves. So the root is a function of what the
 * map has, in whatever order it came, and a name is in it or not, with one proof of each.
 *
 *   proof      the hashes beside the way down, the first at the root; and what stands at its end: the name's own leaf,
 *              another leaf (its name begins with the same bits), or nothing
 *
 * It is kept as pages of four bits of the way each, by the way to them: `''`, `'a'`, `'a3'`, ... A page names up to
 * sixteen parts: leaves, and pages below. To change a name the pages on its way are needed and nothing else; nothing is
 * ever taken out. Cost: with n names some log16(n) pages for each, 15 hashes for a page that changed; 32 bytes for each
 * of log2(n) and a few bits of a proof.
 */
import { assert } from '#lib/assert.ts';
import { compare, concat, EMPTY, same } from '#lib/bytes.ts';
import { domain, hash, HASH_BYTES, hashRows, type Domain } from '../hash/hash.ts';
import { nodeAt } from './tree.ts';

const LEAF = domain('map leaf');
const NODE = domain('map node');

/** What stands where no name has anything: the root of the empty map. */
export const NOTHING = hash(LEAF, EMPTY);

/** A name, and the hash of what it has. */
export interface Leaf {
  readonly name: Uint8Array;
  readonly value: Uint8Array;
}

/** What a page has at one of its sixteen places: a leaf, or the root of the page below. */
export type Part = Leaf | { readonly root: Uint8Array };
export type Page = ReadonlyMap<number, Part>;

const BITS = 4;
const PLACES = 1 << BITS;
const DEPTH_MAX = 8 * HASH_BYTES;
export const PATH_BYTES_MAX = DEPTH_MAX * HASH_BYTES;
/** The first page of a map that has nothing. */
export const EMPTY_PAGE: Page = new Map();

export const leafHash = ({ name, value }: Leaf): Uint8Array => hash(LEAF, concat(name, value));

const isLeaf = (part: Part): part is Leaf => 'name' in part;

/** Half a byte of a name: where it goes on in the page at that depth. */
const placeAt = (name: Uint8Array, depth: number): number => {
  const byte = name[depth >> 1]!;
  return depth % 2 === 0 ? byte >> BITS : byte & (PLACES - 1);
};

const bitAt = (name: Uint8Array, at: number): number => (name[at >> 3]! >> (7 - (at & 7))) & 1;

/** Pages by their ways, as far as they were loaded. */
export type Pages = ReadonlyMap<string, Page>;

const wayTo = (way: string, place: number): string => way + place.toString(PLACES);

/** The page to be loaded next on the way of a name; none when its way ends in what is here. */
export function wanted(pages: Pages, name: Uint8Array): string | undefined {
  for (let way = ''; ; way = wayTo(way, placeAt(name, way.length))) {
    const page = pages.get(way);
    if (page === undefined) return way;
    const part = page.get(placeAt(name, way.length));
    if (part === undefined || isLeaf(part)) return undefined;
  }
}

interface Node {
  readonly hash: Uint8Array;
  /** Nothing, or one leaf: it stands for itself however high. */
  readonly isBare: boolean;
}
const NO_NODE: Node = { hash: NOTHING, isBare: true };
const PAIR_BYTES = 2 * HASH_BYTES;

/** The root of the map whose first page this is. */
export const rootOf = (first: Page): Uint8Array => levelsOf([first]).at(-1)![0]!.hash;

/**
 * What stands over the places of pages: sixteen nodes of each, one after another, then eight, and so on up to one. All that is
 * hashed at one level is hashed together, which is several times faster than one by one.
 */
function levelsOf(pages: readonly Page[]): Node[][] {
  const levels = [lowest(pages)];
  while (levels.at(-1)!.length > pages.length) levels.push(above(levels.at(-1)!));
  return levels;
}

function lowest(pages: readonly Page[]): Node[] {
  const nodes = Array.from({ length: pages.length * PLACES }, () => NO_NODE);
  const [at, leaves]: [number[], Uint8Array[]] = [[], []];
  for (const [i, page] of pages.entries()) {
    for (const [place, part] of page) {
      if (!isLeaf(part)) nodes[i * PLACES + place] = { hash: part.root, isBare: false };
      else {
        at.push(i * PLACES + place);
        leaves.push(part.name, part.value);
      }
    }
  }
  for (const [i, hashed] of together(LEAF, leaves).entries())
    nodes[at[i]!] = { hash: hashed, isBare: true };
  return nodes;
}

function above(below: readonly Node[]): Node[] {
  const nodes: Node[] = [];
  const [at, pairs]: [number[], Uint8Array[]] = [[], []];
  for (let i = 0; i < below.length; i += 2) {
    const [left, right] = [below[i]!, below[i + 1]!];
    if (left.isBare && right === NO_NODE) nodes.push(left);
    else if (right.isBare && left === NO_NODE) nodes.push(right);
    else {
      at.push(nodes.push(NO_NODE) - 1);
      pairs.push(left.hash, right.hash);
    }
  }
  for (const [i, hashed] of together(NODE, pairs).entries())
    nodes[at[i]!] = { hash: hashed, isBare: false };
  return nodes;
}

/** The hashes of pairs. */
function together(of: Domain, pairs: readonly Uint8Array[]): Uint8Array[] {
  if (pairs.length === 0) return [];
  const block = new Uint8Array(pairs.length * HASH_BYTES);
  for (const [i, each] of pairs.entries()) block.set(each, i * HASH_BYTES);
  const hashes = hashRows(of, block, PAIR_BYTES);
  return pairs.slice(0, pairs.length / 2).map((_, i) => nodeAt(hashes, i));
}

/** The pages that change when these names come to have these values; the first of them has the new root. */
export function changed(pages: Pages, leaves: readonly Leaf[]): Map<string, Page> {
  for (const { name } of leaves) {
    assert(name.length === HASH_BYTES, 'names are hashes');
    assert(wanted(pages, name) === undefined, 'the pages on the way are here');
  }
  const after = new Map<string, Map<number, Part>>();
  /** By how deep they are. */
  const deep: string[][] = [];
  const put = (way: string, those: readonly Leaf[]): void => {
    const page = new Map(pages.get(way));
    after.set(way, page);
    (deep[way.length] ??= []).push(way);
    for (const [place, some] of byPlace(those, way.length)) {
      const part = page.get(place);
      const all = part !== undefined && isLeaf(part) ? besides(part, some) : some;
      const isAlone = all.length === 1 && (part === undefined || isLeaf(part));
      if (isAlone) page.set(place, all[0]!);
      else put(wayTo(way, place), all);
    }
  };
  if (leaves.length > 0) put('', leaves);
  for (const ways of deep.slice(1).toReversed()) {
    const roots = levelsOf(ways.map((way) => after.get(way)!)).at(-1)!;
    for (const [i, way] of ways.entries()) {
      const place = Number.parseInt(way.at(-1)!, PLACES);
      after.get(way.slice(0, -1))!.set(place, { root: roots[i]!.hash });
    }
  }
  return after;
}

function byPlace(leaves: readonly Leaf[], depth: number): Map<number, Leaf[]> {
  const places = new Map<number, Leaf[]>();
  for (const leaf of leaves) {
    const place = placeAt(leaf.name, depth);
    const those = places.get(place) ?? [];
    those.push(leaf);
    places.set(place, those);
  }
  return places;
}

/** A leaf that was here and those that come: it stays, unless its name is among them. */
const besides = (was: Leaf, some: readonly Leaf[]): readonly Leaf[] =>
  some.some(({ name }) => same(name, was.name)) ? some : [was, ...some];

export interface MapProof {
  /** The hashes beside the way, the first at the root, one after another. */
  readonly path: Uint8Array;
  /** Where the name has nothing: the leaf that stands there instead, if one does. */
  readonly other: Leaf | undefined;
}

/** That a name has what it has, or nothing. */
export function prove(pages: Pages, name: Uint8Array): MapProof {
  const beside: Uint8Array[] = [];
  for (let way = ''; ; way = wayTo(way, placeAt(name, way.length))) {
    const page = pages.get(way) ?? EMPTY_PAGE;
    const place = placeAt(name, way.length);
    const levels = levelsOf([page]);
    for (let level = BITS; level > 0; level--) {
      if (levels[level]![place >> level]!.isBare)
        return ended(beside, leafIn(page, (place >> level) << level, 1 << level), name);
      beside.push(levels[level - 1]![(place >> (level - 1)) ^ 1]!.hash);
    }
    const part = page.get(place);
    if (part === undefined || isLeaf(part)) return ended(beside, part, name);
  }
}

const leafIn = (page: Page, from: number, width: number): Leaf | undefined => {
  for (let place = from; place < from + width; place++) {
    const part = page.get(place);
    if (part !== undefined && isLeaf(part)) return part;
  }
  return undefined;
};

const ended = (
  beside: readonly Uint8Array[],
  leaf: Leaf | undefined,
  name: Uint8Array,
): MapProof => ({
  path: concat(...beside),
  other: leaf !== undefined && same(leaf.name, name) ? undefined : leaf,
});

/** Whether a name has a value (its hash), or, without one, nothing, in the map with this root. */
export function isProved(
  root: Uint8Array,
  name: Uint8Array,
  value: Uint8Array | undefined,
  { path, other }: MapProof,
): boolean {
  const depth = path.length / HASH_BYTES;
  if (name.length !== HASH_BYTES || !Number.isInteger(depth) || depth > DEPTH_MAX) return false;
  if (other !== undefined && (value !== undefined || !isBesides(other.name, name, depth)))
    return false;
  const leaf = value === undefined ? other : { name, value };
  let node = leaf === undefined ? NOTHING : leafHash(leaf);
  for (let at = depth - 1; at >= 0; at--) {
    const beside = path.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
    node = hash(NODE, bitAt(name, at) === 1 ? concat(beside, node) : concat(node, beside));
  }
  return same(node, root);
}

/** Another name that begins with the same bits. */
function isBesides(other: Uint8Array, name: Uint8Array, depth: number): boolean {
  if (other.length !== HASH_BYTES || compare(other, name) === 0) return false;
  for (let at = 0; at < depth; at++) if (bitAt(other, at) !== bitAt(name, at)) return false;
  return true;
}

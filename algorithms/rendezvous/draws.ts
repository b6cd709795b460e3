/**
 * Weighted draws from very many nodes, without ranking all of them: the same chances as weighted
 * rendezvous, at the cost of a walk down a tree for each node drawn.
 *
 *                weights of all               a node stands in the leaf that the first bits of its tag
 *              /               \              name; a fork knows the weight below each side
 *         0...                  1...
 *        /    \                /    \         draw: down from the root, at each fork to the left with
 *      00..   01..           10..   11..            chance left / (left + right); in the leaf likewise
 *      a b     c              d     e f g           among its nodes; the drawn weight is taken out
 *
 * Of two candidates, weighted rendezvous is one uniform number against the share of the first; a fork is
 * that, between the nodes below its sides. Drawing without putting back in proportion to weight is
 * exactly the order that weighted rendezvous gives (Efraimidis and Spirakis 2006, section 2). What
 * differs is that no node is scored: whoever comes or goes shifts each fork above it by its own share, so
 * of m drawn of n nodes about m / n * log2(n) / 2 change, where a full ranking changes m / n.
 *
 * In integers only: a word w of 32 bits goes left if w * (left + right) < left * 2^32, exactly. Every
 * node that knows the same weights and tags draws the same, in whatever order they were given.
 *
 * Cost: 3 hashes and log2(n) comparisons a draw, about 1 us; a table of 100 000 nodes some milliseconds.
 * A tag is chosen by its owner: many in one leaf cost whoever draws them a longer walk through it, and
 * change nobody's chance.
 */
import { assert } from '#lib/assert.ts';
import { domain, HASH_BYTES, hashRows } from '../hash/hash.ts';

export interface DrawTable {
  /** Forks from the root to a leaf. */
  readonly levels: number;
  /** The weight below each fork, root at 1, leaves at `2^levels` and on; 0 is unused. */
  readonly sums: Float64Array;
  readonly weights: Float64Array;
  /** The nodes of leaf i are `order[starts[i]]` up to `order[starts[i + 1]]`, in the order given. */
  readonly starts: Uint32Array;
  readonly order: Uint32Array;
}

const DRAW = domain('rendezvous draw');
const LEVELS_MAX = 22;
/** Nodes of a leaf, on average: a leaf is walked, a fork costs a word. */
const LEAF_NODES = 4;
const WORD = 2 ** 32;
const WORDS_A_HASH = HASH_BYTES / 4;
/** Sums of weights below this are exact. */
const SUM_MAX = 2 ** 52;

/**
 * A table of nodes by their weights (whole numbers; 0 is never drawn) and tags (whole numbers below 2^32,
 * evenly spread), which stay with a node whoever else is there.
 */
export function drawTable(weights: Float64Array, tags: Uint32Array): DrawTable {
  assert(weights.length === tags.length, 'each node has a weight and a tag');
  const levels = levelsFor(weights.length);
  const leaves = 2 ** levels;
  const sums = new Float64Array(2 * leaves);
  const starts = new Uint32Array(leaves + 1);
  const shift = 32 - levels;
  for (let node = 0; node < tags.length; node++) {
    const leaf = tags[node]! >>> shift;
    starts[leaf + 1]!++;
    sums[leaves + leaf]! += weights[node]!;
  }
  for (let leaf = 0; leaf < leaves; leaf++) starts[leaf + 1]! += starts[leaf]!;
  for (let fork = leaves - 1; fork > 0; fork--) sums[fork] = sums[2 * fork]! + sums[2 * fork + 1]!;
  assert(sums[1]! < SUM_MAX, 'weights add up exactly');
  const next = starts.slice();
  const order = new Uint32Array(tags.length);
  for (let node = 0; node < tags.length; node++) {
    order[next[tags[node]! >>> shift]!++] = node;
  }
  return { levels, sums, weights, starts, order };
}

/** Depends on the order of magnitude alone: one more node seldom moves all leaves. */
function levelsFor(nodes: number): number {
  let levels = 1;
  while (levels < LEVELS_MAX && LEAF_NODES * 2 ** (levels + 1) <= nodes) levels++;
  return levels;
}

/**
 * Gives `take` the nodes of positive weight, each once, first drawn first, for a key of any length: until
 * nobody is left, or it has enough and says false.
 */
export function draw(table: DrawTable, key: Uint8Array, take: (node: number) => boolean): void {
  const { sums, weights } = table;
  const words = new Words(key, table.levels + 1);
  const taken: number[] = [];
  // Whoever is drawn is taken out for as long as this goes on; nobody else draws meanwhile.
  try {
    for (let nth = 0; sums[1]! > 0; nth++) {
      const at = words.of(nth);
      const leaf = descend(table, words, at);
      const node = within(table, leaf, taken, words.at(at, table.levels));
      add(sums, leaf, -weights[node]!);
      taken.push(leaf, node);
      if (!take(node)) return;
    }
  } finally {
    for (let i = 0; i < taken.length; i += 2) add(sums, taken[i]!, weights[taken[i + 1]!]!);
  }
}

/** The leaf, by its fork, that the words of a draw lead to. */
function descend({ levels, sums }: DrawTable, words: Words, at: number): number {
  let fork = 1;
  for (let level = 0; level < levels; level++) {
    const left = sums[2 * fork]!;
    fork = isBelow(words.at(at, level), left, sums[fork]!) ? 2 * fork : 2 * fork + 1;
  }
  return fork;
}

/** The node of a leaf that a word names: the first whose weight, with those before it, exceeds it. */
function within(table: DrawTable, leaf: number, taken: readonly number[], word: number): number {
  const { sums, starts, order, weights, levels } = table;
  const first = 2 ** levels;
  let before = 0;
  for (let at = starts[leaf - first]!; at < starts[leaf - first + 1]!; at++) {
    const node = order[at]!;
    if (isTaken(taken, node)) continue;
    before += weights[node]!;
    if (isBelow(word, before, sums[leaf]!)) return node;
  }
  assert(false, 'the weights of a leaf are those of its nodes');
}

function isTaken(taken: readonly number[], node: number): boolean {
  for (let i = 1; i < taken.length; i += 2) if (taken[i] === node) return true;
  return false;
}

function add(sums: Float64Array, leaf: number, weight: number): void {
  for (let fork = leaf; fork > 0; fork >>= 1) sums[fork]! += weight;
}

/**
 * Whether word / 2^32 < part / whole, exactly. `part * 2^32` is a double; rounding keeps order, so a
 * rounded product that differs from it is on the side of the true one, and only an equal one is asked.
 */
function isBelow(word: number, part: number, whole: number): boolean {
  const bound = part * WORD;
  const product = word * whole;
  if (product !== bound) return product < bound;
  return BigInt(word) * BigInt(whole) < BigInt(part) << 32n;
}

/** Draws whose words are hashed at once: four messages share a pass of the hash. */
const AT_ONCE = 16;

/** For each draw so many uniform words: BLAKE3 over key, draw and part. */
class Words {
  readonly #keyBytes: number;
  readonly #parts: number;
  /** What is hashed: the key stands in each row, draw and part change. */
  readonly #rows: Uint8Array;
  #block: DataView = new DataView(new ArrayBuffer(0));
  #from = 0;

  constructor(key: Uint8Array, words: number) {
    this.#keyBytes = key.length;
    this.#parts = Math.ceil(words / WORDS_A_HASH);
    const rowBytes = key.length + 8;
    this.#rows = new Uint8Array(AT_ONCE * this.#parts * rowBytes);
    for (let at = 0; at < this.#rows.length; at += rowBytes) this.#rows.set(key, at);
  }

  /** Where the words of the n-th draw begin. Draws come in order. */
  of(nth: number): number {
    if (nth % AT_ONCE === 0) this.#hash(nth);
    return (nth - this.#from) * this.#parts * HASH_BYTES;
  }

  at(start: number, word: number): number {
    return this.#block.getUint32(start + 4 * word);
  }

  #hash(nth: number): void {
    const view = new DataView(this.#rows.buffer);
    let at = this.#keyBytes;
    for (let draw = nth; draw < nth + AT_ONCE; draw++) {
      for (let part = 0; part < this.#parts; part++) {
        view.setUint32(at, draw);
        view.setUint32(at + 4, part);
        at += this.#keyBytes + 8;
      }
    }
    const hashes = hashRows(DRAW, this.#rows, this.#keyBytes + 8);
    this.#block = new DataView(hashes.buffer, hashes.byteOffset, hashes.length);
    this.#from = nth;
  }
}

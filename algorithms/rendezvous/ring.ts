/**
 * The bridge between rendezvous and consistent-hash rings: a ring from nodes and weights, weights
 * from a ring (ours or a foreign one, given by its tokens), and the list of what would move.
 *
 * A ring holds points on a circle of 2^64 positions; a key belongs to the node of the first point at
 * or after the key's position, and past the last point to that of the first. A node of weight w has w
 * points. Look-up is a binary search, O(log points), where rendezvous scores every node; shares are
 * uneven by about 1 / sqrt(points of a node), where those of rendezvous are exact.
 *
 * Reference: Karger et al., "Consistent hashing and random trees" (STOC 1997), section 4.
 */
import { blake2b } from '@noble/hashes/blake2.js';
import { assert } from '#lib/assert.ts';
import { scoresOf, type NodeTable } from './scoring.ts';
import { drawOf, type Weights } from './weighted.ts';

/** One point of a ring, as foreign systems call it. Nodes are indices, into whatever table. */
export interface RingToken {
  readonly position: bigint;
  readonly node: number;
}

/** Tokens by ascending position, all different. */
export interface Ring {
  readonly positions: BigUint64Array;
  readonly nodes: Uint32Array;
}

const CIRCLE = 1n << 64n;
/** Arcs are counted in units of 2^16 positions, so that a whole circle is a safe integer. */
const ARC_SHIFT = 16n;

/** The ring of foreign tokens. Of several at one position the smallest node keeps it. */
export function ringOfTokens(tokens: readonly RingToken[]): Ring {
  assert(
    tokens.every(({ position }) => position >= 0n && position < CIRCLE),
    'a position has 64 bits',
  );
  const sorted = tokens.toSorted((a, b) =>
    a.position === b.position ? a.node - b.node : a.position < b.position ? -1 : 1,
  );
  const kept = sorted.filter(({ position }, i) => position !== sorted[i - 1]?.position);
  return {
    positions: BigUint64Array.from(kept, ({ position }) => position),
    nodes: Uint32Array.from(kept, ({ node }) => node),
  };
}

/** The ring in which each node has as many points as its weight: the draws of its replicas. */
export function ringOf(table: NodeTable, weights: Weights): Ring {
  const tokens: RingToken[] = [];
  const most = weights.reduce((most, weight) => Math.max(most, weight), 0);
  for (let replica = 0; replica < most; replica++) {
    const key = new Uint8Array(4);
    new DataView(key.buffer).setUint32(0, replica);
    const scores = scoresOf(table, key);
    for (const [node, weight] of weights.entries()) {
      if (replica < weight) tokens.push({ position: drawOf(scores, node), node });
    }
  }
  return ringOfTokens(tokens);
}

/** The first `count` different nodes from the key's position on; the first of them owns the key. */
export function successors(ring: Ring, key: Uint8Array, count: number): number[] {
  const found = new Set<number>();
  const { positions, nodes } = ring;
  const start = firstAtOrAfter(positions, positionOf(key));
  for (let step = 0; step < nodes.length && found.size < count; step++) {
    found.add(nodes[(start + step) % nodes.length]!);
  }
  return [...found];
}

/**
 * The share of the circle that each of `nodeCount` nodes owns, as weights for rendezvous: with them
 * it gives every node the load that it has on the ring.
 */
export function arcWeights({ positions, nodes }: Ring, nodeCount: number): Weights {
  const arcs = Array.from({ length: nodeCount }, () => 0n);
  for (const [i, node] of nodes.entries()) {
    // A point owns what lies between its predecessor and itself; the first one wraps around.
    const before = i === 0 ? positions.at(-1)! - CIRCLE : positions[i - 1]!;
    arcs[node]! += positions[i]! - before;
  }
  return Float64Array.from(arcs, (arc) => Number(arc >> ARC_SHIFT));
}

/** The keys whose owner changes when one way of placing replaces another. */
export const movedKeys = (
  keys: readonly Uint8Array[],
  before: (key: Uint8Array) => number | undefined,
  after: (key: Uint8Array) => number | undefined,
): Uint8Array[] => keys.filter((key) => before(key) !== after(key));

const positionOf = (key: Uint8Array): bigint => drawOf(blake2b(key, { dkLen: 16 }), 0);

function firstAtOrAfter(positions: BigUint64Array, position: bigint): number {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (positions[middle]! < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

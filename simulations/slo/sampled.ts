/**
 * The formula's judge: reads drawn by lot, over the placement and the restoring that run in production.
 *
 *   transactions   coded and put under their head (shards.ts), their lights and anchors ranked (core.ts)
 *   worlds         each device of the city online or not, by its chance
 *   reads          the pieces of a transaction whose holders are online in that world -> restore
 *
 * A read counts as failed when `restore` says so; a wrong payload is a broken invariant. Failures are
 * rare where availability is good, so anchors are drawn down far more often than they are and each
 * read is weighed by how much likelier it was drawn than it is (importance sampling; Kahn and
 * Marshall 1953): a failure in 10^7 reads shows in 10^5. Reads within a world share its devices and
 * are no independent draws; worlds are, so the interval comes from the spread between worlds.
 *
 * Cost: about 30 us a read and 10 us a world of 2 000 lights. The same seed, the same answer.
 */
import { assert } from '#lib/assert.ts';
import { same, utf8 } from '#lib/bytes.ts';
import { pieceBytes, shapeOf, type Piece } from '#algorithms/erasure/code.ts';
import { restore, shard, type Shards } from '#algorithms/erasure/shards.ts';
import { rank } from '#algorithms/rendezvous/core.ts';
import { nodeTable } from '#algorithms/rendezvous/scoring.ts';
import type { Entropy } from '#protocols/effect.ts';
import { Random } from '../random.ts';
import { assertLayout, type Group, type Layout } from './layout.ts';

export interface Sampling {
  readonly seed: number;
  readonly reads: number;
  /** Devices from which each group of a layout is chosen, as a multiple of those it needs. */
  readonly devicesPerPlace: number;
  readonly transactions: number;
  readonly payloadBytes: number;
  readonly readsPerWorld: number;
  /** With what chance an anchor is drawn up; 1 or its own chance draws nothing but the truth. */
  readonly anchorUpDrawn: number;
}

/**
 * Half of the anchors drawn down shows every way to fail. 64 devices a place make two transactions
 * share a light in one of two cases; payloads are small because their length changes no answer.
 */
export const SAMPLING: Sampling = {
  seed: 1,
  reads: 100_000,
  devicesPerPlace: 64,
  transactions: 256,
  payloadBytes: 160,
  readsPerWorld: 8,
  anchorUpDrawn: 0.5,
};

export interface Sampled {
  readonly fails: number;
  /** Half of the interval around `fails` that holds the truth 999 times in 1000. */
  readonly within: number;
  readonly reads: number;
  /** Reads that failed, as drawn. */
  readonly failed: number;
}

/** Two-sided, normal: 999 in 1000. */
export const DEVIATIONS = 3.2905;

/** Devices of one kind, of which transactions choose. */
interface Pool {
  readonly group: Group;
  readonly from: number;
  readonly devices: number;
  readonly isAnchor: boolean;
}

interface Transaction {
  readonly payload: Uint8Array;
  readonly shards: Shards;
  /** Where each piece is: a device of the city, by number. */
  readonly holders: Uint32Array;
  /** Its anchors, each once. */
  readonly anchors: readonly number[];
}

export function sampleReads(layout: Layout, sampling: Sampling): Sampled {
  assertLayout(layout);
  const pools = poolsOf(layout, sampling.devicesPerPlace);
  const chance = Random.of(sampling.seed);
  const entropy = chance.fork('reads');
  const transactions = placed(layout, pools, sampling, chance.fork('transactions'));
  const shape = shapeOf(layout.k, sampling.payloadBytes);
  const bytes = pieceBytes(shape);
  const draw = worldsOf(pools, sampling, chance.fork('worlds'));
  const worlds = Math.ceil(sampling.reads / sampling.readsPerWorld);
  let [total, squares, failed] = [0, 0, 0];
  for (let world = 0; world < worlds; world++) {
    const { online, weights } = draw();
    let ofWorld = 0;
    for (let read = 0; read < sampling.readsPerWorld; read++) {
      const transaction = transactions[entropy.below(transactions.length)]!;
      if (reads(transaction, online, bytes, shape)) continue;
      failed++;
      ofWorld += transaction.anchors.reduce((weight, anchor) => weight * weights[anchor]!, 1);
    }
    const mean = ofWorld / sampling.readsPerWorld;
    total += mean;
    squares += mean * mean;
  }
  const fails = total / worlds;
  const variance = Math.max(0, squares / worlds - fails * fails) / Math.max(1, worlds - 1);
  const within = DEVIATIONS * Math.sqrt(variance);
  return { fails, within, reads: worlds * sampling.readsPerWorld, failed };
}

/** Does the real code bring the payload back from what is online? */
function reads(
  { payload, shards, holders }: Transaction,
  online: Uint8Array,
  bytes: number,
  shape: ReturnType<typeof shapeOf>,
): boolean {
  const pieces: Piece[] = [];
  for (let index = 0; index < holders.length; index++) {
    if (online[holders[index]!] === 0) continue;
    pieces.push({ index, bytes: shards.block.subarray(index * bytes, (index + 1) * bytes) });
  }
  const restored = restore(shape, shards.tree, pieces);
  if (restored.ok) {
    assert(same(restored.value, payload), 'what was restored is what was sent');
    return true;
  }
  assert(restored.error === 'too-few', 'sound pieces fail only by being too few');
  return false;
}

function poolsOf({ lights, anchors }: Layout, devicesPerPlace: number): Pool[] {
  let from = 0;
  const pool = (group: Group, isAnchor: boolean): Pool => {
    const devices = group.devices * devicesPerPlace;
    from += devices;
    return { group, from: from - devices, devices, isAnchor };
  };
  return [
    ...lights.map((group) => pool(group, false)),
    ...anchors.map((group) => pool(group, true)),
  ];
}

/** Transactions with random payloads, coded, and placed by rendezvous in each pool. */
function placed(
  layout: Layout,
  pools: readonly Pool[],
  { transactions, payloadBytes }: Sampling,
  entropy: Entropy,
): Transaction[] {
  const shape = shapeOf(layout.k, payloadBytes);
  const tables = pools.map(({ from, devices, isAnchor }) =>
    nodeTable(
      Array.from({ length: devices }, (_, i) =>
        utf8(`${isAnchor ? 'anchor' : 'light'}-${from + i}`),
      ),
    ),
  );
  return Array.from({ length: transactions }, () => {
    const payload = entropy.bytes(payloadBytes);
    const key = entropy.bytes(32);
    const chosen = pools.map(({ group, from }, i) =>
      Array.from(rank(tables[i]!, key, group.devices), (node) => from + node),
    );
    const holders = pools.flatMap(({ group }, i) =>
      chosen[i]!.flatMap((device) => Array.from({ length: group.piecesEach }, () => device)),
    );
    return {
      payload,
      shards: shard(shape, payload, holders.length),
      holders: Uint32Array.from(holders),
      anchors: pools.flatMap(({ isAnchor }, i) => (isAnchor ? chosen[i]! : [])),
    };
  });
}

interface World {
  readonly online: Uint8Array;
  /** By device: how much likelier its state is than it was drawn; 1 for lights. */
  readonly weights: Float64Array;
}

/** Draws worlds, one after another into the same arrays. */
function worldsOf(
  pools: readonly Pool[],
  { anchorUpDrawn }: Sampling,
  chance: Random,
): () => World {
  const devices = pools.reduce((all, pool) => all + pool.devices, 0);
  const world = { online: new Uint8Array(devices), weights: new Float64Array(devices).fill(1) };
  const plans = pools.map(({ group: { online: truth }, isAnchor, from, devices: count }) => {
    // A device that is surely up or surely down is not drawn otherwise: it would weigh nothing.
    const isTilted = isAnchor && truth > 0 && truth < 1 && anchorUpDrawn < 1;
    const drawn = isTilted ? anchorUpDrawn : truth;
    return {
      from,
      until: from + count,
      threshold: Math.round(drawn * 2 ** 32),
      up: isTilted ? truth / drawn : 1,
      down: isTilted ? (1 - truth) / (1 - drawn) : 1,
    };
  });
  return () => {
    for (const { from, until, threshold, up, down } of plans) {
      for (let device = from; device < until; device++) {
        const isUp = chance.next() < threshold;
        world.online[device] = isUp ? 1 : 0;
        world.weights[device] = isUp ? up : down;
      }
    }
    return world;
  };
}

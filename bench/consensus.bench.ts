/**
 * How long from a certificate to its place in the order, and what does that cost? Seven delegates in virtual time: the
 * city of production over the least of a ledger, 25 ms each way, disks that sync in 1 to 10 ms, jobs that take what they
 * cost. Latencies are from when all ledgers were offered a certificate to when each has its batch on the disk, so they
 * have two syncs of those ledgers in them; a delay is 25 ms. Vertices and signatures are counted.
 *
 * Verified: all delegates have one chain in which each certificate stands once, and each batch of it has a quorum
 * whose signatures are good.
 */
import { verify } from '#algorithms/signature.ts';
import { assert } from '#lib/assert.ts';
import { hex } from '#lib/bytes.ts';
import { headDigest, isQuorumOf, quorumVerifyJobs } from '#protocols/city-batch.ts';
import { genesisCommittee } from '#protocols/committee.ts';
import { SaidVertex } from '#protocols/dag.messages.ts';
import { Order } from '#simulations/dag.ts';
import { NO_FAULTS } from '#simulations/faults.ts';
import { measured } from '#simulations/measured.ts';
import { CALM_POOL } from '#simulations/pool.ts';
import { PRICED } from '#simulations/prices.ts';
import type { World } from '#simulations/world.ts';
import { median, type Bench, type Row } from './bench.ts';
import { memoryRows } from './consensus/memory.ts';
import { towerRows } from './consensus/tower.ts';
import { cpuRows } from './consensus/cpu.ts';

const SEED = 11;
const DELEGATES = 7;
const ONE_WAY_MS = 25;
const LOOK_MS = 1;
const ALONE = 20;
const ALONE_PAUSE_MS = 1_000;
const STEADY_MS = 4_000;
const STEADY_PAUSE_MS = 5;
const END_MS = 2_000;
/** Twice what the largest table of an order holds. */
const REMEMBERED = 40_000;
const GOAL_MS = 4.5 * ONE_WAY_MS + 40;

interface Measured {
  /** Of each certificate at each delegate. */
  readonly tookMs: readonly number[];
  readonly batches: number;
  readonly words: number;
  readonly signatures: number;
  readonly verifications: number;
}

function run(world: World, count: number, pauseMs: number): Measured {
  world.network.distanceUs = () => ONE_WAY_MS * 1_000;
  const plan = NO_FAULTS;
  const oneEpoch = { epochBatches: 1_000_000, seats: DELEGATES };
  const drawn = { delegates: DELEGATES, twins: 0, pauseMsMax: 1, turnMsMax: 1, ...oneEpoch, plan };
  const order = new Order(world, drawn);
  let [signatures, verifications, words] = [0, 0, 0];
  const msOf: typeof PRICED.msOf = (job, input) => {
    if (job === 'city.sign') signatures++;
    if (job === 'city.verify') verifications += (input as unknown as readonly unknown[]).length;
    return PRICED.msOf(job, input);
  };
  world.checkers.push({
    sent: (envelope) => {
      if ('kind' in envelope && envelope.kind === SaidVertex.kind) words++;
    },
  });
  for (const machine of world.machines) {
    machine.poolFaults = { ...CALM_POOL, priced: { ...PRICED, msOf } };
    machine.boot();
  }
  world.pass(2_000);
  const tookMs = times(world, order, count, pauseMs);
  const batches = verified(order);
  return { tookMs, batches, words, signatures, verifications };
}

/** Offers them one after another, and looks every millisecond what has come to which disk. */
function times(world: World, order: Order, count: number, pauseMs: number): number[] {
  const offeredAt = new Map<string, number>();
  const seen = new Map(order.honest.map((node) => [node, 0]));
  const took: number[] = [];
  const endMs = world.nowMs + count * pauseMs + END_MS;
  for (let i = 0; world.nowMs < endMs; i++) {
    if (i % pauseMs === 0 && offeredAt.size < count)
      for (const { cert } of order.offer(1, () => true)) offeredAt.set(hex(cert), world.nowMs);
    world.pass(LOOK_MS);
    for (const node of order.honest) {
      const chain = order.batchesAfter(node, seen.get(node)!);
      seen.set(node, seen.get(node)! + chain.length);
      for (const { batch } of chain)
        for (const { cert } of batch.entries) took.push(world.nowMs - offeredAt.get(hex(cert))!);
    }
  }
  assert(took.length === count * DELEGATES, 'each certificate has its place at each delegate');
  return took;
}

/** How many batches there are, the same ones everywhere, each with a quorum. */
function verified(order: Order): number {
  const { genesis, honest } = order;
  const committee = genesisCommittee(genesis);
  const [first, ...others] = honest.map((node) => order.chainOf(node));
  const digests = (chain: typeof first): string =>
    chain!.map(({ batch }) => hex(headDigest(batch.head))).join();
  for (const other of others) assert(digests(other) === digests(first), 'there is one chain');
  for (const { batch, quorum } of first!) {
    assert(isQuorumOf(committee, quorum), 'each batch has a quorum');
    const jobs = quorumVerifyJobs(genesis.network, committee, batch.head, quorum);
    assert(jobs.every(verify), 'whose signatures are good');
  }
  return first!.length;
}

const rowsOf = (when: string, { tookMs, ...counts }: Measured, count: number): Row[] => [
  {
    name: `certificate to its place, ${when}, p50`,
    value: median(tookMs),
    unit: 'ms',
    against: 'one way, 25 ms',
    ratio: median(tookMs) / ONE_WAY_MS,
    goal: `<= ${GOAL_MS} ms`,
  },
  {
    name: `certificate to its place, ${when}, p99`,
    value: tookMs.toSorted((a, b) => a - b)[Math.ceil(tookMs.length * 0.99) - 1]!,
    unit: 'ms',
  },
  { name: `batches, ${when}`, value: counts.batches, unit: `of ${count} certificates` },
  { name: `vertices a batch, ${when}`, value: counts.signatures / counts.batches, unit: '' },
  { name: `messages a batch, ${when}`, value: counts.words / counts.batches, unit: '' },
  {
    name: `verifications a batch, ${when}`,
    value: counts.verifications / counts.batches,
    unit: '',
  },
];

export const bench: Bench = {
  name: 'consensus',
  question: 'how long from a certificate to its place in the order, and at what cost?',
  run: async () => {
    const steady = STEADY_MS / STEADY_PAUSE_MS;
    return [
      ...rowsOf(
        'alone',
        measured(SEED, (world) => run(world, ALONE, ALONE_PAUSE_MS)),
        ALONE,
      ),
      ...rowsOf(
        '200 a second',
        measured(SEED, (world) => run(world, steady, STEADY_PAUSE_MS)),
        steady,
      ),
      ...towerRows(),
      ...memoryRows(REMEMBERED),
      ...(await cpuRows()),
    ];
  },
};

/**
 * Batching: one signature for all that came while the signer was busy.
 *
 *          collect                    collect, collect ...
 *   idle ----------> begins at once         |
 *     ^                 |                   v
 *     |              signing -----------> waiting --(signed | 64 wait)--> begins
 *     '--(signed, none waits)---'
 *
 * A signature of the default suite takes longer than all else that is done for a transaction, so it is
 * shared by whatever waits for one. Nobody waits for company: an idle signer signs what there is. The
 * next begins when it is done, or beside it when a full batch waits, at most `SIGNING_MAX` of them. No
 * timer begins one: where signatures take long the machine is busy, and more of them make it busier.
 *
 * What is collected is a leaf and whatever its owner needs again when it is signed. Leaves of one epoch
 * stand together. What was collected is lost with its owner's life, as all else between two layers.
 *
 * Liveness: each leaf is in a batch that begins as soon as a signature is done. Cost: one hash a leaf.
 * Shared by S3 (orders) and by holders (acks). Changes its table in place.
 */
import { stampBytes, tick, WALL_MS_MAX, type Hlc } from '#algorithms/clock/hlc.ts';
import { treeOf, type Tree } from '#algorithms/merkle/tree.ts';
import { assert } from '#lib/assert.ts';
import { concat } from '#lib/bytes.ts';
import { compute, NOTHING, type Effect, type Moment, type Plain } from './effect.ts';
import {
  BATCH_MAX,
  batchSignJob,
  type Batch,
  type BatchHead,
  type BatchPurpose,
} from './holding.ts';
import type { NodeSecrets } from './self.ts';
import type { NodeAddress } from './subjects.ts';

/** Signatures under way at once: more than a small machine has cores. */
export const SIGNING_MAX = 4;
/** Leaves that wait; beyond that a leaf is not taken, and whoever wanted it tries again. */
export const WAITING_MAX = 4_096;
export const SIGN_JOB = 'batch.sign';
const ID = 'batch:';

export interface BatchSigner {
  readonly node: NodeAddress;
  readonly network: Uint8Array;
  readonly purpose: BatchPurpose;
  readonly key: NodeSecrets['signing'];
}

interface Leaf<T> {
  readonly leaf: Uint8Array;
  readonly item: T;
  readonly epoch: number;
}

interface UnderWay<T> {
  readonly head: BatchHead;
  readonly tree: Tree;
  readonly items: readonly T[];
}

export interface Batching<T> {
  readonly signer: BatchSigner;
  waiting: Leaf<T>[];
  readonly underWay: Map<string, UnderWay<T>>;
  begun: number;
  /** Gives each batch a later stamp than the one before, in this life. */
  clock: Hlc;
}

/** A batch that stands: the i-th item is its i-th leaf, proved by `pathOf(tree, i)`. */
export interface Signed<T> {
  readonly batch: Batch;
  readonly tree: Tree;
  readonly items: readonly T[];
}

export type Effects = readonly Effect<never>[];

export const batching = <T>(signer: BatchSigner): Batching<T> => ({
  signer,
  waiting: [],
  underWay: new Map(),
  begun: 0,
  clock: { wallMs: 0, count: 0, markMs: WALL_MS_MAX, askedMs: WALL_MS_MAX },
});

/** Takes a leaf; `undefined` where too many wait. */
export function collect<T>(
  batches: Batching<T>,
  epoch: number,
  leaf: Uint8Array,
  item: T,
  at: Moment,
): Effects | undefined {
  const { waiting, underWay } = batches;
  if (waiting.length >= WAITING_MAX) return undefined;
  waiting.push({ leaf, item, epoch });
  if (underWay.size === 0 || waiting.length % BATCH_MAX === 0) return begin(batches, at);
  return NOTHING;
}

/** Whether a job was begun here. */
export const isBatch = <T>({ underWay }: Batching<T>, id: string): boolean => underWay.has(id);

/** A signature is there. Its own batch stands; what has waited goes into the next. */
export function signed<T>(
  batches: Batching<T>,
  id: string,
  output: Plain,
  at: Moment,
): readonly [Signed<T>, Effects] {
  const done = batches.underWay.get(id);
  assert(done !== undefined && output instanceof Uint8Array, 'a signature is of a batch');
  batches.underWay.delete(id);
  const { head, tree, items } = done;
  return [{ batch: { head, signature: output }, tree, items }, next(batches, at)];
}

/** The signer failed: its items go back to whoever wanted them. */
export function unsigned<T>(
  batches: Batching<T>,
  id: string,
  at: Moment,
): readonly [readonly T[], Effects] {
  const failed = batches.underWay.get(id);
  assert(failed !== undefined, 'a failure is of a batch');
  batches.underWay.delete(id);
  return [failed.items, next(batches, at)];
}

/** What must be true between any two steps. */
export function invariants<T>({ waiting, underWay }: Batching<T>): void {
  assert(waiting.length <= WAITING_MAX, 'few enough wait');
  assert(underWay.size <= SIGNING_MAX, 'few enough signatures are under way');
  assert(waiting.length === 0 || underWay.size > 0, 'nobody waits for an idle signer');
}

const next = <T>(batches: Batching<T>, at: Moment): Effects =>
  batches.waiting.length === 0 ? NOTHING : begin(batches, at);

/** Begins one batch of what has waited longest, where a signature may begin at all. */
function begin<T>(batches: Batching<T>, at: Moment): Effects {
  const { signer, underWay } = batches;
  if (underWay.size >= SIGNING_MAX) return NOTHING;
  const taken = take(batches);
  const tree = treeOf(concat(...taken.map(({ leaf }) => leaf)));
  const head = headOf(batches, taken[0]!.epoch, tree, at);
  const id = `${ID}${++batches.begun}`;
  underWay.set(id, { head, tree, items: taken.map(({ item }) => item) });
  const job = batchSignJob(signer.purpose, signer.network, head, signer.key);
  const hedged = { ...job, hedge: at.entropy.bytes(32) };
  return [compute(id, SIGN_JOB, hedged)];
}

/** As many as fit, of the epoch of the first. */
function take<T>(batches: Batching<T>): Leaf<T>[] {
  const { waiting } = batches;
  const other = waiting.findIndex(({ epoch }) => epoch !== waiting[0]!.epoch);
  const size = Math.min(BATCH_MAX, other < 0 ? waiting.length : other);
  batches.waiting = waiting.slice(size);
  return waiting.slice(0, size);
}

function headOf<T>(batches: Batching<T>, epoch: number, tree: Tree, at: Moment): BatchHead {
  const ticked = tick(batches.clock, Math.floor(at.wall), UNMARKED);
  batches.clock = ticked.hlc;
  const { root, count } = tree;
  return { signer: batches.signer.node, epoch, at: stampBytes(ticked.hlc), root, count };
}

/** Nothing rests on the order of stamps of two lives, so no mark is kept. */
const UNMARKED = { aheadMsMax: 2, markAheadMs: 2 };

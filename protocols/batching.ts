/**
 * Batching: one signature for all that came before the signer's turn.
 *
 *          collect                 the pool has nothing else to do
 *   idle ----------> its turn asked for --------------------------> signing -----------> idle
 *     ^                |        ^                                     |         (none waits)
 *                      '-collect'                                     '--(signed, some wait)--> asked for
 *
 * A signature of the default suite takes longer than all else that is done for a transaction, so it is
 * shared by whatever can share it. Nobody waits for company: where the pool is idle its turn comes at
 * once. Where it is busy a signature would wait in line anyway; so what is signed is decided when its turn
 * has come, not when it was asked for, and what others ask for meanwhile, which may bring more leaves, is
 * done first. A full batch waits for no turn, and is signed beside others, at most `SIGNING_MAX` of them.
 *
 * What is collected is a leaf and whatever its owner needs again when it is signed. Leaves of one epoch
 * stand together. What was collected is lost with its owner's life, as all else between two layers.
 *
 * Liveness: whatever waits has asked for a turn, which comes (runtime/ports.ts), or is behind a signature
 * under way. Cost: one hash a leaf. Shared by S3 (orders) and by holders (acks). Changes its table in place.
 */
import { stampBytes, tick, WALL_MS_MAX, type Hlc } from '#algorithms/clock/hlc.ts';
import { treeOf, type Tree } from '#algorithms/merkle/tree.ts';
import { assert } from '#lib/assert.ts';
import { concat } from '#lib/bytes.ts';
import { AHEAD_MS } from './ahead.ts';
import { compute, NOTHING, turn, type Effect, type Moment, type Plain } from './effect.ts';
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
const TURN = 'sign';

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
  /** Whether the signer's turn was asked for. */
  isAsked: boolean;
  begun: number;
  /** Gives each batch a later stamp than the one before, in this life, unless the clock of the machine is set back. */
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
  isAsked: false,
  begun: 0,
  clock: FIRST,
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
  if (waiting.length % BATCH_MAX === 0) return begin(batches, at);
  return underWay.size === 0 ? ask(batches) : NOTHING;
}

/** The signer has nothing else to do: whatever has come by now goes together. */
export function turned<T>(batches: Batching<T>, at: Moment): Effects {
  batches.isAsked = false;
  return batches.waiting.length === 0 ? NOTHING : begin(batches, at);
}

/** Whether a job was begun here. */
export const isBatch = <T>({ underWay }: Batching<T>, id: string): boolean => underWay.has(id);

/** A signature is there. Its own batch stands; what has waited goes into the next. */
export function signed<T>(
  batches: Batching<T>,
  id: string,
  output: Plain,
): readonly [Signed<T>, Effects] {
  const done = batches.underWay.get(id);
  assert(done !== undefined && output instanceof Uint8Array, 'a signature is of a batch');
  batches.underWay.delete(id);
  const { head, tree, items } = done;
  return [{ batch: { head, signature: output }, tree, items }, next(batches)];
}

/** The signer failed: its items go back to whoever wanted them. */
export function unsigned<T>(batches: Batching<T>, id: string): readonly [readonly T[], Effects] {
  const failed = batches.underWay.get(id);
  assert(failed !== undefined, 'a failure is of a batch');
  batches.underWay.delete(id);
  return [failed.items, next(batches)];
}

/** What must be true between any two steps. */
export function invariants<T>({ waiting, underWay, isAsked }: Batching<T>): void {
  assert(waiting.length <= WAITING_MAX, 'few enough wait');
  assert(underWay.size <= SIGNING_MAX, 'few enough signatures are under way');
  assert(waiting.length === 0 || underWay.size > 0 || isAsked, 'whoever waits has asked');
}

const next = <T>(batches: Batching<T>): Effects =>
  batches.waiting.length === 0 ? NOTHING : ask(batches);

function ask<T>(batches: Batching<T>): Effects {
  if (batches.isAsked) return NOTHING;
  batches.isAsked = true;
  return [turn(TURN)];
}

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
  const wallMs = Math.floor(at.wall);
  // Set back by more than others take from anybody ahead: on it goes as another life would, or it would not be heard.
  const isBack = batches.clock.wallMs > wallMs + AHEAD_MS;
  const ticked = tick(isBack ? FIRST : batches.clock, wallMs, UNMARKED);
  batches.clock = ticked.hlc;
  const { root, count } = tree;
  return { signer: batches.signer.node, epoch, at: stampBytes(ticked.hlc), root, count };
}

const FIRST: Hlc = { wallMs: 0, count: 0, markMs: WALL_MS_MAX, askedMs: WALL_MS_MAX };

/** Nothing rests on the order of stamps of two lives, so no mark is kept. */
const UNMARKED = { aheadMsMax: 2, markAheadMs: 2 };

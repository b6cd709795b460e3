/**
 * The state of a city, as its batches say it: a chain of roots over what each of them did.
 *
 *   happened, happened ... --(leaves)--> outcomes: root, count --.
 *   objects after the batch --(map)--> accounts: root -----------+
 *   state before the batch --------------------------------------+--(hash)--> state after it
 *
 * The head of a batch says the state *before* it (city-batch.ts). So what batch h did is shown by two heads in a row:
 * that of h has the state before, that of h + 1 the state after, and one step leads from the one to the other. Each
 * root stands there with its count: where a leaf stands is proved, and not only that it is one (merkle/tree.ts).
 */
import { domain, hash, HASH_BYTES } from '#algorithms/hash/hash.ts';
import { treeOf } from '#algorithms/merkle/tree.ts';
import { concat } from '#lib/bytes.ts';
import { NONE } from './city-batch.ts';
import { bytes, count, record, toBytes, type Infer } from './codec.ts';
import { Happened, PLACES } from './happened.ts';
import { digest } from './terms.ts';

/** A root, and over how many leaves; `NONE` is that over none. */
export const TreeHead = record({ root: digest, count: count(Number.MAX_SAFE_INTEGER) });
export type TreeHead = Infer<typeof TreeHead>;

/** What one batch adds to the state before it: what it did; the objects and the stakes after it. */
export const StateStep = record({
  outcomes: TreeHead,
  /** The root over all objects of the city (algorithms/merkle/sparse.ts). */
  accounts: digest,
  /** What each delegate has at stake, who orders, how far the epoch is (stake/stakes.ts). */
  stakes: digest,
});
export type StateStep = Infer<typeof StateStep>;
const State = record({ before: digest, step: StateStep });

/** Beside one leaf of as many outcomes as a batch can have. */
export const outcomePath = bytes(0, Math.ceil(Math.log2(PLACES)) * HASH_BYTES);

const OUTCOME = domain('city outcome');
const STATE = domain('city state');

export const outcomeLeaf = (happened: Happened): Uint8Array =>
  hash(OUTCOME, toBytes(Happened, happened));
export const outcomeLeaves = (happened: readonly Happened[]): Uint8Array =>
  concat(...happened.map(outcomeLeaf));

export const stateStep = (
  happened: readonly Happened[],
  roots: Omit<StateStep, 'outcomes'>,
): StateStep => ({ outcomes: treeHeadOf(outcomeLeaves(happened)), ...roots });

function treeHeadOf(leaves: Uint8Array): TreeHead {
  if (leaves.length === 0) return { root: NONE, count: 0 };
  const { root, count: all } = treeOf(leaves);
  return { root, count: all };
}

/** The state after a batch. */
export const stateAfter = (before: Uint8Array, step: StateStep): Uint8Array =>
  hash(STATE, toBytes(State, { before, step }));

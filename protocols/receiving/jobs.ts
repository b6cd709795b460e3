/**
 * Jobs of the receiving layers: what is too heavy for a step. Each is a function of its input alone.
 *
 * | job            | does                                                               | asked by |
 * | -------------- | ------------------------------------------------------------------ | -------- |
 * | `read.restore` | decodes pieces of a manifest, codes the payload again and compares | R4       |
 *
 * Signatures of readers, and of those who decided a batch, are `batch.verify` (hold/jobs.ts).
 */
import { decode, encode, type Piece, type Shape } from '#algorithms/erasure/code.ts';
import { restoreAll } from '#algorithms/erasure/shards.ts';
import { widthOf } from '#algorithms/merkle/tree.ts';
import { same } from '#lib/bytes.ts';
import type { Plain } from '../effect.ts';
import { bodyHashOf } from '../transaction.ts';

export interface RestoreInput {
  readonly shape: Shape;
  /** Of all rows of the manifest, one after another. */
  readonly hashes: Uint8Array;
  /** Each was checked against its hash. */
  readonly pieces: readonly Piece[];
  readonly want: 'body' | 'rows';
  /** What the payload must be, where that is known. */
  readonly bodyHash: Uint8Array | undefined;
  /** Planted: what was decoded is believed. */
  readonly isTrusting: boolean;
}

/** What was wanted; nothing where the pieces prove that the manifest was a lie. */
export type RestoreOutput = Uint8Array | null;

function restored(input: RestoreInput): RestoreOutput {
  if (input.isTrusting) return trusted(input);
  const { shape, hashes, pieces, want, bodyHash } = input;
  const all = restoreAll(shape, hashes, pieces);
  if (!all.ok) return null;
  const { payload, block } = all.value;
  if (bodyHash !== undefined && !same(bodyHashOf(payload), bodyHash)) return null;
  return want === 'body' ? payload : block;
}

function trusted({ shape, hashes, pieces, want }: RestoreInput): RestoreOutput {
  const payload = decode(shape, pieces);
  if (!payload.ok) return null;
  return want === 'body' ? payload.value : encode(shape, payload.value, widthOf(hashes));
}

type Job = (input: Plain) => Plain;
/** What comes out of a step goes into a job as it is: the pool's types know only that it is plain. */
const job = <I, O extends Plain>(run: (input: I) => O): Job => run as unknown as Job;

export const RECEIVING_JOBS: Readonly<Record<string, Job>> = {
  'read.restore': job(restored),
};
